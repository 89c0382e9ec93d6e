using System.Buffers.Binary;
using Stateroom.Guest.Connections;
using Stateroom.Protocol;

namespace Stateroom.Guest.Execs;

/// <summary>Tells a client that what it asked for runs.</summary>
internal static class StartedFrame
{
    public static void Send(Connection connection, uint channel, int pid, uint flags, uint command = 0, long logOffset = 0)
    {
        Span<byte> payload = stackalloc byte[20];
        BinaryPrimitives.WriteInt32LittleEndian(payload, pid);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], flags);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[8..], command);
        BinaryPrimitives.WriteInt64LittleEndian(payload[12..], logOffset);
        connection.Send(FrameType.Started, channel, payload);
    }
}
