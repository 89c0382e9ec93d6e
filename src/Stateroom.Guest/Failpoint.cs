using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest;

/// <summary>
/// Ends this process at a named place, for tests of what that leaves. Armed by the guest's last argument, <c>name[:n]</c>: the n-th hit of one name, or
/// with <c>*</c> of any. Without it each place costs the look at one field.
/// </summary>
internal static unsafe class Failpoint
{
    private static bool _armed;
    private static GuestFailpoint? _point;
    private static long _left;

    public static void Arm(string text)
    {
        var parts = text.Split(':');
        _point = parts[0] == "*" ? null : Enum.Parse<GuestFailpoint>(parts[0]);
        _left = parts.Length > 1 ? long.Parse(parts[1], CultureInfo.InvariantCulture) : 1;
        _armed = true;
    }

    /// <summary>The place has been reached.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Hit(GuestFailpoint point)
    {
        if (_armed && IsNow(point)) Die(point);
    }

    /// <summary>Before a write: if this is the place, only half of it is written.</summary>
    public static void Torn(GuestFailpoint point, int fd, byte* data, int size, long? offset = null)
    {
        if (!_armed || !IsNow(point)) return;
        if (offset is { } at) Libc.pwrite(fd, data, (nuint)(size / 2), at);
        else Libc.write(fd, data, (nuint)(size / 2));
        Die(point);
    }

    private static bool IsNow(GuestFailpoint point) => (_point is null || _point == point) && --_left == 0;

    // Process 1 takes no signal from inside, not even SIGKILL (pid_namespaces(7)), and reboot(2) needs a capability that is gone. This is the same way out:
    // no handler runs, nothing is flushed, and the kernel kills all others of the room.
    private static void Die(GuestFailpoint point)
    {
        var line = Encoding.ASCII.GetBytes($"failpoint {point}\n");
        fixed (byte* text = line) Libc.write(2, text, (nuint)line.Length);
        Libc._exit(128 + Libc.SIGKILL);
    }
}
