using System.Buffers.Binary;
using Stateroom.Guest.Connections;
using Stateroom.Protocol;

namespace Stateroom.Guest.Output;

/// <summary>
/// One client's view of an output. It gets records live while it has credit; when it has none it falls behind, and reads what it missed from the
/// log once it grants credit again. So a slow client costs neither memory here nor time for anyone else.
/// </summary>
internal sealed unsafe class Follower(Connection connection, uint channel, OutputLog log, long credit, long from, uint command = 0)
{
    /// <summary>The value of <c>from</c> for a client that misses nothing.</summary>
    public const long Live = -1;

    // Where in the log the client has to read on by itself.
    private long _behindFrom = from;
    private long _credit = credit;
    private bool _isLeftBehind;

    public bool IsOf(Connection other, uint otherChannel) => connection == other && channel == otherChannel;

    public bool IsGone => connection.IsClosed;

    /// <value>Whether a piece of output can be sent now, or need not be.</value>
    public bool CanTake => IsGone || _isLeftBehind || (_behindFrom == Live && _credit >= LogRecord.HeaderSize + Payloads.MaxOutput && !connection.IsCongested);

    public void AwaitClear()
    {
        if (connection.IsCongested) connection.NotifyWhenClear(this);
    }

    /// <summary>It took nothing for too long; what it misses is told it by the offsets of what it gets later.</summary>
    public void LeaveBehind() => _isLeftBehind = true;

    /// <summary>Hands on a record of <paramref name="count"/> bytes of data, which begins at <paramref name="logOffset"/>. The frame has room for its header.</summary>
    public void Deliver(byte* frame, int count, long logOffset)
    {
        if (connection.IsClosed) return;
        // It is in no log: it goes out whatever the credit. So it can be the piece that failed, and what a process left in its pipes.
        if (log.IsIncomplete && !_isLeftBehind) SendCatchUp();
        else if (_behindFrom != Live) return;
        else if (_credit < LogRecord.HeaderSize + count || connection.IsCongested)
        {
            _behindFrom = logOffset;
            AwaitClear();
            return;
        }
        // The header counts too: a million records of one byte are not a megabyte.
        _credit -= LogRecord.HeaderSize + count;
        connection.SendFrame(frame, FrameType.Output, channel, LogRecord.HeaderSize + count);
    }

    public void Grant(uint bytes)
    {
        _credit += bytes;
        if (bytes > 0) _isLeftBehind = false;
        if (_behindFrom != Live && _credit > 0) SendCatchUp();
        log.Release();
    }

    /// <summary>The last frame of the channel.</summary>
    public void End(FrameType type, ReadOnlySpan<byte> payload)
    {
        if (connection.IsClosed) return;
        SendCatchUp();
        connection.Send(type, channel, payload);
        connection.Forget(channel);
    }

    private void SendCatchUp()
    {
        if (_behindFrom == Live || connection.IsClosed) return;
        if (_behindFrom < log.Length)
        {
            Span<byte> payload = stackalloc byte[20];
            BinaryPrimitives.WriteInt64LittleEndian(payload, _behindFrom);
            BinaryPrimitives.WriteInt64LittleEndian(payload[8..], log.Length);
            BinaryPrimitives.WriteUInt32LittleEndian(payload[16..], command);
            connection.Send(FrameType.CatchUp, channel, payload);
        }
        _behindFrom = Live;
    }
}
