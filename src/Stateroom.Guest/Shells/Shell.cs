using System.Buffers.Binary;
using System.Diagnostics;
using System.Globalization;
using System.Text;
using Stateroom.Guest.Connections;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Guest.Output;
using Stateroom.Guest.Processes;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>A persistent shell: takes commands in order, one at a time, and learns of their ends on a pipe of its own.</summary>
internal sealed unsafe class Shell : IChannel
{
    private const ulong OwnerMask = 0xffff_ffff_0000_0000;

    private static readonly Dictionary<uint, Shell> OpenShells = [];
    private static uint _numbers;

    private readonly uint _number = ++_numbers;
    private readonly Connection _connection;
    private readonly uint _channel;
    private readonly OutputLog _log;
    private readonly ulong _owner = ProcessTree.NewOwner();
    private readonly ControlDirectory _control;
    private readonly Queue<ShellCommand> _waiting = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private readonly Follower _background;
    private string _path = "";
    private Child? _child;
    private StatusPipe? _status;
    private int _wake = -1;
    private bool _ready;
    private bool _closing;
    private int _lastStatus;
    private uint _commands;
    private Running? _running;

    private Shell(Connection connection, uint channel, OutputLog log, uint credit)
    {
        (_connection, _channel, _log) = (connection, channel, log);
        _control = new ControlDirectory(_number);
        _background = new Follower(connection, channel, log, credit, Follower.Live);
    }

    public static Shell? Find(uint number) => OpenShells.GetValueOrDefault(number);

    public static void Open(Connection connection, uint channel, ReadOnlySpan<byte> payload)
    {
        var logFd = connection.TakeDescriptor();
        var reader = new PayloadReader(payload);
        var start = reader.I64();
        var log = new OutputLog(logFd, start, reader.I64());
        var shell = new Shell(connection, channel, log, reader.U32());
        _ = reader.TextBytes();
        var name = reader.Text();
        var directory = CStrings.PointerTo(reader.TextBytes());
        using var changes = CStrings.Read(ref reader);
        using var environment = RoomEnvironment.Build(changes);
        var result = shell.Start(name, directory, environment);
        if (result.Pid != 0)
        {
            OpenShells.Add(shell._number, shell);
            connection.Register(channel, shell);
            return;
        }
        Span<byte> failure = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(failure, result.Errno);
        BinaryPrimitives.WriteUInt32LittleEndian(failure[4..], (uint)result.Stage);
        connection.Send(FrameType.NotStarted, channel, failure);
        shell._control.Remove();
        log.Close();
    }

    public static void OnCommandFrame(Connection connection, FrameHeader header, ReadOnlySpan<byte> payload)
    {
        var pending = connection.Find(header.Channel) as PendingText;
        if (header.Type == FrameType.ShellText)
        {
            if (pending is null) connection.Register(header.Channel, pending = new PendingText());
            pending.Add(payload);
            return;
        }
        if (pending is not null) connection.Forget(header.Channel);
        var reader = new PayloadReader(payload);
        var shell = Find(reader.U32());
        var (timeout, grace, credit) = (reader.U32(), reader.U32(), reader.U32());
        byte[] text = pending is null ? reader.Rest.ToArray() : [.. pending.Text, .. reader.Rest];
        if (shell is null || shell._closing)
        {
            // It ended while the command was on its way; the client knows from the shell's own end.
            Span<byte> body = stackalloc byte[EndRecord.Size];
            new EndRecord { Kind = EndKind.NotStarted, ShellEnded = true, ExitCode = -1, Stage = StartStage.Id }.Write(body);
            connection.Send(FrameType.Ended, header.Channel, body);
            return;
        }
        var command = new ShellCommand(shell, connection, header.Channel, text, timeout, grace, credit, shell._log);
        connection.Register(header.Channel, command);
        shell._waiting.Enqueue(command);
        shell.RunNext();
    }

