using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Files.Watch;

/// <summary>What inotify(7) told.</summary>
internal readonly record struct InotifyEvent(int Watch, uint Mask, uint Cookie, byte[] Name);

/// <summary>An inotify descriptor and the wait for its events.</summary>
internal sealed unsafe class InotifyQueue : IDisposable
{
    public const uint Modify = 0x2, Attributes = 0x4, MovedFrom = 0x40, MovedTo = 0x80, Create = 0x100, Delete = 0x200, DeleteSelf = 0x400, MoveSelf = 0x800,
        Overflow = 0x4000, Ignored = 0x8000, OnlyDirectory = 0x1000000, ExcludeUnlinked = 0x4000000, IsDirectory = 0x40000000;

    private const int HeaderBytes = 16, BufferBytes = 64 * 1024;

    private readonly SafeFileHandle _wake;

    public InotifyQueue()
    {
        Handle = new SafeFileHandle(Checked(Libc.inotify_init1(Libc.O_NONBLOCK | Libc.O_CLOEXEC), "more watches (fs.inotify.max_user_instances)"), ownsHandle: true);
        _wake = new SafeFileHandle(Checked(Libc.eventfd(0, Libc.O_NONBLOCK | Libc.O_CLOEXEC), "more descriptors"), ownsHandle: true);
    }

    public SafeFileHandle Handle { get; }

    /// <summary>The events that there are, without waiting; empty if there are none.</summary>
    public List<InotifyEvent> Read()
    {
        var events = new List<InotifyEvent>();
        var buffer = stackalloc byte[BufferBytes];
        nint got;
        while ((got = Libc.read(Fd(Handle), buffer, BufferBytes)) < 0 && Libc.Errno == Libc.EINTR) { /* again */ }
        if (got < 0 && Libc.Errno != Libc.EAGAIN) throw new SessionFileException("inotify", $"Cannot read what was watched: {Libc.Describe(Libc.Errno)}.");
        for (var rest = new ReadOnlySpan<byte>(buffer, (int)Math.Max(0, got)); rest.Length >= HeaderBytes;)
        {
            // struct inotify_event: watch 4, mask 4, cookie 4, length of the name with its NULs 4, name.
            var length = BinaryPrimitives.ReadInt32LittleEndian(rest[12..]);
            var name = rest.Slice(HeaderBytes, length);
            events.Add(new InotifyEvent(
                BinaryPrimitives.ReadInt32LittleEndian(rest), BinaryPrimitives.ReadUInt32LittleEndian(rest[4..]), BinaryPrimitives.ReadUInt32LittleEndian(rest[8..]),
                name[..(name.IndexOf((byte)0) is >= 0 and var end ? end : length)].ToArray()));
            rest = rest[(HeaderBytes + length)..];
        }
        return events;
    }

    /// <summary>Waits for events, for a time, or for a wake-up. Blocks its thread.</summary>
    /// <param name="milliseconds">How long; -1 without end.</param>
    public void Wait(int milliseconds)
    {
        var wait = stackalloc Libc.PollDescriptor[2];
        wait[0] = new Libc.PollDescriptor { Fd = Fd(Handle), Events = Libc.POLLIN };
        wait[1] = new Libc.PollDescriptor { Fd = Fd(_wake), Events = Libc.POLLIN };
        // A signal ends the wait early, and then there is nothing to read.
        _ = Libc.poll(wait, 2, milliseconds);
    }

    /// <summary>Ends a wait, and every later one.</summary>
    public void Wake()
    {
        ulong one = 1;
        _ = Libc.write(Fd(_wake), (byte*)&one, sizeof(ulong));
    }

    public void Dispose()
    {
        Handle.Dispose();
        _wake.Dispose();
    }

    private static int Fd(SafeFileHandle handle) => (int)handle.DangerousGetHandle();

    private static nint Checked(int fd, string lacking) =>
        fd >= 0 ? fd : throw new SessionFileException("inotify", $"Nothing can be watched: {Libc.Describe(Libc.Errno)}. The host does not allow {lacking}.");
}
