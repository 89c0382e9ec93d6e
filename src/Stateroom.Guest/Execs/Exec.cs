using System.Buffers.Binary;
using System.Diagnostics;
using Stateroom.Guest.Connections;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Guest.Output;
using Stateroom.Guest.Processes;
using Stateroom.Guest.Shells;
using Stateroom.Guest.Terminals;
using Stateroom.Protocol;

namespace Stateroom.Guest.Execs;

/// <summary>One process: its streams, its followers, its end.</summary>
internal sealed unsafe class Exec : IChannel
{
    private const ulong WholeMark = ulong.MaxValue;

    private static readonly Dictionary<string, Exec> Running = [];

    private readonly string _id;
    private readonly OutputSink _sink;
    private readonly ulong _mark = ProcessTree.NewOwner();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly uint _grace;
    private Connection? _owner;
    private Child? _child;
    private OutputPipe? _stdout, _stderr;
    private InputPipe? _input;
    private Terminal? _terminal;
    private Deadline? _timeout;
    private ExitStatus? _status;
    private EndKind? _ending;
    private int _sent;
    private bool _treeEnds, _treeGone;

    private Exec(string id, OutputLog log, uint grace)
    {
        (_id, _grace) = (id, grace);
        _sink = new OutputSink(log, 0);
    }

    public static void Start(Connection connection, uint channel, ReadOnlySpan<byte> payload)
    {
        var logFd = connection.TakeDescriptor();
        var reader = new PayloadReader(payload);
        var flags = reader.U32();
        var timeout = reader.U32();
        var grace = reader.U32();
        var credit = reader.U32();
        var shape = TerminalShape.Read(ref reader);
        var logStart = reader.I64();
        var log = new OutputLog(logFd, logStart, reader.I64());
        var exec = new Exec(reader.Text(), log, grace);
        var directory = CStrings.PointerTo(reader.TextBytes());
        using var arguments = CStrings.Read(ref reader);
        using var changes = CStrings.Read(ref reader);
        if (arguments.Count == 0) throw new ProtocolException("an exec has no program");
        if (!Running.TryAdd(exec._id, exec))
        {
            log.Close();
            exec.Refuse(connection, channel, SpawnResult.Failed(Libc.EEXIST, StartStage.Id));
            return;
        }
        Owners.Name(exec._mark, exec._id);
        Failpoint.Hit(GuestFailpoint.ExecTaken);
        using var environment = RoomEnvironment.Build(changes, !shape.IsNone);
        var request = new SpawnRequest
        {
            Arguments = arguments, Environment = environment, Program = arguments[0], Directory = directory, Mark = exec._mark, Stdin = Spawner.DevNull,
        };
        var streamInput = (flags & Payloads.StreamInput) != 0;
        var result = shape.IsNone ? exec.SpawnOnPipes(ref request, streamInput) : exec.SpawnOnTerminal(ref request, shape);
        if (result.Pid == 0)
        {
            Running.Remove(exec._id);
            exec.Refuse(connection, channel, result);
            exec.CloseLog();
            return;
        }
        Failpoint.Hit(GuestFailpoint.ExecSpawned);
        Room.CountRunning(1);
        if ((flags & Payloads.EndWithClient) != 0) exec._owner = connection;
        connection.Register(channel, exec);
        exec._sink.Follow(new Follower(connection, channel, log, credit, from: credit > 0 ? Follower.Live : 0));
        exec.Greet(connection, channel);
        Failpoint.Hit(GuestFailpoint.ExecTold);
        if (timeout > 0) exec._timeout = Timers.Start(timeout, () => exec.End(EndKind.TimedOut));
    }

    public static void Attach(Connection connection, uint channel, ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var credit = reader.U32();
        var id = reader.Text();
        if (ShellRegistry.TryAttachCommand(id, connection, channel, credit)) return;
        if (!Running.TryGetValue(id, out var exec))
        {
            connection.Send(FrameType.NotRunning, channel);
            return;
        }
        connection.Register(channel, exec);
        var follower = new Follower(connection, channel, exec._sink.Log, credit, from: 0);
        exec._sink.Follow(follower);
        exec.Greet(connection, channel);
        follower.Grant(0);
    }

