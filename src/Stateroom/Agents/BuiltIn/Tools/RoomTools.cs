using System.Text.Json;

namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>The tools of the builtin agent. All of them act through <see cref="ISandbox"/>: the host's file system is never touched, since what
/// lies in a workspace is hostile.</summary>
internal static class RoomTools
{
    public static IReadOnlyList<RoomTool> All { get; } =
        [new BashTool(), new ViewTool(), new ListTool(), new SearchTool(), new CreateTool(), new EditTool(), new InsertTool()];

    public static string Names { get; } = string.Join(", ", All.Select(t => t.Name));

    public static RoomTool? Find(string name) => All.FirstOrDefault(t => t.Name == name);

    /// <summary>The tools that the model is told of.</summary>
    public static IEnumerable<RoomTool> Offered(AgentOptions options) =>
        All.Where(t => TurnPermissions.Has(options, t.Name) && (options.PermissionMode != PermissionMode.Plan || t.Kind == ToolKind.Read));

    /// <summary>Throws for a name in the lists of tools that is no tool: a rule that does nothing would be a silent gap.</summary>
    public static void CheckNames(AgentOptions options)
    {
        Check(nameof(AgentOptions.AllowedTools), options.AllowedTools ?? []);
        Check(nameof(AgentOptions.DisallowedTools), options.DisallowedTools);
    }

    /// <summary>Runs a tool. What goes wrong in it is for the model to read.</summary>
    public static async Task<ToolOutput> RunAsync(RoomTool tool, ToolContext context, JsonElement input, CancellationToken cancellationToken)
    {
        try
        {
            return await tool.RunAsync(context, new ToolArguments(input), cancellationToken).ConfigureAwait(false);
        }
        catch (ToolArgumentException e)
        {
            return ToolOutput.Error(e.Message);
        }
        catch (SandboxLostException e)
        {
            return new ToolOutput(e.Message, IsError: true, Lost: e);
        }
        catch (StateroomException e)
        {
            return ToolOutput.Error(e.Message);
        }
    }

    private static void Check(string list, IReadOnlyList<string> names)
    {
        foreach (var name in names)
            if (Find(name) is null)
                throw new AgentConfigurationException($"'{name}' in {list} is no tool of the builtin agent. Its tools are: {Names}.");
    }
}
