using System.Text;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Makes descriptors to hand to a child: numbered from 100 up, so that none is overwritten while they are put in their places.</summary>
internal static unsafe class Descriptors
{
    private const int Lowest = 100;

    /// <summary>Moves a descriptor up, with close-on-exec.</summary>
    public static int Raise(int fd)
    {
        if (fd >= Lowest) return fd;
        var raised = Libc.fcntl(fd, Libc.F_DUPFD_CLOEXEC, Lowest);
        var errno = Libc.Errno;
        _ = Libc.close(fd);
        return raised >= 0 ? raised : throw Failed("a descriptor cannot be made", errno);
    }

    public static int Open(string path, int flags)
    {
        var fd = Libc.open(path, flags | Libc.O_CLOEXEC | Libc.O_NOFOLLOW, 0b110_000_000);
        return fd >= 0 ? Raise(fd) : throw Failed($"'{Path.GetFileName(path)}' cannot be opened", Libc.Errno);
    }

    /// <summary>A file in memory, to be read from its start.</summary>
    public static int Memory(string name, ReadOnlySpan<byte> content)
    {
        var fd = Libc.memfd_create(name, Libc.MFD_CLOEXEC);
        if (fd < 0) throw Failed("a file in memory cannot be made", Libc.Errno);
        fd = Raise(fd);
        fixed (byte* bytes = content)
        {
            // pwrite leaves the offset at 0, where the reader begins.
            for (var done = 0; done < content.Length;)
            {
                var written = Libc.pwrite(fd, bytes + done, (nuint)(content.Length - done), done);
                if (written > 0) done += (int)written;
                else if (Libc.Errno != Libc.EINTR) throw FailedAndClosed(fd, "a file in memory cannot be written");
            }
        }
        return fd;
    }

    /// <summary>A listening Unix socket.</summary>
    public static int Listen(string directory, string name)
    {
        var fd = Libc.socket(Libc.AF_UNIX, Libc.SOCK_STREAM | Libc.SOCK_CLOEXEC, 0);
        if (fd < 0) throw Failed("a socket cannot be made", Libc.Errno);
        fd = Raise(fd);
        var path = $"{directory}/{name}";
        var directoryFd = -1;
        if (Encoding.UTF8.GetByteCount(path) > MaxSocketPath)
        {
            directoryFd = Libc.open(directory, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
            if (directoryFd < 0) throw FailedAndClosed(fd, "the room's directory cannot be opened");
            path = $"/proc/self/fd/{directoryFd}/{name}";
        }
        // struct sockaddr_un: the family, then the path with its NUL.
        var address = stackalloc byte[2 + MaxSocketPath + 1];
        new Span<byte>(address, 2 + MaxSocketPath + 1).Clear();
        *(ushort*)address = Libc.AF_UNIX;
        Encoding.UTF8.GetBytes(path, new Span<byte>(address + 2, MaxSocketPath));
        var bound = Libc.bind(fd, address, 2 + MaxSocketPath + 1) == 0 && Libc.listen(fd, Backlog) == 0;
        var errno = Libc.Errno;
        if (directoryFd >= 0) _ = Libc.close(directoryFd);
        if (bound) return fd;
        _ = Libc.close(fd);
        throw Failed("the guest's socket cannot be bound", errno);
    }

    public static SandboxStartException Failed(string what, int errno) =>
        new($"The room was not started: {what}, {Libc.Describe(errno)}. {Remedy(errno)}", new IOException(Libc.Describe(errno), errno));

    // unix(7): 108 bytes with the NUL.
    private const int MaxSocketPath = 107;

    // Connections that wait while the guest comes up; the kernel's own limit is net.core.somaxconn.
    private const int Backlog = 128;

    private static string Remedy(int errno) => errno switch
    {
        Libc.ENOSPC => "Free some disk space.",
        23 or 24 => "Too many files are open: raise 'ulimit -n', or close some rooms.",
        _ => "Run 'stateroom doctor'.",
    };

    private static SandboxStartException FailedAndClosed(int fd, string what)
    {
        var errno = Libc.Errno;
        _ = Libc.close(fd);
        return Failed(what, errno);
    }
}
