using Stateroom.Guest.Native;

namespace Stateroom.Guest.Loop;

/// <summary>The guest's only thread: waits for descriptors and timers and hands each to its owner.</summary>
internal static unsafe class EventLoop
{
    private const int Batch = 64;

    private static readonly int Epoll = Libc.epoll_create1(Libc.O_CLOEXEC);
    private static readonly Queue<Action> Postponed = new();
    private static EventSource?[] _sources = new EventSource?[256];
    private static uint _serials;

    public static void Add(EventSource source, uint events)
    {
        if (source.Fd >= _sources.Length) Array.Resize(ref _sources, Math.Max(source.Fd + 1, _sources.Length * 2));
        _sources[source.Fd] = source;
        source.Serial = ++_serials;
        var value = new Libc.EpollEvent { Events = events, Data = Key(source) };
        Libc.epoll_ctl(Epoll, Libc.EPOLL_CTL_ADD, source.Fd, &value);
    }

    public static void Change(EventSource source, uint events)
    {
        var value = new Libc.EpollEvent { Events = events, Data = Key(source) };
        Libc.epoll_ctl(Epoll, Libc.EPOLL_CTL_MOD, source.Fd, &value);
    }

    /// <summary>Stops watching. The caller closes the descriptor after it.</summary>
    public static void Remove(int fd)
    {
        _sources[fd] = null;
        Libc.epoll_ctl(Epoll, Libc.EPOLL_CTL_DEL, fd, null);
    }

    /// <summary>Runs <paramref name="action"/> when the event in hand has been dealt with.</summary>
    public static void Later(Action action) => Postponed.Enqueue(action);

    public static void Run()
    {
        var events = stackalloc Libc.EpollEvent[Batch];
        while (true)
        {
            var count = Libc.epoll_wait(Epoll, events, Batch, Timers.MillisecondsToNext());
            for (var i = 0; i < count; i++)
            {
                // An earlier event of the batch may have closed this source, and its number may be another's already.
                var source = _sources[(uint)events[i].Data];
                if (source is not null && Key(source) == events[i].Data) source.OnReady(events[i].Events);
                RunPostponed();
            }
            Timers.RunDue();
            RunPostponed();
        }
    }

    private static void RunPostponed()
    {
        while (Postponed.TryDequeue(out var action)) action();
    }

    private static ulong Key(EventSource source) => ((ulong)source.Serial << 32) | (uint)source.Fd;
}
