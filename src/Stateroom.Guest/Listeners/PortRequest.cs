using Stateroom.Guest.Connections;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Listeners;

/// <summary>A client that wants a port: in the queue, or its holder.</summary>
internal sealed class PortRequest(RoomPort port, Connection connection, uint channel, int handOver) : IChannel
{
    private int _handOver = handOver;

    /// <summary>Gives the client the listening socket. False if it has gone, or does not take it.</summary>
    public bool Grant(int listener)
    {
        if (connection.IsClosed) return false;
        if (Libc.SendDescriptor(_handOver, listener) < 0)
        {
            Refuse(Libc.Errno);
            return false;
        }
        Failpoint.Hit(GuestFailpoint.PortHandedOver);
        CloseHandOver();
        connection.Send(FrameType.Listening, channel);
        Failpoint.Hit(GuestFailpoint.PortTold);
        return true;
    }

    /// <summary>Tells the client that it will not get the port.</summary>
    public unsafe void Refuse(int errno)
    {
        CloseHandOver();
        connection.Forget(channel);
        connection.Send(FrameType.NotListening, channel, new ReadOnlySpan<byte>(&errno, sizeof(int)));
    }

    public void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, Connection client)
    {
        if (header.Type != FrameType.Detach) throw new ProtocolException("a port takes no other frame than Detach");
        client.Forget(header.Channel);
        ClientGone(header.Channel);
    }

    public void ClientGone(uint gone)
    {
        CloseHandOver();
        port.LetGo(this);
    }

    private void CloseHandOver()
    {
        if (_handOver >= 0) Libc.close(_handOver);
        _handOver = -1;
    }
}
