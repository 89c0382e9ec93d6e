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
