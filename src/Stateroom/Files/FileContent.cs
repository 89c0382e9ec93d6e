using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Files;

/// <summary>Reads and writes open files; failures are told with the path that callers know.</summary>
internal static unsafe class FileContent
{
    public const int ChunkBytes = 256 * 1024;

    /// <summary>One read; 0 at the end.</summary>
    public static int ReadAt(SafeFileHandle file, Span<byte> buffer, long offset, string path)
    {
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var got = Libc.pread((int)file.DangerousGetHandle(), start, (nuint)buffer.Length, offset);
                if (got >= 0) return (int)got;
                if (Libc.Errno != Libc.EINTR) throw FileFailure.Of("Cannot read", path, Libc.Errno);
            }
        }
    }

    /// <summary>Fills the buffer unless the file ends before; returns how much there was.</summary>
    public static int Fill(SafeFileHandle file, Span<byte> buffer, long offset, string path)
    {
        var filled = 0;
        while (filled < buffer.Length && ReadAt(file, buffer[filled..], offset + filled, path) is var got and > 0) filled += got;
        return filled;
    }

    public static void Write(SafeFileHandle file, ReadOnlySpan<byte> data, string path)
    {
        fixed (byte* start = data)
        {
            for (var written = 0; written < data.Length;)
            {
                var put = Libc.write((int)file.DangerousGetHandle(), start + written, (nuint)(data.Length - written));
                if (put >= 0) written += (int)put;
                else if (Libc.Errno != Libc.EINTR) throw FileFailure.Of("Cannot write to", path, Libc.Errno);
            }
        }
    }

    /// <summary>The next piece of a file, from an offset on, that is no hole (lseek(2)); both ends are the given one if there is none.</summary>
    public static (long Start, long End) NextData(SafeFileHandle file, long offset, long end)
    {
        var fd = (int)file.DangerousGetHandle();
        var start = Libc.lseek(fd, offset, Libc.SEEK_DATA);
        // ENXIO: a hole to the end, or the end. Whatever else: the file system knows of no holes.
        if (start < 0) return Libc.Errno == Libc.ENXIO ? (end, end) : (offset, end);
        var hole = Libc.lseek(fd, start, Libc.SEEK_HOLE);
        return (Math.Min(start, end), hole < 0 ? end : Math.Min(hole, end));
    }

    /// <summary>Leaves a hole where the file is written next.</summary>
    public static void Skip(SafeFileHandle file, long count, string path)
    {
        if (Libc.lseek((int)file.DangerousGetHandle(), count, Libc.SEEK_CUR) < 0) throw FileFailure.Of("Cannot write to", path, Libc.Errno);
    }

    /// <summary>Makes a file end where it was skipped to.</summary>
    public static void EndHere(SafeFileHandle file, string path)
    {
        var fd = (int)file.DangerousGetHandle();
        if (Libc.lseek(fd, 0, Libc.SEEK_CUR) is var length && (length < 0 || Libc.ftruncate(fd, length) < 0)) throw FileFailure.Of("Cannot write to", path, Libc.Errno);
    }

    /// <summary>Sets mode and time of a file that the caller has just made: nobody's permission but its maker's is asked for.</summary>
    public static void Finish(SafeFileHandle file, int mode, Libc.StatxTime? modified, string path)
    {
        if (Libc.fchmod((int)file.DangerousGetHandle(), mode) < 0) throw FileFailure.Of("Cannot set the mode of", path, Libc.Errno);
        if (modified is not { } time) return;
        var times = stackalloc Libc.TimeSpec[2];
        times[0].Nanoseconds = Libc.UTIME_OMIT;
        times[1] = new Libc.TimeSpec { Seconds = time.Seconds, Nanoseconds = time.Nanoseconds };
        if (Libc.futimens((int)file.DangerousGetHandle(), times) < 0) throw FileFailure.Of("Cannot set the time of", path, Libc.Errno);
    }
}
