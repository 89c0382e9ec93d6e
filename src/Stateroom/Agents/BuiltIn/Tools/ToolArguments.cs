using System.Text.Json;

namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>The arguments of a tool call did not make sense; the message tells the model why.</summary>
internal sealed class ToolArgumentException(string message) : Exception(message);

/// <summary>Reads the arguments of a tool call, which a model wrote.</summary>
internal sealed class ToolArguments(JsonElement input)
{
    public string Text(string name) => TextOrNull(name) ?? throw new ToolArgumentException($"The argument '{name}' is missing.");

    public string? TextOrNull(string name) => Find(name) switch
    {
        null => null,
        { ValueKind: JsonValueKind.String } value when value.GetString() is { } text => text.Contains('\0')
            ? throw new ToolArgumentException($"The argument '{name}' contains a NUL character.")
            : text,
        _ => throw new ToolArgumentException($"The argument '{name}' is not a string."),
    };

    public bool Flag(string name) => Find(name) switch
    {
        null => false,
        { ValueKind: JsonValueKind.True } => true,
        { ValueKind: JsonValueKind.False } => false,
        _ => throw new ToolArgumentException($"The argument '{name}' is not a boolean."),
    };

    public int Number(string name, int? byDefault, int least, int most) => Find(name) switch
    {
        null => byDefault ?? throw new ToolArgumentException($"The argument '{name}' is missing."),
        { ValueKind: JsonValueKind.Number } value when value.TryGetInt32(out var number) && number >= least && number <= most => number,
        _ => throw new ToolArgumentException($"The argument '{name}' is not a whole number from {least} to {most}."),
    };

    /// <summary>A path in the room. One that begins with a dash would be read as an option.</summary>
    public string Path(string name, string? byDefault = null)
    {
        var path = TextOrNull(name) ?? byDefault ?? throw new ToolArgumentException($"The argument '{name}' is missing.");
        if (path.Length == 0)
            throw new ToolArgumentException($"The argument '{name}' is empty.");
        return path[0] == '-' ? $"./{path}" : path;
    }

    private JsonElement? Find(string name) =>
        input.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
