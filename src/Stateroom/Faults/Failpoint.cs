using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Faults;

/// <summary>
/// Kills this process at a named place, for tests of what a kill leaves. The environment variable <c>STATEROOM_FAILPOINT=name[:n]</c> arms the n-th
/// hit of one name, or with <c>*</c> of any; without it each place costs the look at one constant.
/// </summary>
internal static class Failpoint
{
    public const string Variable = "STATEROOM_FAILPOINT", Any = "*";

    // Read once: the compiler of the second tier takes it for a constant.
    private static readonly bool IsArmed = !string.IsNullOrEmpty(Environment.GetEnvironmentVariable(Variable));

    private static readonly (HostFailpoint? Point, long Hit) Aim = IsArmed ? Parse(Environment.GetEnvironmentVariable(Variable)!) : default;

    private static long _hits;

    /// <summary>The place has been reached.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Hit(HostFailpoint point)
    {
        if (IsArmed && IsNow(point)) Die(point);
    }

    /// <summary>Before a write: if this is the place, only half of it is written.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Torn(HostFailpoint point, SafeFileHandle file, ReadOnlySpan<byte> data, long? offset = null)
    {
        if (IsArmed) Torn(point, (int)file.DangerousGetHandle(), data, offset);
    }

    /// <summary>As above, for a descriptor; without an offset the half goes where the descriptor stands.</summary>
    public static unsafe void Torn(HostFailpoint point, int fd, ReadOnlySpan<byte> data, long? offset = null)
    {
        if (!IsArmed || !IsNow(point)) return;
        var half = (nuint)(data.Length / 2);
        fixed (byte* start = data) _ = offset is { } at ? Libc.pwrite(fd, start, half, (nint)at) : Libc.write(fd, start, half);
        Die(point);
    }

    private static bool IsNow(HostFailpoint point) => (Aim.Point is null || Aim.Point == point) && Interlocked.Increment(ref _hits) == Aim.Hit;

    // As a kill from outside: no handler runs, nothing is flushed.
    private static unsafe void Die(HostFailpoint point)
    {
        var line = Encoding.ASCII.GetBytes($"failpoint {point}\n");
        fixed (byte* text = line) _ = Libc.write(2, text, (nuint)line.Length);
        _ = Libc.kill(Environment.ProcessId, Libc.SIGKILL);
    }

    private static (HostFailpoint? Point, long Hit) Parse(string text)
    {
        var colon = text.IndexOf(':', StringComparison.Ordinal);
        var name = colon < 0 ? text : text[..colon];
        var hit = 1L;
        if (name != Any && !Enum.IsDefined(typeof(HostFailpoint), name) || colon >= 0 && (!long.TryParse(text.AsSpan(colon + 1), out hit) || hit < 1))
            throw new InvalidOperationException($"{Variable} is '{text}'. Unset it, or give the name of a {nameof(HostFailpoint)} or '*', and after a colon which hit of it, from 1.");
        return (name == Any ? null : Enum.Parse<HostFailpoint>(name), hit);
    }
}
