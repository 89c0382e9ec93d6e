using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Files;

/// <summary>
/// The system calls that touch names and permissions, made as one user. On a root host a session's files belong to a user of its own; each call
/// takes on that user's file credentials for this thread (setfsuid(2)) and gives them back, so that the kernel checks what it would check in the
/// room, and what is made belongs to the room. Between the two nothing but the call runs: no allocation, no waiting, no loading of code.
/// </summary>
/// <remarks>The real, effective and saved ids stay 0, so that no process of that user may signal or trace this thread meanwhile.</remarks>
internal sealed unsafe class FileCalls
{
    private const int MostGroups = 64, Attempts = 1000, LongestTarget = 4096;

    private readonly uint? _user;

    private FileCalls(uint? user) => _user = user;

    /// <summary>As the caller.</summary>
    public static FileCalls Own { get; } = new(null);

    /// <summary>As a session's user; null is the caller.</summary>
    public static FileCalls As(uint? user)
    {
        if (user is not { } other || other == Libc.geteuid()) return Own;
        Dumpable.Remember();
        // The first call through an entry point is looked up in files, which the other user need not be able to read.
        _ = Libc.system_call(Libc.SysSetfsuid, -1, 0, 0, 0, 0);
        _ = Libc.getgroups(0, null);
        return new FileCalls(other);
    }

    /// <summary>Opens a single name in a directory; null with its errno.</summary>
    public SafeFileHandle? Open(SafeFileHandle directory, byte[] name, int flags, int mode, out int errno)
    {
        fixed (byte* n = name)
            return Handle(Call(Libc.SysOpenat, Fd(directory), (nint)n, flags | Libc.O_NOFOLLOW | Libc.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_NONBLOCK, mode), out errno);
    }

    /// <summary>Opens a path that the kernel keeps beneath the directory (openat2(2)); null with its errno.</summary>
    public SafeFileHandle? OpenBeneath(SafeFileHandle directory, byte[] path, int flags, bool links, out int errno)
    {
        var how = new Libc.OpenHow
        {
            Flags = (ulong)(uint)(flags | Libc.O_CLOEXEC),
            Resolve = Libc.RESOLVE_BENEATH | Libc.RESOLVE_NO_MAGICLINKS | (links ? 0 : Libc.RESOLVE_NO_SYMLINKS),
        };
        fixed (byte* p = path)
        {
            // EAGAIN: something was renamed while ".." was followed, and the kernel cannot say whether it stayed beneath.
            for (var attempt = 0; ; attempt++)
            {
                var handle = Handle(Call(Libc.SysOpenat2, Fd(directory), (nint)p, (nint)(&how), sizeof(Libc.OpenHow)), out errno);
                if (handle is not null || errno != Libc.EAGAIN || attempt == Attempts) return handle;
            }
        }
    }

    /// <summary>Opens what a descriptor stands for once more, with permission checked for the other flags (proc_pid_fd(5)).</summary>
    public SafeFileHandle? Reopen(SafeFileHandle node, int flags, out int errno)
    {
        fixed (byte* p = Itself(node))
            return Handle(Call(Libc.SysOpenat, Libc.AT_FDCWD, (nint)p, flags | Libc.O_CLOEXEC | Libc.O_NOCTTY | Libc.O_NONBLOCK, 0), out errno);
    }

    /// <returns>0 or the errno, as all that follow.</returns>
    public int Stat(SafeFileHandle directory, byte[] name, out Libc.Statx stat)
    {
        fixed (byte* n = name)
        fixed (Libc.Statx* s = &stat)
            return Errno(Call(Libc.SysStatx, Fd(directory), (nint)n, Libc.AT_SYMLINK_NOFOLLOW | Libc.AT_EMPTY_PATH, (nint)Libc.STATX_BASIC_STATS, (nint)s));
    }

    public int ReadLink(SafeFileHandle node, out byte[] target)
    {
        var buffer = stackalloc byte[LongestTarget];
        byte nothing = 0;
        var got = Call(Libc.SysReadlinkat, Fd(node), (nint)(&nothing), (nint)buffer, LongestTarget);
        target = got < 0 ? [] : new ReadOnlySpan<byte>(buffer, (int)got).ToArray();
        return Errno(got);
    }

    public int MakeDirectory(SafeFileHandle directory, byte[] name, int mode)
    {
        fixed (byte* n = name) return Errno(Call(Libc.SysMkdirat, Fd(directory), (nint)n, mode));
    }

    public int Remove(SafeFileHandle directory, byte[] name, bool isDirectory)
    {
        fixed (byte* n = name) return Errno(Call(Libc.SysUnlinkat, Fd(directory), (nint)n, isDirectory ? Libc.AT_REMOVEDIR : 0));
    }

    public int Rename(SafeFileHandle from, byte[] fromName, SafeFileHandle to, byte[] toName, bool replace)
    {
        fixed (byte* f = fromName)
        fixed (byte* t = toName)
            return Errno(Call(Libc.SysRenameat2, Fd(from), (nint)f, Fd(to), (nint)t, replace ? 0 : Libc.RENAME_NOREPLACE));
    }

