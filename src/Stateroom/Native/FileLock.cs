using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;

namespace Stateroom.Native;

/// <summary>
/// An exclusive flock(2), held until disposed; the kernel frees it when the process dies. Lock files are never unlinked: two processes must
/// not lock two files of one name.
/// </summary>
internal sealed class FileLock : IDisposable
{
    private const int Mode = 0x180; // 0600

    private readonly SafeFileHandle _file;

    private FileLock(SafeFileHandle file) => _file = file;

    /// <summary>The locked file; its content belongs to the holder.</summary>
    public SafeFileHandle File => _file;

    /// <summary>Takes the lock if nobody has it.</summary>
    public static FileLock? TryAcquire(string path)
    {
        var file = Open(path);
        if (Lock(file, path, Libc.LOCK_EX | Libc.LOCK_NB))
        {
            Failpoint.Hit(HostFailpoint.LockTaken);
            return new FileLock(file);
        }
        file.Dispose();
        return null;
    }

    /// <summary>Waits for the lock, in a thread of its own if somebody has it.</summary>
    public static async Task<FileLock> AcquireAsync(string path, CancellationToken cancellationToken)
    {
        if (TryAcquire(path) is { } free) return free;
        var waiting = Task.Factory.StartNew(() => Wait(path), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        try
        {
            return await waiting.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            // flock cannot be interrupted; when it comes, the lock goes back at once.
            _ = waiting.ContinueWith(static late => late.Result.Dispose(), CancellationToken.None,
                TaskContinuationOptions.OnlyOnRanToCompletion | TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
            throw;
        }
    }

    /// <summary>Whether somebody holds the lock now. A file that does not exist is not locked.</summary>
    public static bool IsHeld(string path)
    {
        using var file = HostFile.TryOpen(path, Libc.O_RDONLY);
        return file is not null && !Lock(file, path, Libc.LOCK_SH | Libc.LOCK_NB);
    }

    public void Dispose()
    {
        // A close alone would leave the lock to a child that is being forked elsewhere in this process, until its exec.
        if (!_file.IsClosed) Libc.flock((int)_file.DangerousGetHandle(), Libc.LOCK_UN);
        _file.Dispose();
        Failpoint.Hit(HostFailpoint.LockFreed);
    }

    private static SafeFileHandle Open(string path) => HostFile.Open(path, Libc.O_RDWR | Libc.O_CREAT, Mode);

    private static FileLock Wait(string path)
    {
        var file = Open(path);
        Lock(file, path, Libc.LOCK_EX);
        return new FileLock(file);
    }

    private static bool Lock(SafeFileHandle file, string path, int operation)
    {
        while (Libc.flock((int)file.DangerousGetHandle(), operation) < 0)
        {
            var errno = Libc.Errno;
            if (errno == Libc.EAGAIN) return false;
            if (errno == Libc.EINTR) continue;
            file.Dispose();
            throw Libc.Failure("Cannot lock", path, errno);
        }
        return true;
    }
}
