using System.Collections.Concurrent;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Guests;

/// <summary>
/// Receives for all connections of this process, on one thread. A frame reaches its channel without the detour over the thread pool that each
/// asynchronous receive takes, and a connection that waits holds no buffer.
/// </summary>
internal static unsafe class GuestReceiver
{
    private const int Batch = 64;

    private static readonly ConcurrentDictionary<ulong, GuestConnection> Connections = new();
    private static readonly int Epoll = Begin();
    private static ulong _last;

    /// <summary>Begins to receive; the connection is told of its end in any case.</summary>
    /// <exception cref="IOException">The kernel takes no more descriptors.</exception>
    public static void Add(GuestConnection connection, int descriptor)
    {
        var number = Interlocked.Increment(ref _last);
        Connections[number] = connection;
        if (Libc.EpollControl(Epoll, Libc.EPOLL_CTL_ADD, descriptor, number) == 0) return;
        var errno = Libc.Errno;
        Connections.TryRemove(number, out _);
        throw new IOException($"The connection to a room cannot be watched: {Libc.Describe(errno)}.");
    }

    private static int Begin()
    {
        var epoll = Libc.EpollCreate();
        if (epoll < 0) throw new IOException($"epoll_create1: {Libc.Describe(Libc.Errno)}.");
        new Thread(() => Run(epoll)) { IsBackground = true, Name = "stateroom-receive" }.Start();
        return epoll;
    }

    private static void Run(int epoll)
    {
        var events = stackalloc byte[Batch * 16];
        while (true)
        {
            var count = Libc.epoll_wait(epoll, events, Batch, -1);
            for (var i = 0; i < count; i++)
            {
                // A connection closes its descriptor only here, in its turn: its number cannot be another's.
                var number = Libc.EpollData(events, i);
                if (!Connections.TryGetValue(number, out var connection) || connection.Receive()) continue;
                Connections.TryRemove(number, out _);
                connection.Finish();
            }
        }
    }
}
