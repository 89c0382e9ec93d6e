using System.Text.Json;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>A tool that acts in the room.</summary>
internal abstract class RoomTool(string name, ToolKind kind, string description, string schema)
{
    public string Name { get; } = name;

    public ToolKind Kind { get; } = kind;

    public AIFunctionDeclaration Declaration { get; } =
        AIFunctionFactory.CreateDeclaration(name, description, JsonDocument.Parse(schema).RootElement);

    public abstract Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken);
}

/// <summary>Where a tool acts.</summary>
internal sealed record ToolContext(ISandbox Sandbox, RoomShells Shells, string CallId);
