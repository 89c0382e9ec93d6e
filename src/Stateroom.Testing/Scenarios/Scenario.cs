using System.Reflection;
using System.Text.Json;

namespace Stateroom.Testing;

/// <summary>
/// What a <see cref="ScriptedModelServer"/> answers. As a file it is one JSON object with the members of this type in snake_case:
/// <code>
/// { "turns": [ { "prompt": "Say hello", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "echo hello" } } ] },
///                                                    { "text": "The room says {{tool_result:1}}" } ] } ] }
/// </code>
/// Comments and trailing commas are allowed, unknown members are not. docs/scripted-model.md describes every member.
/// </summary>
public sealed record Scenario
{
    /// <value>The turns; the first one that matches a prompt answers it. At least one.</value>
    public required IReadOnlyList<ScenarioTurn> Turns { get; init; }

    /// <summary>Reads a scenario.</summary>
    /// <param name="json">The text of a scenario file.</param>
    /// <exception cref="FormatException">The text is not a scenario; says where.</exception>
    public static Scenario Parse(string json)
    {
        ArgumentNullException.ThrowIfNull(json);
        Scenario? scenario;
        try
        {
            scenario = JsonSerializer.Deserialize<Scenario>(json, ScenarioJson.Options);
        }
        catch (JsonException e)
        {
            throw new FormatException($"Not a scenario: {e.Message}", e);
        }

        ScenarioRules.Check(scenario);
        return scenario;
    }

    /// <summary>Reads a scenario from a file.</summary>
    /// <param name="path">The file's path on this host.</param>
    /// <param name="cancellationToken">Cancels the reading.</param>
    /// <exception cref="IOException">The file cannot be read.</exception>
    /// <exception cref="FormatException">The file is not a scenario; says where.</exception>
    public static async Task<Scenario> LoadAsync(string path, CancellationToken cancellationToken = default) =>
        Parse(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false));

    /// <summary>The scenario of the Flask tutorial: a project is made, two endpoints are added, the server is started and asked, tests are
    /// written and run. Its tool calls are those of the builtin agent and need python3 with venv, Flask and pytest, and curl, in the room;
    /// no network.</summary>
    public static Scenario FlaskTutorial()
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream("flask-tutorial.json")
            ?? throw new InvalidOperationException("This build of Stateroom.Testing does not carry flask-tutorial.json.");
        using var reader = new StreamReader(stream);
        return Parse(reader.ReadToEnd());
    }
}

/// <summary>What is answered to one prompt.</summary>
public sealed record ScenarioTurn
{
    /// <value>Text that the last prompt of the user contains, compared by code unit. Empty matches every prompt.</value>
    public required string Prompt { get; init; }

    /// <value>The replies in order: the first answers the prompt, each further one the results of the tool calls before it. At least one.</value>
    public required IReadOnlyList<ScenarioReply> Replies { get; init; }
}
