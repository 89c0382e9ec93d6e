using Microsoft.Win32.SafeHandles;

namespace Stateroom.Native;

/// <summary>A flock(2) on a directory, until disposed or until the process dies.</summary>
internal sealed class HostDirectoryLock : IDisposable
{
    private readonly SafeFileHandle _directory;

    /// <param name="path">The directory.</param>
    /// <param name="operation">LOCK_SH or LOCK_EX; with LOCK_NB it does not wait.</param>
    /// <exception cref="IOException">It cannot be opened or locked.</exception>
    public HostDirectoryLock(string path, int operation)
    {
        _directory = HostFile.Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        while (Libc.flock((int)_directory.DangerousGetHandle(), operation) < 0)
        {
            var errno = Libc.Errno;
            if (errno == Libc.EAGAIN) return;
            if (errno == Libc.EINTR) continue;
            _directory.Dispose();
            throw Libc.Failure("Cannot lock", path, errno);
        }
        IsHeld = true;
    }

    /// <value>The directory.</value>
    public SafeFileHandle Directory => _directory;

    /// <value>False if LOCK_NB was given and another holds it.</value>
    public bool IsHeld { get; }

    public void Dispose() => _directory.Dispose();
}
