using System.Buffers.Binary;
using System.Text;
using Stateroom.Guest.Execs;
using Stateroom.Guest.Listeners;
using Stateroom.Guest.Processes;
using Stateroom.Guest.Shells;
using Stateroom.Protocol;

namespace Stateroom.Guest.Connections;

/// <summary>Decides what a frame is about.</summary>
internal static class Dispatcher
{
    public static void Handle(Connection connection, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (!connection.IsWelcome)
        {
            Greet(connection, header, payload);
            return;
        }
        switch (header.Type)
        {
            case FrameType.Ping: connection.Send(FrameType.Pong, header.Channel, payload); break;
            case FrameType.KeepRunning: Room.KeepRunning(); break;
            case FrameType.Stop: Room.End("stopped"); break;
            case FrameType.ListProcesses: ProcessList.Send(connection, header.Channel); break;
            case FrameType.ExecStart: Exec.Start(connection, header.Channel, payload); break;
            case FrameType.ExecAttach: Exec.Attach(connection, header.Channel, payload); break;
            case FrameType.ShellOpen: ShellRegistry.Open(connection, header.Channel, payload); break;
            case FrameType.ShellAttach: ShellRegistry.Attach(connection, header.Channel, payload); break;
            case FrameType.ShellClose: ShellRegistry.Find(new PayloadReader(payload).U32())?.Close(); break;
            case FrameType.ShellText or FrameType.ShellRun: ShellRegistry.OnCommandFrame(connection, header, payload); break;
            case FrameType.Listen: RoomPort.Listen(connection, header.Channel, payload); break;
            case FrameType.Input or FrameType.Signal or FrameType.Cancel or FrameType.Credit or FrameType.Detach or FrameType.Resize:
                // A frame that crossed with the end of its channel has nothing to do.
                connection.Find(header.Channel)?.OnFrame(header, payload, connection);
                break;
            default: throw new ProtocolException($"frame type {(ushort)header.Type} is not known");
        }
    }

    private static void Greet(Connection connection, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        if (header.Type != FrameType.Hello) throw new ProtocolException("the first frame is not a greeting");
        var reader = new PayloadReader(payload);
        if (reader.U32() != ProtocolVersion.Magic) throw new ProtocolException("the greeting is not ours");
        var version = reader.U32();
        Span<byte> own = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(own, ProtocolVersion.Current);
        if (version == ProtocolVersion.Current)
        {
            connection.IsWelcome = true;
            Failpoint.Hit(GuestFailpoint.HelloTaken);
            connection.Send(FrameType.Welcome, 0, own);
            Failpoint.Hit(GuestFailpoint.Greeted);
            return;
        }
        connection.Send(FrameType.Refused, 0, [.. own, .. Encoding.UTF8.GetBytes($"this guest speaks protocol {ProtocolVersion.Current}, not {version}"), 0]);
        connection.Finish();
    }
}
