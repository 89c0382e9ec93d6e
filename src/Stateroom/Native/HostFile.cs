using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;

namespace Stateroom.Native;

/// <summary>The host's own small files, by path, never through a link in the last component.</summary>
internal static unsafe class HostFile
{
    /// <summary>Opens a file; null if it does not exist.</summary>
    public static SafeFileHandle? TryOpen(string path, int flags, int mode = 0)
    {
        while (true)
        {
            var fd = Libc.open(path, flags | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, mode);
            if (fd >= 0) return new SafeFileHandle(fd, ownsHandle: true);
            var errno = Libc.Errno;
            if (errno == Libc.EINTR) continue;
            if (errno is Libc.ENOENT or Libc.ENOTDIR) return null;
            throw Libc.Failure(errno == Libc.ELOOP ? "Will not follow the link" : "Cannot open", path, errno);
        }
    }

    public static SafeFileHandle Open(string path, int flags, int mode = 0) =>
        TryOpen(path, flags, mode) ?? throw Libc.Failure("Cannot open", path, Libc.ENOENT);

    /// <summary>The whole of a file; null if it does not exist.</summary>
    public static byte[]? TryReadAll(string path)
    {
        using var file = TryOpen(path, Libc.O_RDONLY);
        return file is null ? null : ReadFrom(file, 0, path);
    }

    /// <summary>What a file holds from an offset on.</summary>
    public static byte[] ReadFrom(SafeFileHandle file, long offset, string path)
    {
        var size = Length(file, path) - offset;
        if (size <= 0) return [];
        var buffer = GC.AllocateUninitializedArray<byte>(checked((int)size));
        var filled = 0;
        while (filled < buffer.Length && ReadAt(file, buffer.AsSpan(filled), offset + filled, path) is var got and > 0) filled += got;
        return filled == buffer.Length ? buffer : buffer[..filled];
    }

    /// <summary>One read; 0 at the end of the file.</summary>
    public static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset, string path)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var got = Libc.pread((int)file.DangerousGetHandle(), start, (nuint)buffer.Length, offset);
                if (got >= 0) return (int)got;
                if (Libc.Errno != Libc.EINTR) throw Libc.Failure("Cannot read", path, Libc.Errno);
            }
        }
    }

    public static long Length(SafeFileHandle file, string path) => (long)Stat(file, path).Size;

    public static Libc.Statx Stat(SafeFileHandle file, string path)
    {
        Libc.Statx stat;
        byte nothing = 0;
        if (Libc.statx((int)file.DangerousGetHandle(), &nothing, Libc.AT_EMPTY_PATH, Libc.STATX_BASIC_STATS, &stat) < 0)
            throw Libc.Failure("Cannot look at", path, Libc.Errno);
        return stat;
    }

    /// <summary>The status of a path without following a last link; null if there is nothing.</summary>
    public static Libc.Statx? TryStat(string path, bool follow = false)
    {
        Libc.Statx stat;
        if (Libc.statx(AtCurrent, path, follow ? 0 : Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, &stat) == 0) return stat;
        var errno = Libc.Errno;
        return errno is Libc.ENOENT or Libc.ENOTDIR ? null : throw Libc.Failure("Cannot look at", path, errno);
    }

    /// <summary>Writes all bytes or throws.</summary>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> data, string path)
    {
        var written = 0;
        Write(file, data, path, ref written);
    }

    /// <summary>Writes all bytes or throws; <paramref name="written"/>, 0 before, is the number written either way.</summary>
    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> data, string path, ref int written)
    {
        var fd = (int)file.DangerousGetHandle();
        fixed (byte* start = data)
        {
            while (written < data.Length)
            {
                var put = Libc.write(fd, start + written, (nuint)(data.Length - written));
                if (put < 0 && Libc.Errno == Libc.EINTR) continue;
                if (put < 0) throw Libc.Failure("Cannot write to", path, Libc.Errno);
                written += (int)put;
            }
        }
    }

    /// <summary>Writes all bytes at an offset.</summary>
    public static void WriteAt(SafeFileHandle file, ReadOnlySpan<byte> data, long offset, string path)
    {
        var written = 0;
        fixed (byte* start = data)
        {
            while (written < data.Length)
            {
                var put = Libc.pwrite((int)file.DangerousGetHandle(), start + written, (nuint)(data.Length - written), offset + written);
                if (put < 0 && Libc.Errno == Libc.EINTR) continue;
                if (put < 0) throw Libc.Failure("Cannot write to", path, Libc.Errno);
                written += (int)put;
            }
        }
    }

    /// <summary>Makes a directory; false if there is something of that name.</summary>
    public static bool TryMakeDirectory(string path, int mode)
    {
        if (Libc.mkdir(path, mode) == 0)
        {
            Failpoint.Hit(HostFailpoint.DirectoryMade);
            // The umask may have taken bits away.
            if (Libc.chmod(path, mode) < 0) throw Libc.Failure("Cannot set the mode of", path, Libc.Errno);
            Failpoint.Hit(HostFailpoint.DirectoryReady);
            return true;
        }
        var errno = Libc.Errno;
        return errno == Libc.EEXIST ? false : throw Libc.Failure("Cannot make directory", path, errno);
    }

    /// <summary>Removes a file; does nothing if it does not exist.</summary>
    public static void Remove(string path)
    {
        if (Libc.unlink(path) == 0) return;
        var errno = Libc.Errno;
        if (errno is not (Libc.ENOENT or Libc.ENOTDIR)) throw Libc.Failure("Cannot remove", path, errno);
    }

    public static void Rename(string from, string to)
    {
        if (Libc.rename(from, to) < 0) throw Libc.Failure($"Cannot rename '{from}' to", to, Libc.Errno);
    }

    /// <summary>Puts a directory's entries on the disk.</summary>
    public static void SyncDirectory(string path)
    {
        using var directory = Open(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        if (Libc.fsync((int)directory.DangerousGetHandle()) < 0) throw Libc.Failure("Cannot sync", path, Libc.Errno);
    }

    private const int AtCurrent = -100; // AT_FDCWD
}
