using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>The descriptors that a room is born with, by their numbers in the child. Disposing closes the host's copies.</summary>
internal sealed class RoomDescriptors : IDisposable
{
    // For the whole process: descriptors without state.
    private static readonly Lazy<int> Null = new(() => Descriptors.Open("/dev/null", Libc.O_RDWR));
    private static readonly Lazy<int> Guest = new(Programs.OpenGuest, LazyThreadSafetyMode.PublicationOnly);

    private readonly int[] _fds = [-1, -1, -1, -1, -1, -1, -1, -1, -1, -1];

    /// <summary>In the order of their numbers in the child, from 0.</summary>
    public ReadOnlySpan<int> All => _fds;

    /// <summary>Takes the room's lock, which makes it alive: the first thing done in its directory.</summary>
    /// <exception cref="SandboxStartException">The host is out of something.</exception>
    public RoomDescriptors(RoomDirectory room)
    {
        _fds[4] = Lock(room.Alive);
    }

    /// <summary>Makes the others.</summary>
    /// <exception cref="SandboxStartException">The host is out of something, or the guest is missing.</exception>
    public void Complete(RoomDirectory room, ReadOnlySpan<byte> filter, ReadOnlySpan<byte> arguments)
    {
        _fds[0] = _fds[1] = Null.Value;
        _fds[2] = Descriptors.Open(room.Log, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND);
        _fds[3] = Descriptors.Listen(room.Path, Path.GetFileName(room.Socket));
        _fds[5] = Descriptors.Open(room.End, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_APPEND);
        _fds[6] = Descriptors.Memory("seccomp", filter);
        _fds[7] = Descriptors.Memory("bwrap-args", arguments);
        _fds[8] = Guest.Value;
        // Both halves of bwrap close it once the child's id is written, which frees the lock.
        _fds[9] = Lock(room.Info);
    }

    public void Dispose()
    {
        for (var i = 2; i < _fds.Length; i++)
        {
            if (i != 8 && _fds[i] >= 0) _ = Libc.close(_fds[i]);
            _fds[i] = -1;
        }
    }

    // On an open file description of its own, which the child shares: it lasts until the last copy is closed.
    private static int Lock(string path)
    {
        var fd = Descriptors.Open(path, Libc.O_RDWR | Libc.O_CREAT | Libc.O_EXCL);
        while (Libc.flock(fd, Libc.LOCK_EX) != 0)
        {
            var errno = Libc.Errno;
            if (errno == Libc.EINTR) continue;
            _ = Libc.close(fd);
            throw Descriptors.Failed($"'{Path.GetFileName(path)}' cannot be locked", errno);
        }
        return fd;
    }
}
