using System.Net.Sockets;

namespace Stateroom.Network.Http;

/// <summary>
/// Tells a client that has left from one that has only ended what it sends and waits for the answer. Both look alike until something is sent to them:
/// so, until the answer begins, one is told to go on (100, RFC 9110, 15.2: every client takes that, asked for or not) at growing intervals.
/// </summary>
/// <param name="client">The connection; it stays the caller's.</param>
/// <param name="minorVersion">That of the request: to HTTP/1.0 nothing is sent before the answer.</param>
/// <param name="time">The clock of the intervals.</param>
internal sealed class ClientWatch(Stream client, int minorVersion, TimeProvider time)
{
    private static readonly byte[] GoOn = "HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray();
    private static readonly TimeSpan FirstWait = TimeSpan.FromMilliseconds(250), LongestWait = TimeSpan.FromSeconds(30);

    private readonly Lock _sync = new();
    private bool _hasAnswer;

    /// <summary>To be called before the answer is written: from then on nothing else is.</summary>
    public void AnswerBegins()
    {
        lock (_sync) _hasAnswer = true;
    }

    /// <summary>Completes when a client has left whose sending has ended. Once the answer has begun, its own writes show that.</summary>
    public async Task LeftAsync(CancellationToken cancellationToken)
    {
        try
        {
            for (var wait = FirstWait; TellToGoOn(); wait = wait < LongestWait ? wait * 2 : wait) await Task.Delay(wait, time, cancellationToken).ConfigureAwait(false);
        }
        catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
        {
            // It takes nothing any more.
            return;
        }
        await Task.Delay(Timeout.InfiniteTimeSpan, time, cancellationToken).ConfigureAwait(false);
    }

    // Under the lock, so that it cannot come to lie within the answer; so few bytes find room when nothing was sent before.
    private bool TellToGoOn()
    {
        lock (_sync)
        {
            if (_hasAnswer || minorVersion == 0) return false;
            client.Write(GoOn);
            return true;
        }
    }
}
