using Stateroom.Guest.Connections;
using Stateroom.Guest.Execs;
using Stateroom.Guest.Output;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>What a client wants of a command.</summary>
internal readonly record struct CommandRequest(uint Flags, uint TimeoutMilliseconds, uint GraceMilliseconds, uint Credit);

/// <summary>A command given to a shell: waiting for its turn, running, or ended.</summary>
internal sealed class ShellCommand(Shell shell, Connection connection, uint channel, byte[] text, CommandRequest request) : IChannel
{
    private OutputLog? _log;
    private long _beginsAt;

    public byte[] Text => text;

    public CommandRequest Request => request;

    /// <value>Its streamed input; null if it has none.</value>
    public InputPipe? Input { get; } = (request.Flags & Payloads.StreamInput) != 0 ? new InputPipe() : null;

    /// <value>True if it was still waiting when its client went or withdrew it: it is not to run.</value>
    public bool IsAbandoned { get; private set; }

    /// <value>Set when its turn comes.</value>
    public OutputSink? Sink { get; private set; }

    /// <value>Its number in the shell, from 1; 0 while it waits.</value>
    public uint Number { get; private set; }

    public long StartedAt { get; private set; }

    public void Begin(uint number, OutputLog log, ShellClients clients)
    {
        _log = log;
        StartedAt = System.Diagnostics.Stopwatch.GetTimestamp();
        Number = number;
        _beginsAt = log.Length;
        log.Append(LogRecordKind.CommandBegin, number, text);
        Sink = new OutputSink(log, number) { BackgroundFollowers = clients.Followers };
        if (connection.IsClosed) return;
        Sink.Follow(new Follower(connection, channel, log, request.Credit, request.Credit > 0 ? Follower.Live : _beginsAt, number));
        if ((request.Flags & Payloads.TellStart) != 0) Greet(connection, channel);
    }

    /// <summary>Another client follows, from the command's begin.</summary>
    public void Attach(Connection other, uint otherChannel, uint credit)
    {
        other.Register(otherChannel, this);
        var follower = new Follower(other, otherChannel, _log!, credit, _beginsAt, Number);
        Sink!.Follow(follower);
        Greet(other, otherChannel);
        follower.Grant(0);
    }

    /// <summary>Ends a command that never ran.</summary>
    public void Refuse(EndRecord end)
    {
        IsAbandoned = true;
        Input?.Close();
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
            case FrameType.Input: Input?.Write(payload, (header.Flags & FrameFlags.End) != 0, from, header.Channel); break;
            case FrameType.Cancel: shell.Cancel(this); break;
            case FrameType.Signal: shell.Signal(this, (int)new PayloadReader(payload).U32()); break;
            case FrameType.Resize: shell.Resize(payload); break;
            case FrameType.Detach:
                from.Forget(header.Channel);
                Sink?.Unfollow(from, header.Channel);
                break;
            default: throw new ProtocolException($"a shell command takes no {header.Type}");
        }
    }

    public void ClientGone(uint _)
    {
        IsAbandoned = Sink is null;
        Sink?.DropClosed();
    }

    private void Greet(Connection client, uint clientChannel) =>
        StartedFrame.Send(client, clientChannel, shell.Pid, (request.Flags & Payloads.StreamInput) | (shell.HasTerminal ? Payloads.HasTerminal : 0), Number, _beginsAt);
}
