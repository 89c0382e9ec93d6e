using System.Text;
using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Workspaces;

/// <summary>
/// An open directory. What is done beneath it goes by single names through its descriptor, so nobody can lead it elsewhere by swapping a
/// link in. Names are bytes that end with NUL: file names on Linux need not be text.
/// </summary>
internal sealed unsafe class HostDirectory : IDisposable
{
    private readonly SafeFileHandle _handle;

    private HostDirectory(SafeFileHandle handle, string path)
    {
        _handle = handle;
        Path = path;
    }

    /// <summary>Takes an open directory over.</summary>
    public static HostDirectory Over(SafeFileHandle handle, string path) => new(handle, path);

    /// <summary>For messages only.</summary>
    public string Path { get; }

    public int Fd => (int)_handle.DangerousGetHandle();

    /// <summary>Opens a directory by path; its last component may not be a link. Null if there is none.</summary>
    public static HostDirectory? TryOpen(string path)
    {
        var handle = HostFile.TryOpen(path, Libc.O_RDONLY | Libc.O_DIRECTORY);
        return handle is null ? null : new HostDirectory(handle, path);
    }

    public static HostDirectory Open(string path) => TryOpen(path) ?? throw Libc.Failure("Cannot open directory", path, Libc.ENOENT);

    /// <summary>Opens a child directory; null with its errno if it cannot be.</summary>
    public HostDirectory? TryOpenChild(byte[] name, out int errno)
    {
        fixed (byte* n = name)
        {
            int fd;
            do fd = Libc.openat(Fd, n, Libc.O_RDONLY | Libc.O_DIRECTORY | Libc.O_NOFOLLOW | Libc.O_CLOEXEC, 0);
            while (fd < 0 && Libc.Errno == Libc.EINTR);
            errno = fd < 0 ? Libc.Errno : 0;
            return fd < 0 ? null : new HostDirectory(new SafeFileHandle(fd, ownsHandle: true), Path + "/" + Show(name));
        }
    }

    /// <summary>The status of a child, links not followed; false if it is gone.</summary>
    public bool TryStat(byte[] name, out Libc.Statx stat, bool deniedIsMissing = false)
    {
        fixed (byte* n = name)
        fixed (Libc.Statx* s = &stat)
        {
            if (Libc.statx(Fd, n, Libc.AT_SYMLINK_NOFOLLOW, Libc.STATX_BASIC_STATS, s) == 0) return true;
            var errno = Libc.Errno;
            return errno == Libc.ENOENT || (deniedIsMissing && errno == Libc.EACCES) ? false : throw Libc.Failure("Cannot look at", Path + "/" + Show(name), errno);
        }
    }

    /// <summary>The names in it without <c>.</c> and <c>..</c>, and whether each is a directory.</summary>
    public List<(byte[] Name, bool IsDirectory)> Entries()
    {
        var entries = new List<(byte[], bool)>();
        const int size = 32 * 1024;
        var buffer = stackalloc byte[size];
        while (true)
        {
            var got = Libc.getdents64(Fd, buffer, size);
            // A directory that was removed while it is open has nothing in it.
            if (got < 0 && Libc.Errno == Libc.ENOENT) return entries;
            if (got < 0) throw Libc.Failure("Cannot list", Path, Libc.Errno);
            if (got == 0) return entries;
            for (nint at = 0; at < got;)
            {
                // struct linux_dirent64: inode 8, offset 8, record length 2, type 1, name.
                var length = *(ushort*)(buffer + at + 16);
                var type = buffer[at + 18];
                var name = System.Runtime.InteropServices.MemoryMarshal.CreateReadOnlySpanFromNullTerminated(buffer + at + 19);
                if (!name.SequenceEqual("."u8) && !name.SequenceEqual(".."u8))
                {
                    var copy = new byte[name.Length + 1];
                    name.CopyTo(copy);
                    entries.Add((copy, type == Libc.DT_UNKNOWN ? TryStat(copy, out var stat) && stat.IsDirectory : type == Libc.DT_DIR));
                }
                at += length;
            }
        }
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>A name as people read it; bytes that are not UTF-8 as <c>\xNN</c>.</summary>
    public static string Show(ReadOnlySpan<byte> name)
    {
        name = name.TrimEnd((byte)0);
        if (System.Text.Unicode.Utf8.IsValid(name)) return Encoding.UTF8.GetString(name);
        var text = new StringBuilder();
        while (name.Length > 0)
        {
            if (Rune.DecodeFromUtf8(name, out var rune, out var used) == System.Buffers.OperationStatus.Done) text.Append(rune);
            else foreach (var b in name[..used]) text.Append("\\x").Append(b.ToString("x2", System.Globalization.CultureInfo.InvariantCulture));
            name = name[used..];
        }
        return text.ToString();
    }

    public static byte[] Name(string text)
    {
        var bytes = new byte[Encoding.UTF8.GetByteCount(text) + 1];
        Encoding.UTF8.GetBytes(text, bytes);
        return bytes;
    }
}
