using Stateroom.Guest.Connections;
using Stateroom.Guest.Output;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>A command given to a shell: waiting for its turn, running, or ended.</summary>
internal sealed class ShellCommand(Shell shell, Connection connection, uint channel, byte[] text, uint timeout, uint grace, uint credit, OutputLog log) : IChannel
{
    public byte[] Text => text;

    public uint TimeoutMilliseconds => timeout;

    public uint GraceMilliseconds => grace;

    /// <value>True if it was still waiting when its client went.</value>
    public bool IsAbandoned { get; private set; }

    /// <value>Set when its turn comes.</value>
    public OutputSink? Sink { get; private set; }

    public long StartedAt { get; private set; }

    public void Begin(uint number)
    {
        StartedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        log.Append(LogRecordKind.CommandBegin, number, text);
        Sink = new OutputSink(log, number);
        if (!connection.IsClosed) Sink.Follow(new Follower(connection, channel, log, credit, Follower.Live));
    }

    /// <summary>Ends a command that never ran.</summary>
    public void Refuse(EndRecord end)
    {
        if (connection.IsClosed) return;
        Span<byte> body = stackalloc byte[EndRecord.Size];
        end.Write(body);
        connection.Send(FrameType.Ended, channel, body);
        connection.Forget(channel);
    }

    public void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, Connection from)
    {
        switch (header.Type)
        {
            case FrameType.Credit: Sink?.Find(from, header.Channel)?.Grant(new PayloadReader(payload).U32()); break;
            case FrameType.Cancel: shell.Cancel(this); break;
            case FrameType.Signal: shell.Signal(this, (int)new PayloadReader(payload).U32()); break;
            default: throw new ProtocolException($"a shell command takes no {header.Type}");
        }
    }

    public void ClientGone(uint _)
    {
        IsAbandoned = true;
        Sink?.DropClosed();
    }
}
