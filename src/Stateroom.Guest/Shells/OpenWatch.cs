using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Shells;

/// <summary>Tells when a file is opened by somebody else (inotify(7)). One descriptor for all, since a user may have few of them.</summary>
internal sealed unsafe class OpenWatch : EventSource
{
    private const int HeaderSize = 16, BufferSize = 4096;

    private static OpenWatch? _instance;

    private readonly Dictionary<int, Action> _waiting = [];

    private OpenWatch(int fd)
    {
        Fd = fd;
        EventLoop.Add(this, Libc.EPOLLIN);
    }

    /// <summary>Calls <paramref name="opened"/> once, when <paramref name="path"/> is opened from now on. A number for <see cref="End"/>, or -1 and errno.</summary>
    public static int Begin(string path, Action opened)
    {
        if (_instance is null)
        {
            var fd = Libc.inotify_init1(Libc.O_CLOEXEC | Libc.O_NONBLOCK);
            if (fd < 0) return -1;
            _instance = new OpenWatch(fd);
        }
        var watch = Libc.inotify_add_watch(_instance.Fd, path, Libc.IN_OPEN);
        if (watch >= 0) _instance._waiting[watch] = opened;
        return watch;
    }

    public static void End(int watch)
    {
        if (_instance is null || !_instance._waiting.Remove(watch)) return;
        Libc.inotify_rm_watch(_instance.Fd, watch);
    }

    public override void OnReady(uint events)
    {
        var buffer = stackalloc byte[BufferSize];
        nint n;
        while ((n = Libc.read(Fd, buffer, BufferSize)) > 0)
        {
            // struct inotify_event: watch 4, mask 4, cookie 4, length of the name 4, name.
            for (nint at = 0; at < n; at += HeaderSize + *(int*)(buffer + at + 12))
            {
                var watch = *(int*)(buffer + at);
                if (!_waiting.TryGetValue(watch, out var opened)) continue;
                End(watch);
                opened();
            }
        }
    }
}
