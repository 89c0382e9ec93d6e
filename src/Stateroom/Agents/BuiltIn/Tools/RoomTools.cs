using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>The tools of the builtin agent. All of them act through <see cref="ISandbox"/>: the host's file system is never touched, since what
/// lies in a workspace is hostile.</summary>
internal sealed class RoomTools(ISandbox sandbox, RoomShells shells)
{
    private static readonly RoomTool[] All = [new BashTool(), new ViewTool(), new ListTool(), new SearchTool(), new CreateTool(), new EditTool()];

    public static IEnumerable<AITool> Declarations => All.Select(t => t.Declaration);

    public async Task<ToolOutput> RunAsync(FunctionCallContent call, CancellationToken cancellationToken)
    {
        if (call.Exception is not null)
            return ToolOutput.Error("The arguments of this call are not valid JSON. Send the call again.");
        if (Array.Find(All, t => t.Name == call.Name) is not { } tool)
            return ToolOutput.Error($"There is no tool '{call.Name}'. The tools are: {string.Join(", ", All.Select(t => t.Name))}.");
        try
        {
            return await tool.RunAsync(new ToolContext(sandbox, shells, call.CallId), new ToolArguments(MessageBlocks.Input(call)), cancellationToken).ConfigureAwait(false);
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
}
