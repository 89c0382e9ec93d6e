using System.Runtime.InteropServices;

namespace Stateroom.Guest.Native;

/// <summary>libc as the guest uses it, bound at link time; names and values as in the manual pages (x86-64 and arm64 agree on all of them but where it is said).</summary>
internal static unsafe partial class Libc
{
    public const int ENOENT = 2, EINTR = 4, ENOEXEC = 8, EAGAIN = 11, EACCES = 13, EEXIST = 17;

    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_TRUNC = 0x200, O_NONBLOCK = 0x800, O_CLOEXEC = 0x80000, O_PATH = 0x200000;

#if ARM64
    public const int O_DIRECTORY = 0x4000, O_NOFOLLOW = 0x8000;
#else
    public const int O_DIRECTORY = 0x10000, O_NOFOLLOW = 0x20000;
#endif

    public const int SIGINT = 2, SIGFPE = 8, SIGKILL = 9, SIGSEGV = 11, SIGPIPE = 13, SIGTERM = 15, SIGCHLD = 17, SIGCONT = 18;

    public const int F_SETFD = 2, F_SETFL = 4, FD_CLOEXEC = 1, F_GETPIPE_SZ = 1032;

    public const int PR_SET_DUMPABLE = 4, PR_SET_NAME = 15;

    public const nuint FIONREAD = 0x541B;

    public static int Errno => Marshal.GetLastPInvokeError();

    [LibraryImport("libc", SetLastError = true)] public static partial int prctl(int option, nint a, nint b, nint c, nint d);
    [LibraryImport("libc", SetLastError = true)] public static partial int fcntl(int fd, int command, nint argument);
    [LibraryImport("libc", SetLastError = true)] public static partial nint read(int fd, byte* buffer, nuint count);
    [LibraryImport("libc", SetLastError = true)] public static partial nint write(int fd, byte* buffer, nuint count);
    [LibraryImport("libc", SetLastError = true)] public static partial int ftruncate(int fd, long length);
    [LibraryImport("libc", SetLastError = true)] public static partial int close(int fd);
    [LibraryImport("libc", SetLastError = true)] public static partial int pipe2(int* fds, int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int ioctl(int fd, nuint request, void* argument);
    [LibraryImport("libc", SetLastError = true)] public static partial int close_range(uint first, uint last, int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial nint signal(int number, nint handler);
    [LibraryImport("libc", SetLastError = true)] public static partial int sigprocmask(int how, byte* set, byte* old);
    [LibraryImport("libc", SetLastError = true)] public static partial int signalfd(int fd, byte* mask, int flags);
    [LibraryImport("libc", SetLastError = true)] public static partial int kill(int pid, int number);
    [LibraryImport("libc", SetLastError = true)] public static partial int waitpid(int pid, int* status, int options);
    [LibraryImport("libc", SetLastError = true)] public static partial int access(byte* path, int mode);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int open(string path, int flags, int mode);
    [LibraryImport("libc", SetLastError = true)] public static partial int open(byte* path, int flags, int mode);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int mkdir(string path, int mode);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int chmod(string path, int mode);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int mkfifo(string path, int mode);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int unlink(string path);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial int rmdir(string path);
    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)] public static partial nint opendir(string path);
    [LibraryImport("libc", SetLastError = true)] public static partial byte* readdir(nint directory);
    [LibraryImport("libc", SetLastError = true)] public static partial int closedir(nint directory);
    [LibraryImport("libc", SetLastError = true)] public static partial nint getrandom(void* buffer, nuint length, uint flags);
    [LibraryImport("libc")] public static partial void _exit(int code);

    /// <summary>struct rlimit of getrlimit(2).</summary>
    [StructLayout(LayoutKind.Sequential)]
    public struct RLimit
    {
        public ulong Soft;
        public ulong Hard;
    }

    public const int RLIMIT_NPROC = 6, RLIMIT_NOFILE = 7, RLIMIT_LOCKS = 10;

    public const ulong RLIM_INFINITY = ulong.MaxValue;

    [LibraryImport("libc", SetLastError = true)] public static partial int prlimit(int pid, int resource, RLimit* value, RLimit* old);

    private const nint SYS_pidfd_send_signal = 424, SYS_pidfd_open = 434;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)] private static partial nint syscall4(nint number, nint a, nint b, nint c, nint d);

    public static int pidfd_open(int pid) => (int)syscall4(SYS_pidfd_open, pid, 0, 0, 0);

    public static int pidfd_send_signal(int pidfd, int number) => (int)syscall4(SYS_pidfd_send_signal, pidfd, number, 0, 0);
}
