using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using Stateroom.Agents.Broker;
using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Agents.Credentials;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>
/// The Claude Code command line, run in the room, one process for each handle to a session. It keeps its own conversation in the room's home; which one
/// it is, is kept with the session, so that it goes on after a close, a restart or a kill. One instance serves many sessions at a time.
/// </summary>
public sealed class ClaudeCodeAgent : IAgent
{
    private const string Remedy = $"Install it with 'stateroom agent install {AgentOptions.ClaudeCode}'; rooms that run already have it at once.";

    private readonly ClaudeCodeAgentOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<ISandbox, ClaudeProcess> _processes = new(ReferenceEqualityComparer.Instance);

    /// <summary>Makes the agent. Nothing is started before the first turn.</summary>
    /// <param name="options">Null means the defaults.</param>
    /// <param name="time">The clock. Null means the system's.</param>
    public ClaudeCodeAgent(ClaudeCodeAgentOptions? options = null, TimeProvider? time = null) => (_options, _time) = (options ?? new(), time ?? TimeProvider.System);

    /// <inheritdoc/>
    public string Name => AgentOptions.ClaudeCode;

    /// <inheritdoc/>
    public void CheckConfiguration(AgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.MaxTurns < 1) throw new AgentConfigurationException($"The most turns of the agent are {options.MaxTurns}; set at least 1.");
        ClaudeCommand.Check(options);
        if (_options.IsInstalled?.Invoke() == false) throw new AgentConfigurationException($"The Claude Code command line is not installed. {Remedy}");
        Credentials.Check(Name, takesSubscription: true);
        _ = Upstream;
    }

    /// <inheritdoc/>
    public async IAsyncEnumerable<TurnEvent> RunTurnAsync(AgentTurn turn, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(turn);
        CheckConfiguration(turn.Options);
        var access = await BrokerAccess.OpenAsync(turn, Broker(turn.Options), cancellationToken).ConfigureAwait(false);
        await using (access.ConfigureAwait(false))
        {
            var (process, isNew) = await ProcessForAsync(turn, access.Address, cancellationToken).ConfigureAwait(false);
            var prompt = Prompts.Of(turn.Messages);
            if (isNew && turn.Messages.Count > 1)
            {
                yield return new Notice("The agent begins a conversation of its own; what was said before is told to it as text.");
                prompt = Prompts.WithHistory(turn.Messages);
            }
            var run = new ClaudeTurn(process, turn, access, _options, _time);
            await foreach (var item in run.RunAsync(prompt, cancellationToken).ConfigureAwait(false)) yield return item;
        }
    }

    /// <summary>The process that has this conversation, and whether it knows nothing of it yet.</summary>
    private async Task<(ClaudeProcess Process, bool IsNew)> ProcessForAsync(AgentTurn turn, Uri modelAddress, CancellationToken cancellationToken)
    {
        var arguments = ClaudeCommand.Arguments(turn.Options);
        var state = ClaudeState.Read(turn.State);
        if (_processes.TryGetValue(turn.Sandbox, out var living))
        {
            // Another process may have spoken since, or the conversation was cleared.
            if (!living.HasEnded && state is not null && state.Owner == living.Owner && living.Arguments.SequenceEqual(arguments, StringComparer.Ordinal) &&
                await living.PrepareAsync(turn.Options.Model, _options.AnswerTimeout, _time, cancellationToken).ConfigureAwait(false))
                return (living, false);
            await ForgetAsync(turn.Sandbox, living).ConfigureAwait(false);
        }
        if (state is not null && await StartAsync(turn, arguments, state.Conversation, resume: true, modelAddress, cancellationToken).ConfigureAwait(false) is { } resumed)
            return (resumed, false);
        var begun = await StartAsync(turn, arguments, Guid.NewGuid().ToString(), resume: false, modelAddress, cancellationToken).ConfigureAwait(false);
        return (begun!, true);
    }

    /// <summary>Null if the conversation to go on with is not there any more.</summary>
    private async Task<ClaudeProcess?> StartAsync(
        AgentTurn turn, List<string> arguments, string conversation, bool resume, Uri modelAddress, CancellationToken cancellationToken)
    {
        ClaudeProcess process;
        try
        {
            process = await ClaudeProcess.StartAsync(
                turn.Sandbox, _options.Program ?? ClaudeCodeProgram.PathInRoom, arguments, turn.Options.Model, conversation, resume, ClaudeCommand.Environment(modelAddress, _options.MaxRetries), cancellationToken).ConfigureAwait(false);
        }
        catch (ExecStartException e)
        {
            throw new AgentConfigurationException($"The Claude Code command line is not in the room ({e.Message}). {Remedy}");
        }
        try
        {
            // Before the first word is said: who is killed in the middle of it must find the conversation again.
            await turn.SaveStateAsync(new ClaudeState(conversation, process.Owner).Write(), cancellationToken).ConfigureAwait(false);
            if (await process.PrepareAsync(turn.Options.Model, _options.AnswerTimeout, _time, cancellationToken).ConfigureAwait(false))
            {
                _processes[turn.Sandbox] = process;
                _ = turn.Sandbox.Ended.ContinueWith(_ => ForgetAsync(turn.Sandbox, process), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
                return process;
            }
        }
        catch
        {
            await process.DisposeAsync().ConfigureAwait(false);
            throw;
        }
        var errors = process.Errors;
        await process.DisposeAsync().ConfigureAwait(false);
        if (resume && errors.Contains("No conversation found", StringComparison.Ordinal)) return null;
        throw new AgentConfigurationException($"The Claude Code command line did not come up within {_options.AnswerTimeout.TotalSeconds:0} s or ended at once. {(errors.Length > 0 ? $"It said: {errors}" : "It said nothing.")}");
    }

    private ModelCredentialSource Credentials =>
        (_options.Credentials ?? ModelCredentialSource.OfDefaultHome() with { Environment = _options.Environment }) with { Given = ModelCredentialSource.OfOption(_options.ApiKey) };

    private Uri? Upstream => _options.BaseAddress ?? ModelAddress.Find(_options.Environment);

    private BrokerOptions Broker(AgentOptions options)
    {
        var broker = new BrokerOptions { Credentials = Credentials, Time = _time, ProviderTools = ClaudeTools.RunByProvider(options) };
        return Upstream is { } address ? broker with { Upstream = address } : broker;
    }

    private async Task ForgetAsync(ISandbox sandbox, ClaudeProcess process)
    {
        _processes.TryRemove(KeyValuePair.Create(sandbox, process));
        await process.DisposeAsync().ConfigureAwait(false);
    }
}