    public void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, Connection connection)
    {
        switch (header.Type)
        {
            case FrameType.Input: _input?.Write(payload, (header.Flags & FrameFlags.End) != 0, connection, header.Channel); break;
            case FrameType.Resize:
                var reader = new PayloadReader(payload);
                Resize(TerminalShape.Read(ref reader));
                break;
            case FrameType.Signal:
                _sent = (int)new PayloadReader(payload).U32();
                _child!.SignalGroup(_sent);
                break;
            case FrameType.Cancel: End(EndKind.Canceled); break;
            case FrameType.Credit: _sink.Find(connection, header.Channel)?.Grant(new PayloadReader(payload).U32()); break;
            case FrameType.Detach:
                // Kept on the list of an owner, which has to tell of its own end.
                if (connection != _owner) connection.Forget(header.Channel);
                _sink.Unfollow(connection, header.Channel);
                break;
            default: throw new ProtocolException($"an exec takes no {header.Type}");
        }
    }

    public void ClientGone(uint channel)
    {
        _sink.DropClosed();
        if (_owner is { IsClosed: true }) End(EndKind.Canceled);
    }

    private SpawnResult SpawnOnPipes(ref SpawnRequest request, bool streamInput)
    {
        var ends = stackalloc int[6];
        ends[0] = -1;
        if (Libc.pipe2(ends + 2, Libc.O_CLOEXEC) != 0) return SpawnResult.Failed(Libc.Errno, StartStage.Resources);
        if (Libc.pipe2(ends + 4, Libc.O_CLOEXEC) != 0 || (streamInput && Libc.pipe2(ends, Libc.O_CLOEXEC) != 0))
        {
            var errno = Libc.Errno;
            Libc.close(ends[2]);
            Libc.close(ends[3]);
            return SpawnResult.Failed(errno, StartStage.Resources);
        }
        if (streamInput) request.Stdin = ends[0];
        (request.Stdout, request.Stderr) = (ends[3], ends[5]);
        var result = Spawner.Spawn(request);
        Libc.close(ends[3]);
        Libc.close(ends[5]);
        if (streamInput) Libc.close(ends[0]);
        if (result.Pid == 0)
        {
            Libc.close(ends[2]);
            Libc.close(ends[4]);
            if (streamInput) Libc.close(ends[1]);
            return result;
        }
        Libc.fcntl(ends[2], Libc.F_SETFL, Libc.O_NONBLOCK);
        Libc.fcntl(ends[4], Libc.F_SETFL, Libc.O_NONBLOCK);
        _stdout = new OutputPipe(ends[2], _sink, LogRecordKind.Stdout, CloseLog);
        _stderr = new OutputPipe(ends[4], _sink, LogRecordKind.Stderr, CloseLog);
        if (streamInput) (_input = new InputPipe()).Open(ends[1]);
        _child = new Child(result.Pid, Exited);
        return result;
    }

    private SpawnResult SpawnOnTerminal(ref SpawnRequest request, TerminalShape shape)
    {
        _terminal = Terminal.Open(shape, out var errno);
        if (_terminal is null) return SpawnResult.Failed(errno, StartStage.Resources);
        (request.Stdin, request.Stdout, request.Stderr) = (-1, -1, -1);
        SpawnResult result;
        fixed (byte* path = _terminal.PathBytes())
        {
            request.Terminal = path;
            result = Spawner.Spawn(request);
        }
        if (result.Pid == 0)
        {
            _terminal.Discard();
            return result;
        }
        _sink.Resize(shape);
        _stdout = new OutputPipe(_terminal.Master, _sink, LogRecordKind.Stdout, CloseLog, isTerminal: true);
        (_input = new InputPipe()).Open(_terminal);
        _child = new Child(result.Pid, Exited);
        return result;
    }

    private void Resize(TerminalShape shape)
    {
        // Without an open master its number may be another file's.
        if (_terminal is null || _stdout is not { IsOpen: true } || shape.IsNone) return;
        _sink.Resize(shape);
        _terminal.Resize(shape);
    }

    private void Greet(Connection connection, uint channel)
    {
        var flags = (_input is null ? 0 : Payloads.StreamInput) | (_terminal is null ? 0 : Payloads.HasTerminal);
        StartedFrame.Send(connection, channel, _child!.Pid, flags);
    }

    private void Refuse(Connection connection, uint channel, SpawnResult result)
    {
        _sink.End(LogRecordKind.End, new EndRecord { Kind = EndKind.NotStarted, ExitCode = -1, Errno = result.Errno, Stage = result.Stage });
        Failpoint.Hit(GuestFailpoint.RefusalRecorded);
        Span<byte> payload = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(payload, result.Errno);
        BinaryPrimitives.WriteUInt32LittleEndian(payload[4..], (uint)result.Stage);
        connection.Send(FrameType.NotStarted, channel, payload);
    }

    /// <summary>Ends the tree; the first reason stands.</summary>
    private void End(EndKind reason)
    {
        if (_treeEnds || _sink.Ended) return;
        _ending = reason;
        EndTree();
    }

    private void EndTree()
    {
        _treeEnds = true;
        _ = new TreeEnding(_mark, WholeMark, except: 0, _grace, () =>
        {
            _treeGone = true;
            // Still there although no process has the mark: it took the mark off, and ends all the same.
            if (_status is null) _child!.Signal(Libc.SIGKILL);
            Finish();
        });
    }

    private void Exited(ExitStatus status)
    {
        _status = status;
        _timeout?.Cancel();
        // Who ends it with a signal means all of it, also what a shell has put in the background and shielded from Ctrl-C.
        if (status.WasSignaled && status.Signal == _sent && !_treeEnds) EndTree();
        Finish();
    }

    private void Finish()
    {
        // A tree that is being ended has ended with its last process, not with its first.
        if (_status is not { } status || _sink.Ended || (_treeEnds && !_treeGone)) return;
        _terminal?.LetGo();
        _stdout!.Drain();
        _stderr?.Drain();
        _input?.Close();
        _sink.End(LogRecordKind.End, new EndRecord
        {
            Kind = _ending ?? (status.WasSignaled ? EndKind.Signaled : EndKind.Exited),
            ExitCode = status.ExitCode,
            Signal = status.Signal,
            Microseconds = (long)Stopwatch.GetElapsedTime(_started).TotalMicroseconds,
        });
        Running.Remove(_id);
        Room.CountRunning(-1);
        _stdout.CloseIfDone();
        _stderr?.CloseIfDone();
        CloseLog();
    }

    /// <summary>The log stays open for as long as a background process may write.</summary>
    private void CloseLog()
    {
        if (_sink.Ended && _stdout is not { IsOpen: true } && _stderr is not { IsOpen: true }) _sink.Log.Close();
    }
}