    public void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, Connection connection)
    {
        if (header.Type == FrameType.Credit) _background.Grant(new PayloadReader(payload).U32());
    }

    public void ClientGone(uint channel)
    {
    }

    public void Cancel(ShellCommand command)
    {
        if (_running?.Command == command) Interrupt(EndKind.Canceled);
        else if (command.Sink is null) command.Refuse(new EndRecord { Kind = EndKind.Canceled, ExitCode = -1 });
    }

    public void Signal(ShellCommand command, int number)
    {
        if (_running?.Command == command) _child!.SignalGroup(number);
    }

    /// <summary>Ends the shell and everything that it started.</summary>
    public void Close()
    {
        if (_closing) return;
        _closing = true;
        _child!.Signal(Libc.SIGKILL);
    }

    private SpawnResult Start(string name, byte* directory, CStrings environment)
    {
        var errno = FindShell(name, environment);
        if (errno != 0) return SpawnResult.Failed(errno, StartStage.Program);
        errno = _control.Ensure();
        if (errno != 0) return SpawnResult.Failed(errno, StartStage.Resources);
        ulong nonce;
        Libc.getrandom(&nonce, sizeof(ulong), 0);
        var mark = Encoding.ASCII.GetBytes(nonce.ToString("x16", CultureInfo.InvariantCulture) + ":");
        var arguments = ShellDriver.Arguments(_path, _control.ControlFile, Encoding.ASCII.GetString(mark));
        if (arguments is null) return SpawnResult.Failed(Libc.ENOEXEC, StartStage.Program);

        var ends = stackalloc int[4];
        if (Libc.pipe2(ends, Libc.O_CLOEXEC) != 0) return SpawnResult.Failed(Libc.Errno, StartStage.Resources);
        if (Libc.pipe2(ends + 2, Libc.O_CLOEXEC) != 0)
        {
            errno = Libc.Errno;
            Libc.close(ends[0]);
            Libc.close(ends[1]);
            return SpawnResult.Failed(errno, StartStage.Resources);
        }
        var result = SpawnWith(arguments, directory, environment, ends[0], ends[3]);
        Libc.close(ends[0]);
        Libc.close(ends[3]);
        if (result.Pid == 0)
        {
            Libc.close(ends[1]);
            Libc.close(ends[2]);
            return result;
        }
        _wake = ends[1];
        Libc.fcntl(ends[2], Libc.F_SETFL, Libc.O_NONBLOCK);
        _status = new StatusPipe(ends[2], mark, StatusCame);
        _child = new Child(result.Pid, Exited);
        return result;
    }

    private SpawnResult SpawnWith(string[] arguments, byte* directory, CStrings environment, int stdin, int stdout)
    {
        using var list = new CStrings(arguments.Length);
        foreach (var argument in arguments) list.Add((byte*)System.Runtime.InteropServices.Marshal.StringToCoTaskMemUTF8(argument));
        var result = Spawner.Spawn(new SpawnRequest
        {
            Arguments = list, Environment = environment, Program = list[0], Directory = directory, Mark = _owner,
            Stdin = stdin, Stdout = stdout, Stderr = Spawner.DevNull,
        });
        for (var i = 0; i < list.Count; i++) System.Runtime.InteropServices.Marshal.FreeCoTaskMem((nint)list[i]);
        return result;
    }

    /// <summary>No name means bash where there is one, else sh; ash means busybox's where there is no ash of its own.</summary>
    private int FindShell(string name, CStrings environment)
    {
        ReadOnlySpan<string> candidates = name switch { "" => ["bash", "sh"], "ash" => ["ash", "busybox"], _ => [name] };
        var path = stackalloc byte[4096];
        var errno = Libc.ENOENT;
        foreach (var candidate in candidates)
        {
            var bytes = Encoding.UTF8.GetBytes(candidate + "\0");
            fixed (byte* program = bytes) errno = Spawner.Resolve(program, environment, path);
            if (errno == 0 && Libc.access(path, 1 /* X_OK */) != 0) errno = Libc.Errno;
            if (errno != 0) continue;
            _path = System.Runtime.InteropServices.Marshal.PtrToStringUTF8((nint)path)!;
            return 0;
        }
        return errno;
    }

    private void RunNext()
    {
        while (_running is null && _ready && !_closing && _waiting.TryDequeue(out var command))
        {
            if (command.IsAbandoned) continue;
            var errno = _control.OpenEnds(out var stdout, out var stderr);
            if (errno == 0)
            {
                errno = _control.Write(command.Text, _lastStatus);
                if (errno != 0)
                {
                    Libc.close(stdout);
                    Libc.close(stderr);
                }
            }
            if (errno != 0)
            {
                command.Refuse(new EndRecord { Kind = EndKind.NotStarted, ExitCode = -1, Errno = errno, Stage = StartStage.Resources });
                continue;
            }
            command.Begin(++_commands);
            command.Sink!.BackgroundFollower = _background;
            _running = new Running(command,
                new OutputPipe(stdout, command.Sink, LogRecordKind.Stdout, static () => { }),
                new OutputPipe(stderr, command.Sink, LogRecordKind.Stderr, static () => { }));
            // What the shell forks from here on belongs to this command.
            ProcessTree.Mark(_child!.Pid, _owner | _commands);
            if (command.TimeoutMilliseconds > 0) _running.Timeout = Timers.Start(command.TimeoutMilliseconds, () => Interrupt(EndKind.TimedOut));
            Room.CountRunning(1);
            byte newline = (byte)'\n';
            Libc.write(_wake, &newline, 1);
        }
    }

    private void StatusCame(int status)
    {
        if (!_ready)
        {
            _ready = true;
            Span<byte> head = stackalloc byte[8];
            BinaryPrimitives.WriteUInt32LittleEndian(head, _number);
            BinaryPrimitives.WriteInt32LittleEndian(head[4..], _child!.Pid);
            _connection.Send(FrameType.ShellReady, _channel, [.. head, .. Encoding.UTF8.GetBytes(_path), 0]);
            RunNext();
            return;
        }
        if (_running is not { } running) return;
        _lastStatus = status;
        if (running.Interruption is null)
        {
            Finish(new EndRecord { Kind = EndKind.Exited, ExitCode = status });
            return;
        }
        running.Interruption.Stop();
        // The command has ended; what it left behind must not live on.
        _ = new TreeEnding(_owner | _commands, ulong.MaxValue, _child!.Pid, 0, () => Finish(new EndRecord { Kind = running.Interruption.Reason, ExitCode = -1 }));
    }

    private void Interrupt(EndKind reason)
    {
        if (_running is not { Interruption: null } running) return;
        running.Interruption = new Interruption(reason, _child!, _owner | _commands, running.Command.GraceMilliseconds);
    }

    private void Finish(EndRecord end)
    {
        if (_running is not { } running) return;
        _running = null;
        running.Timeout?.Cancel();
        running.Stdout.Drain();
        running.Stderr.Drain();
        if (running.Stdout.IsOpen || running.Stderr.IsOpen) _control.NextEnds();
        var elapsed = Stopwatch.GetElapsedTime(running.Command.StartedAt);
        running.Command.Sink!.End(LogRecordKind.CommandEnd, end with { Microseconds = (long)elapsed.TotalMicroseconds });
        Room.CountRunning(-1);
        if (!end.ShellEnded) RunNext();
    }

    private void Exited(ExitStatus status)
    {
        // A status may have come just before the end.
        _status!.OnReady(Libc.EPOLLIN);
        _closing = true;
        OpenShells.Remove(_number);
        _running?.Interruption?.Stop();
        _ = new TreeEnding(_owner, OwnerMask, except: 0, 0, () => Ended(status));
    }

    private void Ended(ExitStatus status)
    {
        var end = new EndRecord
        {
            Kind = _running?.Interruption?.Reason ?? (status.WasSignaled ? EndKind.Signaled : EndKind.Exited),
            ShellEnded = true,
            ExitCode = status.ExitCode,
            Signal = status.Signal,
        };
        if (_running is { } running)
        {
            running.Stdout.Drain();
            running.Stderr.Drain();
            TakeStray(running.Command.Sink!);
            Finish(end);
        }
        foreach (var command in _waiting) command.Refuse(new EndRecord { Kind = EndKind.NotStarted, ShellEnded = true, ExitCode = -1, Stage = StartStage.Id });
        _waiting.Clear();
        _status!.Close();
        Libc.close(_wake);
        _control.Remove();
        end = end with { Microseconds = (long)Stopwatch.GetElapsedTime(_started).TotalMicroseconds };
        Span<byte> body = stackalloc byte[EndRecord.Size];
        end.Write(body);
        _log.Append(LogRecordKind.End, 0, body);
        _log.Close();
        _background.End(FrameType.ShellEnded, body);
    }

    /// <summary>What an EXIT trap prints comes when the command's own streams are closed already; it belongs to the command that ended the shell.</summary>
    private void TakeStray(OutputSink sink)
    {
        var stray = _status!.Stray;
        if (stray.IsEmpty) return;
        const int HeadRoom = FrameHeader.Size + LogRecord.HeaderSize;
        var frame = new byte[HeadRoom + stray.Length];
        stray.CopyTo(frame.AsSpan(HeadRoom));
        fixed (byte* start = frame) sink.Take(LogRecordKind.Stdout, start, stray.Length);
    }

    private sealed record Running(ShellCommand Command, OutputPipe Stdout, OutputPipe Stderr)
    {
        public Deadline? Timeout { get; set; }

        public Interruption? Interruption { get; set; }
    }

    /// <summary>The parts of a long command that have come so far.</summary>
    private sealed class PendingText : IChannel
    {
        public List<byte> Text { get; } = [];

        public void Add(ReadOnlySpan<byte> part)
        {
            if (Text.Count + part.Length > Payloads.MaxShellText) throw new ProtocolException("a command is too long");
            Text.AddRange(part);
        }

        public void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, Connection connection) =>
            throw new ProtocolException($"a command that is not complete takes no {header.Type}");

        public void ClientGone(uint channel)
        {
        }
    }
}
