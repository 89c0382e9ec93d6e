using Stateroom.Guest.Connections;
using Stateroom.Protocol;

namespace Stateroom.Guest.Output;

/// <summary>Where the output of one process or one shell command goes: to its log, and to whoever follows.</summary>
internal sealed unsafe class OutputSink(OutputLog log, uint command)
{
    /// <summary>A sink for output outside of any command.</summary>
    public static OutputSink ForBackground(OutputLog log, List<Follower> followers) => new(log, 0) { Ended = true, BackgroundFollowers = followers };

    private readonly List<Follower> _followers = new(1);

    public OutputLog Log => log;

    public long StdoutBytes { get; private set; }

    public long StderrBytes { get; private set; }

    /// <value>True once the end was told: what comes now is background output.</value>
    public bool Ended { get; private set; }

    /// <value>Who gets background output: a list that its owner changes.</value>
    public List<Follower> BackgroundFollowers { get; init; } = [];

    /// <value>False while output would be lost to a client that follows: the log does not take it, and neither does the client now.</value>
    public bool CanTake => !log.IsIncomplete || Listeners.TrueForAll(static f => f.CanTake);

    private List<Follower> Listeners => Ended ? BackgroundFollowers : _followers;

    /// <summary>Whoever cannot take output because its socket is full tells when it can.</summary>
    public void AwaitSlow()
    {
        foreach (var follower in Listeners) follower.AwaitClear();
    }

    /// <summary>Clients that cannot take output now are not waited for until they take some again.</summary>
    public void LeaveSlowBehind()
    {
        foreach (var follower in Listeners)
        {
            if (!follower.CanTake) follower.LeaveBehind();
        }
    }

    /// <summary>Records the size of the terminal.</summary>
    public void Resize(TerminalShape shape)
    {
        Span<byte> data = stackalloc byte[TerminalShape.Size];
        shape.Write(data);
        log.Append(LogRecordKind.Resize, command, data);
        Failpoint.Hit(GuestFailpoint.SizeRecorded);
    }

    public void Follow(Follower follower) => _followers.Add(follower);

    public Follower? Find(Connection connection, uint channel) => _followers.Find(f => f.IsOf(connection, channel));

    public void Unfollow(Connection connection, uint channel)
    {
        _followers.RemoveAll(f => f.IsOf(connection, channel));
        log.Release();
    }

    public void DropClosed()
    {
        _followers.RemoveAll(f => f.IsGone);
        log.Release();
    }

    /// <summary>Takes <paramref name="count"/> bytes that lie in <paramref name="frame"/> behind room for both headers.</summary>
    public void Take(LogRecordKind stream, byte* frame, int count)
    {
        var record = frame + FrameHeader.Size;
        var offset = stream == LogRecordKind.Stdout ? StdoutBytes : StderrBytes;
        new LogRecord(count, stream, Ended, command, log.ElapsedMilliseconds, offset).Write(new Span<byte>(record, LogRecord.HeaderSize));
        if (stream == LogRecordKind.Stdout) StdoutBytes += count; else StderrBytes += count;
        Failpoint.Hit(GuestFailpoint.OutputRead);
        var logOffset = log.Length;
        log.Append(record, LogRecord.HeaderSize + count);
        Failpoint.Hit(GuestFailpoint.OutputRecorded);
        foreach (var follower in Listeners) follower.Deliver(frame, count, logOffset);
        Failpoint.Hit(GuestFailpoint.OutputTold);
    }

    /// <summary>Records the end and tells it.</summary>
    public void End(LogRecordKind kind, EndRecord end)
    {
        Ended = true;
        end = end with { Command = command, StdoutBytes = StdoutBytes, StderrBytes = StderrBytes, LogIncomplete = log.IsIncomplete, Errno = end.Errno != 0 ? end.Errno : log.Errno };
        Span<byte> body = stackalloc byte[EndRecord.Size];
        end.Write(body);
        log.Append(kind, command, body);
        if (kind == LogRecordKind.CommandEnd) Failpoint.Hit(GuestFailpoint.CommandRecorded);
        foreach (var follower in _followers) follower.End(FrameType.Ended, body);
        _followers.Clear();
        log.Release();
        Failpoint.Hit(kind == LogRecordKind.CommandEnd ? GuestFailpoint.CommandTold : GuestFailpoint.EndTold);
    }
}
