using Stateroom.Agents.Credentials;

namespace Stateroom.Agents.Broker;

/// <summary>While it is open, requests are passed on within its budget. Disposing ends the turn, and cuts off what still runs.</summary>
internal sealed class BrokerTurn : IDisposable
{
    private readonly CancellationTokenSource _ended = new();
    private readonly Lock _sync = new();
    private readonly Action<BrokerTurn> _onEnd;
    private readonly TimeProvider _time;
    private BrokerUsage _usage = new(0, 0, 0, null);
    private BrokerFailure? _failure;
    private bool _isBudgetUsedUp;
    private long _firstRequest;
    private int _isDisposed;

    public BrokerTurn(FoundCredential credential, long tokenBudget, TimeProvider time, Action<BrokerTurn> onEnd)
    {
        (Credential, TokenBudget, _time, _onEnd) = (credential, tokenBudget, time, onEnd);
        Ended = _ended.Token;
    }

    public FoundCredential Credential { get; }

    public long TokenBudget { get; }

    /// <value>Canceled when the turn ends.</value>
    public CancellationToken Ended { get; }

    public BrokerUsage Usage
    {
        get { lock (_sync) return _usage; }
    }

    /// <value>True once a request was refused because the budget is used up.</value>
    public bool IsBudgetUsedUp
    {
        get { lock (_sync) return _isBudgetUsedUp; }
    }

    /// <value>The newest failure; null if there was none.</value>
    public BrokerFailure? LastFailure
    {
        get { lock (_sync) return _failure; }
    }

    /// <summary>Takes a request in, unless the budget is used up. Requests that run at the same time may together go beyond it, by what each of them uses.</summary>
    public bool TryBeginRequest()
    {
        lock (_sync)
        {
            if (_usage.Tokens >= TokenBudget)
            {
                _isBudgetUsedUp = true;
                return false;
            }
            if (_usage.Requests == 0) _firstRequest = _time.GetTimestamp();
            _usage = _usage with { Requests = _usage.Requests + 1 };
            return true;
        }
    }

    public void RecordFirstByte()
    {
        lock (_sync) _usage = _usage with { TimeToFirstByte = _usage.TimeToFirstByte ?? _time.GetElapsedTime(_firstRequest) };
    }

    /// <summary>Counts what a request has used since it was last counted.</summary>
    public void Record(TokenCount before, TokenCount now)
    {
        lock (_sync) _usage = _usage with { InputTokens = _usage.InputTokens + now.Input - before.Input, OutputTokens = _usage.OutputTokens + now.Output - before.Output };
    }

    public void RecordFailure(int status, string message)
    {
        lock (_sync) _failure = new BrokerFailure(status, message, Credential.Where);
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _isDisposed, 1) != 0) return;
        _onEnd(this);
        _ended.Cancel();
        _ended.Dispose();
    }
}
