using System.Runtime.InteropServices;

namespace Stateroom.Native;

/// <summary>
/// libc entry points that .NET has no API for, under the names of their manual pages. Each file of this class holds one concern.
/// A failed call leaves its errno in <see cref="Marshal.GetLastPInvokeError"/>.
/// </summary>
internal static unsafe partial class Libc
{
    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200, O_APPEND = 0x400,
        O_NONBLOCK = 0x800, O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000, O_CLOEXEC = 0x80000, O_PATH = 0x200000;

    public const int EPERM = 1, ENOENT = 2, EINTR = 4, EIO = 5, ENXIO = 6, ENOEXEC = 8, EAGAIN = 11, ENOMEM = 12, EACCES = 13, EEXIST = 17, ENOTDIR = 20, EINVAL = 22, ENFILE = 23, EMFILE = 24, EFBIG = 27, ENOSPC = 28,
        ELOOP = 40, ENOTEMPTY = 39, ECONNREFUSED = 111;

    public const int LOCK_SH = 1, LOCK_EX = 2, LOCK_NB = 4, LOCK_UN = 8;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    public static partial int openat(int directory, string path, int flags, int mode);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint read(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial nint write(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int flock(int fd, int operation);

    [LibraryImport("libc")]
    public static partial uint geteuid();

    [LibraryImport("libc")]
    public static partial int gettid();

    [LibraryImport("libc")]
    public static partial uint getegid();

    /// <summary>The errno of the last failed call of this thread.</summary>
    public static int Errno => Marshal.GetLastPInvokeError();

    /// <summary>An errno as people read it: <c>ENOENT (No such file or directory)</c>.</summary>
    public static string Describe(int errno)
    {
        var name = errno switch
        {
            EPERM => "EPERM", ENOENT => "ENOENT", EIO => "EIO", EAGAIN => "EAGAIN", EACCES => "EACCES", EEXIST => "EEXIST", ENOTDIR => "ENOTDIR",
            EINVAL => "EINVAL", ENOSPC => "ENOSPC", ELOOP => "ELOOP", ENOTEMPTY => "ENOTEMPTY", ECONNREFUSED => "ECONNREFUSED",
            7 => "E2BIG", 8 => "ENOEXEC", ENOMEM => "ENOMEM", 21 => "EISDIR", ENFILE => "ENFILE", EMFILE => "EMFILE", EFBIG => "EFBIG", 26 => "ETXTBSY", 30 => "EROFS", 36 => "ENAMETOOLONG", 98 => "EADDRINUSE",
            _ => $"errno {errno}",
        };
        return $"{name} ({Marshal.GetPInvokeErrorMessage(errno)})";
    }
}
