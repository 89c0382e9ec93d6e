using System.Globalization;
using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Network;

/// <summary>
/// Writes down what was decided, and tells it on. What code in a room can repeat at will is bounded: the same connection is recorded once a second, and of
/// different ones so many that no disk fills; how many were left out is recorded in their place.
/// </summary>
internal sealed class NetworkRecorder(HomeLayout layout, string sessionId, TimeProvider time)
{
    /// <summary>Lines within a second.</summary>
    public const int MostPerSecond = 100;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(1);

    private readonly HashSet<(string Host, int Port, bool IsAllowed, bool IsFound)> _seen = [];
    private readonly Lock _sync = new();
    private long _windowBegan = time.GetTimestamp();
    private int _count, _leftOut;

    /// <summary>Told of what is recorded, on any thread.</summary>
    public event Action<NetworkDecision>? Decided;

    /// <summary>Records a decision; it is on disk when this returns.</summary>
    /// <exception cref="IOException">It cannot be recorded.</exception>
    public async Task RecordAsync(HostName host, int port, NetworkVerdict verdict, CancellationToken cancellationToken) =>
        await RecordAsync(host.ToString(), port, verdict, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc cref="RecordAsync(HostName, int, NetworkVerdict, CancellationToken)"/>
    public async Task RecordAsync(string host, int port, NetworkVerdict verdict, CancellationToken cancellationToken)
    {
        var decision = new NetworkDecision(time.GetUtcNow(), Cut(host), port, verdict.IsAllowed, verdict.Rule, verdict.Reason, verdict.Error);
        int before;
        bool isKept;
        lock (_sync)
        {
            before = NewWindow();
            isKept = IsKept(decision);
        }
        if (before > 0) await WriteAsync(LeftOut(before), cancellationToken).ConfigureAwait(false);
        if (isKept) await WriteAsync(decision, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Records how many were left out since.</summary>
    public async Task FlushAsync()
    {
        int before;
        lock (_sync) (before, _leftOut) = (_leftOut, 0);
        if (before > 0) await WriteAsync(LeftOut(before), CancellationToken.None).ConfigureAwait(false);
    }

    // How many were left out in the second before, once it is over.
    private int NewWindow()
    {
        if (time.GetElapsedTime(_windowBegan) < Window) return 0;
        var before = _leftOut;
        (_windowBegan, _count, _leftOut) = (time.GetTimestamp(), 0, 0);
        _seen.Clear();
        return before;
    }

    private bool IsKept(NetworkDecision decision)
    {
        var what = (decision.Host, decision.Port, decision.IsAllowed, decision.Error is null);
        if (_seen.Contains(what)) return false;
        if (_count == MostPerSecond)
        {
            _leftOut++;
            return false;
        }
        _count++;
        return _seen.Add(what);
    }

    private async Task WriteAsync(NetworkDecision decision, CancellationToken cancellationToken)
    {
        using (await FileLock.AcquireAsync(layout.NetworkLock(sessionId), cancellationToken).ConfigureAwait(false))
            NetworkLog.Append(layout.Session(sessionId).Network, decision);
        Decided?.Invoke(decision);
    }

    private NetworkDecision LeftOut(int count) => new(time.GetUtcNow(), "", 0, false, null,
        string.Create(CultureInfo.InvariantCulture, $"{count} more connections, to other hosts or ports, were asked for within a second; they were decided upon and are not listed"));

    // Hostile text: nothing that writes to a terminal, and not more than a name can have.
    private static string Cut(string host) => string.Concat(host.Take(HostName.MaxLength).Select(c => c is > ' ' and < '\x7f' ? c : '?'));
}
