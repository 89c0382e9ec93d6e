using System.Reflection;
using System.Text.Json;
using ModelContextProtocol;
using ModelContextProtocol.Protocol;
using ModelContextProtocol.Server;

namespace Stateroom.Cli.Mcp;

/// <summary>The tools of a session as those of an MCP server.</summary>
internal static class McpTools
{
    public static McpServerOptions Serve(SessionTools tools) => new()
    {
        ServerInfo = new Implementation { Name = "stateroom", Version = typeof(McpTools).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()?.InformationalVersion ?? "0" },
        ServerInstructions = "The tools work in a room: an isolated Linux sandbox with the project in /workspace.",
        Capabilities = new ServerCapabilities { Tools = new ToolsCapability() },
        Handlers = new McpServerHandlers
        {
            ListToolsHandler = (_, _) => ValueTask.FromResult(new ListToolsResult { Tools = [.. tools.Select(t => Describe(t.Name, t.Description, t.JsonSchema))] }),
            CallToolHandler = (request, cancellationToken) => CallAsync(tools, request.Params!, cancellationToken),
        },
    };

    private static Tool Describe(string name, string description, JsonElement schema) => new()
    {
        Name = name,
        Description = description,
        InputSchema = schema,
        // Nothing of it reaches beyond the room.
        Annotations = new ToolAnnotations { ReadOnlyHint = SessionTools.KindOf(name) == ToolKind.Read, OpenWorldHint = false },
    };

    private static async ValueTask<CallToolResult> CallAsync(SessionTools tools, CallToolRequestParams call, CancellationToken cancellationToken)
    {
        if (tools.All(t => t.Name != call.Name))
            throw new McpProtocolException($"There is no tool '{call.Name}'. The tools are: {string.Join(", ", tools.Select(t => t.Name))}.", McpErrorCode.InvalidParams);
        var arguments = JsonSerializer.SerializeToElement(call.Arguments ?? new Dictionary<string, JsonElement>());
        var result = await tools.CallAsync(call.Name, arguments, cancellationToken);
        return new CallToolResult { Content = [new TextContentBlock { Text = result.Text }], IsError = result.IsError };
    }
}
