using System.Text;

namespace Stateroom.Agents.BuiltIn.Tools;

internal sealed class CreateTool() : RoomTool("create", ToolKind.Edit,
    "Writes a text file with exactly the given content. Missing directories are made; a file that is there is replaced.",
    """
    { "type": "object", "required": ["path", "content"], "properties": {
      "path": { "type": "string", "description": "The file." },
      "content": { "type": "string", "description": "The whole content." } } }
    """)
{
    public override async Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var path = arguments.Path("path");
        var bytes = Encoding.UTF8.GetBytes(arguments.Text("content"));
        var result = await RoomFiles.WriteAsync(context.Sandbox, path, bytes, cancellationToken).ConfigureAwait(false);
        if (!result.Success)
            return ToolOutput.Error($"Cannot write '{path}': {RoomFiles.Reason(result)}.");
        return new ToolOutput($"{(result.StdoutBytes > 0 ? "Replaced" : "Created")} {path} ({bytes.Length} bytes).");
    }
}
