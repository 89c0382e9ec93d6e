using System.Runtime.InteropServices;

namespace Stateroom.Cli.CommandLine;

/// <summary>
/// Makes sure that descriptors 0, 1 and 2 are ours. One that was closed when we were started is by now some file of the runtime's: what is read from it or written
/// to it would be anything. So this process begins anew with an empty file in its place that can only be read: input is empty, and output fails with EBADF.
/// </summary>
internal static unsafe partial class StandardDescriptors
{
    private const int Last = 2, F_GETFD = 1, F_SETFD = 2, FD_CLOEXEC = 1, O_RDONLY = 0;

    public static void Ensure()
    {
        var isClosed = false;
        for (var descriptor = 0; descriptor <= Last; descriptor++) isClosed |= !IsInherited(descriptor);
        if (isClosed) BeginAnew();
    }

    // What is closed by execve(2) cannot have come through it; the runtime opens all its files so.
    private static bool IsInherited(int descriptor) => fcntl(descriptor, F_GETFD, 0) is >= 0 and var flags && (flags & FD_CLOEXEC) == 0;

    private static void BeginAnew()
    {
        var arguments = File.ReadAllBytes("/proc/self/cmdline");
        var count = arguments.Count((byte)0);
        fixed (byte* text = arguments)
        {
            var list = (byte**)NativeMemory.AllocZeroed((nuint)count + 1, (nuint)sizeof(byte*));
            for (int i = 0, at = 0; i < count; at += arguments.AsSpan(at).IndexOf((byte)0) + 1) list[i++] = text + at;
            // Found before anything is changed: from here on the runtime may miss what it had there.
            var isMissing = stackalloc bool[Last + 1];
            for (var descriptor = 0; descriptor <= Last; descriptor++) isMissing[descriptor] = !IsInherited(descriptor);
            var empty = open("/dev/null", O_RDONLY, 0);
            for (var descriptor = 0; descriptor <= Last; descriptor++)
            {
                if (isMissing[descriptor]) dup2(empty, descriptor);
            }
            if (empty > Last) _ = fcntl(empty, F_SETFD, FD_CLOEXEC);
            execv("/proc/self/exe", list);
        }
        _exit(ExitCodes.StateroomFailed);
    }

    [LibraryImport("libc")]
    private static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int open(string path, int flags, int mode);

    [LibraryImport("libc")]
    private static partial int dup2(int from, int to);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, byte** arguments);

    [LibraryImport("libc")]
    private static partial void _exit(int code);
}