    public int MakeLink(SafeFileHandle directory, byte[] name, byte[] target)
    {
        fixed (byte* n = name)
        fixed (byte* t = target)
            return Errno(Call(Libc.SysSymlinkat, (nint)t, Fd(directory), (nint)n));
    }

    public int MakeHardLink(SafeFileHandle from, byte[] fromName, SafeFileHandle to, byte[] toName)
    {
        fixed (byte* f = fromName)
        fixed (byte* t = toName)
            return Errno(Call(Libc.SysLinkat, Fd(from), (nint)f, Fd(to), (nint)t));
    }

    /// <summary>Sets the mode of what a descriptor stands for; it must not be a link.</summary>
    public int SetMode(SafeFileHandle node, int mode)
    {
        fixed (byte* p = Itself(node)) return Errno(Call(Libc.SysFchmodat, Libc.AT_FDCWD, (nint)p, mode));
    }

    /// <summary>Sets when a name's content changed last; a link is not followed.</summary>
    public int SetModified(SafeFileHandle directory, byte[] name, Libc.StatxTime time)
    {
        var times = stackalloc Libc.TimeSpec[2];
        times[0].Nanoseconds = Libc.UTIME_OMIT;
        times[1] = new Libc.TimeSpec { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds };
        fixed (byte* n = name) return Errno(Call(Libc.SysUtimensat, Fd(directory), (nint)n, (nint)times, Libc.AT_SYMLINK_NOFOLLOW));
    }

    /// <returns>The watch's number, or the negative errno.</returns>
    public int AddWatch(SafeFileHandle inotify, SafeFileHandle node, uint mask)
    {
        fixed (byte* p = Itself(node)) return (int)Call(Libc.SysInotifyAddWatch, Fd(inotify), (nint)p, (nint)mask);
    }

    private static byte[] Itself(SafeFileHandle node) => Workspaces.HostDirectory.Name($"/proc/self/fd/{Fd(node)}");

    private static nint Fd(SafeFileHandle handle) => handle.DangerousGetHandle();

    private static SafeFileHandle? Handle(nint result, out int errno)
    {
        errno = Errno(result);
        return errno == 0 ? new SafeFileHandle(result, ownsHandle: true) : null;
    }

    private static int Errno(nint result) => result < 0 ? (int)-result : 0;

    // The result, or the negative errno.
    private nint Call(nint number, nint first, nint second, nint third, nint fourth = 0, nint fifth = 0)
    {
        while (true)
        {
            var result = _user is { } user
                ? CallAs(user, number, first, second, third, fourth, fifth)
                : Libc.system_call(number, first, second, third, fourth, fifth) is >= 0 and var done ? done : -Libc.Errno;
            if (result != -Libc.EINTR) return result;
        }
    }

    private static nint CallAs(uint user, nint number, nint first, nint second, nint third, nint fourth, nint fifth)
    {
        var few = stackalloc uint[MostGroups];
        var groups = few;
        var count = Libc.getgroups(MostGroups, few);
        if (count < 0)
        {
            count = Libc.getgroups(0, null);
            groups = (uint*)NativeMemory.Alloc((nuint)count, sizeof(uint));
            count = Libc.getgroups(count, groups);
        }
        try
        {
            // A group of the host's root would open what the room may not.
            if (count < 0 || (count > 0 && Libc.thread_setgroups(0, null) < 0)) throw Refused(user, Libc.Errno);
            var group = Swap(Libc.SysSetfsgid, user);
            var owner = Swap(Libc.SysSetfsuid, user);
            nint result = 0;
            // Neither call says whether it worked; asking for an id that there is not tells the present one.
            var entered = Swap(Libc.SysSetfsuid, uint.MaxValue) == user && Swap(Libc.SysSetfsgid, uint.MaxValue) == user;
            if (entered)
            {
                result = Libc.system_call(number, first, second, third, fourth, fifth);
                if (result < 0) result = -Libc.Errno;
            }
            Swap(Libc.SysSetfsuid, owner);
            Swap(Libc.SysSetfsgid, group);
            // A thread left under a room's user would do other work of the pool with the wrong rights.
            if (Swap(Libc.SysSetfsuid, uint.MaxValue) != owner || Swap(Libc.SysSetfsgid, uint.MaxValue) != group
                || (count > 0 && Libc.thread_setgroups(count, groups) < 0))
                Environment.FailFast($"A thread could not return from file user {user} to {owner}: {Libc.Describe(Libc.Errno)}.");
            Dumpable.Restore();
            return entered ? result : throw Refused(user, Libc.EPERM);
        }
        finally
        {
            if (groups != few) NativeMemory.Free(groups);
        }
    }

    private static uint Swap(nint number, uint id) => (uint)Libc.system_call(number, (nint)id, 0, 0, 0, 0);

    private static IOException Refused(uint user, int errno) =>
        new($"The files of a room cannot be reached as its host user {user}: {Libc.Describe(errno)}. Run as root with CAP_SETUID and CAP_SETGID.", errno);
}
