namespace Stateroom.Agents;

/// <summary>Decides which tools an agent may call in one turn: first the lists of tools, then the mode, and last the user.</summary>
internal sealed class TurnPermissions(AgentOptions options, Func<PermissionRequest, CancellationToken, ValueTask<PermissionDecision>>? ask, Action<TurnEvent> emit) : IDisposable
{
    // The user is asked one thing at a time, also by an agent that calls tools in parallel.
    private readonly SemaphoreSlim _asking = new(1);
    private readonly Lock _sync = new();
    private readonly List<string> _denied = [];

    /// <summary>The tools of the calls that were denied, in order.</summary>
    public IReadOnlyList<string> Denied
    {
        get { lock (_sync) return [.. _denied]; }
    }

    /// <summary>Whether the agent has a tool at all.</summary>
    public static bool Has(AgentOptions options, string tool) =>
        !options.DisallowedTools.Contains(tool, StringComparer.Ordinal) && (options.AllowedTools?.Contains(tool, StringComparer.Ordinal) ?? true);

    public async ValueTask<PermissionDecision> DecideAsync(PermissionRequest request, CancellationToken cancellationToken)
    {
        var decision = ByRule(request);
        var isAsked = decision is null;
        decision ??= await AskAsync(request, cancellationToken).ConfigureAwait(false);
        if (!decision.IsAllowed)
        {
            lock (_sync) _denied.Add(request.Tool);
        }
        if (isAsked || !decision.IsAllowed) emit(new PermissionDecided(request.CallId, request.Tool, decision));
        return decision;
    }

    public void Dispose() => _asking.Dispose();

    private PermissionDecision? ByRule(PermissionRequest request)
    {
        if (!Has(options, request.Tool)) return PermissionDecision.Deny($"The tool '{request.Tool}' is not among those that this session allows.");
        return (options.PermissionMode, request.Kind) switch
        {
            (PermissionMode.Bypass, _) or (_, ToolKind.Read) => PermissionDecision.Allow,
            (PermissionMode.Plan, _) => PermissionDecision.Deny($"Permission mode 'plan' changes nothing and runs nothing: '{request.Tool}' was not called. Look at files, and answer with the plan."),
            (PermissionMode.AcceptEdits, ToolKind.Edit) => PermissionDecision.Allow,
            _ when ask is null => PermissionDecision.Deny(
                $"'{request.Tool}' needs permission in mode '{(options.PermissionMode == PermissionMode.Ask ? "ask" : "accept-edits")}', and nobody is there to give it."),
            _ => null,
        };
    }

    private async ValueTask<PermissionDecision> AskAsync(PermissionRequest request, CancellationToken cancellationToken)
    {
        await _asking.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            emit(new PermissionRequested(request));
            return await ask!(request, cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            _asking.Release();
        }
    }
}
