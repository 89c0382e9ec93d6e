using System.Buffers.Binary;
using System.Text;
using Stateroom.Guest.Connections;
using Stateroom.Guest.Output;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>Who has a handle to a shell: the one that opened it and those that attached.</summary>
internal sealed class ShellClients(OutputLog log)
{
    private readonly List<(Connection Connection, uint Channel)> _waiting = [];

    /// <value>Their views of background output.</value>
    public List<Follower> Followers { get; } = new(1);

    public void Add(Connection connection, uint channel, uint credit)
    {
        Followers.Add(new Follower(connection, channel, log, credit, Follower.Live));
        _waiting.Add((connection, channel));
    }

    public Follower? Find(Connection connection, uint channel) => Followers.Find(f => f.IsOf(connection, channel));

    public void Remove(Connection connection, uint channel)
    {
        connection.Forget(channel);
        Followers.RemoveAll(f => f.IsOf(connection, channel));
        log.Release();
    }

    public void DropClosed()
    {
        Followers.RemoveAll(f => f.IsGone);
        log.Release();
    }

    /// <summary>The shell is ready: tells everyone who has not been told.</summary>
    public void TellReady(uint number, int pid, bool hasTerminal, string path)
    {
        Span<byte> head = stackalloc byte[12];
        BinaryPrimitives.WriteUInt32LittleEndian(head, number);
        BinaryPrimitives.WriteInt32LittleEndian(head[4..], pid);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], hasTerminal ? Payloads.HasTerminal : 0);
        byte[] payload = [.. head, .. Encoding.UTF8.GetBytes(path), 0];
        foreach (var (connection, channel) in _waiting) connection.Send(FrameType.ShellReady, channel, payload);
        _waiting.Clear();
        Failpoint.Hit(GuestFailpoint.ShellTold);
    }

    public void TellEnd(ReadOnlySpan<byte> end)
    {
        foreach (var follower in Followers) follower.End(FrameType.ShellEnded, end);
        Followers.Clear();
    }
}
