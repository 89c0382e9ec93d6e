using System.Collections;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Stateroom.Agents.BuiltIn.Tools;

namespace Stateroom;

/// <summary>What a tool of a session tells.</summary>
/// <param name="Text">The text, for the model to read; not empty.</param>
/// <param name="IsError">True if the tool could not do what was asked, or the command it ran failed.</param>
public sealed record SessionToolResult(string Text, bool IsError);

/// <summary>The tools of a session, as functions. They may be called at the same time; commands in the shell wait for each other. Disposing closes the shell.</summary>
public sealed class SessionTools : IReadOnlyList<AIFunction>, IAsyncDisposable
{
    private readonly ISession _session;
    private readonly RoomShells _shells = new();
    private readonly AIFunction[] _functions;
    private int _calls;

    internal SessionTools(ISession session)
    {
        _session = session;
        _functions = [.. RoomTools.All.Select(tool => new SessionFunction(this, tool))];
    }

    /// <summary>The names of the tools, which are the builtin agent's too.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. RoomTools.All.Select(tool => tool.Name)];

    /// <summary>The number of tools.</summary>
    public int Count => _functions.Length;

    /// <summary>A tool by its place.</summary>
    /// <param name="index">From 0 to <see cref="Count"/> - 1.</param>
    public AIFunction this[int index] => _functions[index];

    /// <summary>What a tool does, as far as permission is concerned.</summary>
    /// <param name="tool">The tool's name.</param>
    /// <exception cref="ArgumentException">There is no such tool.</exception>
    public static ToolKind KindOf(string tool) => Find(tool).Kind;

    /// <summary>Calls a tool. What goes wrong is a result, for the model to read.</summary>
    /// <param name="tool">The tool's name.</param>
    /// <param name="arguments">The arguments, a JSON object.</param>
    /// <param name="cancellationToken">Ends the tool and what it runs.</param>
    /// <exception cref="ArgumentException">There is no such tool, or the arguments are no object.</exception>
    /// <exception cref="OperationCanceledException"><paramref name="cancellationToken"/> ended it.</exception>
    public async Task<SessionToolResult> CallAsync(string tool, JsonElement arguments, CancellationToken cancellationToken = default)
    {
        var found = Find(tool);
        if (arguments.ValueKind != JsonValueKind.Object)
            throw new ArgumentException($"The arguments of a tool are a JSON object, not {arguments.ValueKind}.", nameof(arguments));
        ToolOutput output;
        try
        {
            var id = string.Create(CultureInfo.InvariantCulture, $"{found.Name}-{Environment.ProcessId}-{Interlocked.Increment(ref _calls)}");
            output = await RoomTools.RunAsync(found, new ToolContext(_session.Sandbox, _shells, id), arguments, cancellationToken).ConfigureAwait(false);
        }
        catch (SessionClosedException e)
        {
            output = ToolOutput.Error(e.Message);
        }

        return new SessionToolResult(output.Text, output.IsError);
    }

    /// <inheritdoc/>
    public IEnumerator<AIFunction> GetEnumerator() => _functions.AsEnumerable().GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>Closes the shell with its background jobs. The session stays.</summary>
    public ValueTask DisposeAsync() => _shells.CloseAsync();

    private static RoomTool Find(string tool) =>
        RoomTools.Find(tool) ?? throw new ArgumentException($"There is no tool '{tool}'. The tools are: {RoomTools.Names}.", nameof(tool));

    private sealed class SessionFunction(SessionTools owner, RoomTool tool) : AIFunction
    {
        public override string Name => tool.Name;

        public override string Description => tool.Declaration.Description;

        public override JsonElement JsonSchema => tool.Declaration.JsonSchema;

        protected override async ValueTask<object?> InvokeCoreAsync(AIFunctionArguments arguments, CancellationToken cancellationToken)
        {
            var input = JsonSerializer.SerializeToElement<IDictionary<string, object?>>(arguments, AIJsonUtilities.DefaultOptions);
            return (await owner.CallAsync(tool.Name, input, cancellationToken).ConfigureAwait(false)).Text;
        }
    }
}
