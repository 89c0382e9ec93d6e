using System.Buffers.Text;
using Stateroom.Guest.Connections;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Processes;

/// <summary>Tells a client what runs in the room, from proc(5).</summary>
internal static unsafe class ProcessList
{
    private const int FrameBytes = 128 << 10;
    private const int MicrosecondsPerTick = 10_000; // USER_HZ is 100 on every architecture that rooms run on.
    private const int StatBytes = 1024;

    public static void Send(Connection connection, uint channel)
    {
        var writer = new PayloadWriter(FrameBytes);
        foreach (var pid in ProcessTree.All())
        {
            if (writer.PayloadLength >= FrameBytes - Payloads.MaxArguments - StatBytes)
            {
                Send(connection, channel, writer, FrameFlags.None);
                writer.Dispose();
                writer = new PayloadWriter(FrameBytes);
            }
            Add(ref writer, pid);
        }
        Send(connection, channel, writer, FrameFlags.End);
        writer.Dispose();
    }

    private static void Send(Connection connection, uint channel, PayloadWriter writer, FrameFlags flags)
    {
        fixed (byte* frame = writer.Finish(FrameType.Processes, channel, flags)) connection.SendFrame(frame, FrameType.Processes, channel, writer.PayloadLength, flags);
    }

    // One that has gone meanwhile is left out.
    private static void Add(ref PayloadWriter writer, int pid)
    {
        var buffer = stackalloc byte[Payloads.MaxArguments];
        var stat = Read($"/proc/{pid}/stat", buffer, StatBytes);
        // "pid (name) state parent ...": the name may hold anything, also parentheses (proc_pid_stat(5)).
        var open = stat.IndexOf((byte)'(');
        var close = stat.LastIndexOf((byte)')');
        if (open < 0 || close < open || close + 2 >= stat.Length) return;
        var fields = new StatFields(stat[(close + 2)..]);
        writer.U32((uint)pid);
        writer.U32((uint)fields.Number(4));
        writer.U32(stat[close + 2]);
        writer.I64((fields.Number(14) + fields.Number(15)) * MicrosecondsPerTick);
        writer.I64(fields.Number(24) * Environment.SystemPageSize);
        writer.I64(Math.Max(0, MicrosecondsSinceBoot() - (fields.Number(22) * MicrosecondsPerTick)));
        writer.Text(ProcessTree.MarkOf(pid) is { } mark ? Owners.Find(mark) : "");
        AddText(ref writer, stat[(open + 1)..close]);
        AddArguments(ref writer, Read($"/proc/{pid}/cmdline", buffer, Payloads.MaxArguments));
    }

    private static void AddArguments(ref PayloadWriter writer, ReadOnlySpan<byte> arguments)
    {
        if (!arguments.IsEmpty && arguments[^1] == 0) arguments = arguments[..^1];
        else if (arguments.IsEmpty)
        {
            writer.U32(0);
            return;
        }
        writer.U32((uint)arguments.Count((byte)0) + 1);
        AddText(ref writer, arguments);
    }

    private static void AddText(ref PayloadWriter writer, ReadOnlySpan<byte> text)
    {
        writer.Bytes(text);
        writer.Bytes("\0"u8);
    }

    private static ReadOnlySpan<byte> Read(string path, byte* buffer, int size)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (fd < 0) return default;
        var n = (int)Libc.read(fd, buffer, (nuint)size);
        Libc.close(fd);
        return n <= 0 ? default : new ReadOnlySpan<byte>(buffer, n);
    }

    private static long MicrosecondsSinceBoot()
    {
        Libc.TimeSpec now;
        Libc.clock_gettime(Libc.CLOCK_BOOTTIME, &now);
        return (now.Seconds * 1_000_000) + (now.Nanoseconds / 1000);
    }

    /// <summary>The fields of a stat line from the third on, by their numbers in proc_pid_stat(5).</summary>
    private readonly ref struct StatFields(ReadOnlySpan<byte> text)
    {
        private readonly ReadOnlySpan<byte> _text = text;

        public long Number(int field)
        {
            var rest = _text;
            for (var i = 3; i < field; i++) rest = rest[(rest.IndexOf((byte)' ') + 1)..];
            return Utf8Parser.TryParse(rest, out long value, out _) ? value : 0;
        }
    }
}
