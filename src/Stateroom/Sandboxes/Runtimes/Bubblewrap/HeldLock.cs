using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>A flock(2) on an open file description of its own, until disposed.</summary>
internal readonly struct HeldLock : IDisposable
{
    private readonly int _fd;

    private HeldLock(int fd) => _fd = fd;

    /// <summary>Takes a lock.</summary>
    /// <param name="path">The file.</param>
    /// <param name="operation">LOCK_SH or LOCK_EX; with LOCK_NB it does not wait.</param>
    /// <param name="create">Makes the file if there is none.</param>
    /// <returns>Null if LOCK_NB was given and another holds it, or if there is no such file.</returns>
    /// <exception cref="IOException">The file cannot be opened or locked.</exception>
    public static HeldLock? Take(string path, int operation, bool create = false)
    {
        var fd = Libc.open(path, Libc.O_RDWR | Libc.O_CLOEXEC | Libc.O_NOFOLLOW | (create ? Libc.O_CREAT : 0), 0b110_000_000);
        if (fd < 0 && !create && Libc.Errno is Libc.ENOENT) return null;
        if (fd < 0) throw Libc.Failure("Cannot open the lock file", path, Libc.Errno);
        while (Libc.flock(fd, operation) != 0)
        {
            var errno = Libc.Errno;
            if (errno == Libc.EINTR) continue;
            _ = Libc.close(fd);
            if (errno == Libc.EAGAIN) return null;
            throw new IOException($"Cannot lock '{path}': {Libc.Describe(errno)}.");
        }
        return new HeldLock(fd);
    }

    public void Dispose() => _ = Libc.close(_fd);
}
