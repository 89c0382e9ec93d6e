using System.Diagnostics;
using Stateroom.Guest.Connections;
using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;
using Stateroom.Guest.Output;
using Stateroom.Guest.Processes;
using Stateroom.Guest.Terminals;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>A persistent shell: takes commands in order, one at a time, and learns of their ends on a pipe of its own.</summary>
internal sealed unsafe class Shell : IChannel
{
    private const ulong OwnerMask = 0xffff_ffff_0000_0000;

    // A program that is not a shell may wait for ever; the slowest shell is ready in a fraction of this.
    private const int ReadyMilliseconds = 10_000;

    private readonly OutputLog _log;
    private readonly ulong _owner = ProcessTree.NewOwner();
    private readonly ControlDirectory _control;
    private readonly ShellClients _clients;
    private readonly Queue<ShellCommand> _waiting = new();
    private readonly long _started = Stopwatch.GetTimestamp();
    private string _path = "";
    private Child? _child;
    private ShellTerminal? _terminal;
    private StatusPipe? _status;
    private int _wake = -1;
    private bool _ready;
    private bool _closing;
    private int _lastStatus;
    private uint _commands;
    private Running? _running;

    public Shell(uint number, string id, OutputLog log)
    {
        (Number, Id, _log) = (number, id, log);
        _control = new ControlDirectory(number);
        _clients = new ShellClients(log);
    }

    public uint Number { get; }

    public string Id { get; }

    public int Pid => _child!.Pid;

    public bool HasTerminal => _terminal is not null;

    public SpawnResult Start(ref ShellProcess process, TerminalShape shape)
    {
        var errno = 0;
        process.Owner = _owner;
        Owners.Name(_owner, Id);
        process.Terminal = shape.IsNone ? null : Terminal.Open(shape, out errno);
        var result = errno != 0 ? SpawnResult.Failed(errno, StartStage.Resources) : process.Start(_control);
        if (result.Pid == 0)
        {
            if (process.Terminal is { } unused) unused.Discard();
            _control.Remove();
            _log.Close();
            return result;
        }
        if (process.Terminal is { } terminal)
        {
            var sink = OutputSink.ForBackground(_log, _clients.Followers);
            sink.Resize(shape);
            _terminal = new ShellTerminal(terminal, new OutputPipe(terminal.Master, sink, LogRecordKind.Stdout, static () => { }, isTerminal: true));
        }
        (_path, _wake) = (process.Path, process.Wake);
        _status = new StatusPipe(process.Status, process.Mark, StatusCame);
        _child = new Child(result.Pid, Exited);
        Timers.Start(ReadyMilliseconds, () => { if (!_ready) Close(); });
        return result;
    }

    /// <summary>Gives a client a handle.</summary>
    public void Add(Connection connection, uint channel, uint credit)
    {
        connection.Register(channel, this);
        _clients.Add(connection, channel, credit);
        if (_ready) TellReady();
    }

    /// <summary>Takes a command. False if the shell is ending.</summary>
    public bool Enqueue(ShellCommand command)
    {
        if (_closing) return false;
        _waiting.Enqueue(command);
        RunNext();
        return true;
    }

    /// <summary>The command that runs, if it has this number.</summary>
    public ShellCommand? FindRunning(uint command) => _running?.Command is { } running && running.Number == command ? running : null;

    public void OnFrame(FrameHeader header, ReadOnlySpan<byte> payload, Connection connection)
    {
        switch (header.Type)
        {
            case FrameType.Credit: _clients.Find(connection, header.Channel)?.Grant(new PayloadReader(payload).U32()); break;
            case FrameType.Resize: Resize(payload); break;
            case FrameType.Detach: _clients.Remove(connection, header.Channel); break;
            default: throw new ProtocolException($"a shell takes no {header.Type}");
        }
    }

    public void ClientGone(uint channel) => _clients.DropClosed();

    public void Resize(ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        _terminal?.Resize(TerminalShape.Read(ref reader));
    }

    public void Cancel(ShellCommand command)
    {
        if (_running?.Command == command) Interrupt(EndKind.Canceled);
        else if (command.Sink is null) command.Refuse(new EndRecord { Kind = EndKind.Canceled, ExitCode = -1 });
    }

    /// <summary>An interrupt goes to the shell's group, as from a terminal; any other signal only to what the command started.</summary>
    public void Signal(ShellCommand command, int number)
    {
        if (_running?.Command != command) return;
        if (number == Libc.SIGINT) _child!.SignalGroup(number);
        else ProcessTree.Signal(_owner | command.Number, ulong.MaxValue, _child!.Pid, number);
    }

    /// <summary>Ends the shell and everything that it started.</summary>
    public void Close()
    {
        if (_closing) return;
        _closing = true;
        _child!.Signal(Libc.SIGKILL);
    }

    private void TellReady() => _clients.TellReady(Number, Pid, HasTerminal, _path);

    private void RunNext()
    {
        while (_running is null && _ready && !_closing && _waiting.TryDequeue(out var command))
        {
            if (command.IsAbandoned) continue;
            if (CommandStreams.Open(_control, command, _lastStatus, _terminal, out var errno) is not { } streams)
            {
                command.Refuse(new EndRecord { Kind = EndKind.NotStarted, ExitCode = -1, Errno = errno, Stage = StartStage.Resources });
                continue;
            }
            Failpoint.Hit(GuestFailpoint.CommandWritten);
            // What the shell forks from here on belongs to this command.
            ProcessTree.Mark(Pid, _owner | ++_commands);
            fixed (byte* wake = ShellDriver.Wake) Libc.write(_wake, wake, (nuint)ShellDriver.Wake.Length);
            Failpoint.Hit(GuestFailpoint.CommandWoken);
            // The shell is on its way; whatever it does is seen only in a later turn of the loop, when the begin is on record.
            command.Begin(_commands, _log, _clients);
            Failpoint.Hit(GuestFailpoint.CommandBegun);
            streams.Connect(command);
            _running = new Running(command, streams);
            if (command.Request.TimeoutMilliseconds > 0) _running.Timeout = Timers.Start(command.Request.TimeoutMilliseconds, () => Interrupt(EndKind.TimedOut));
            Room.CountRunning(1);
        }
    }

    private void StatusCame(int status)
    {
        if (!_ready)
        {
            _ready = true;
            TellReady();
            RunNext();
            return;
        }
        if (_running is not { } running) return;
        _lastStatus = status;
        Failpoint.Hit(GuestFailpoint.CommandEnded);
        if (running.Interruption is null)
        {
            Finish(new EndRecord { Kind = EndKind.Exited, ExitCode = status });
            return;
        }
        running.Interruption.Stop();
        // The command has ended; what it left behind must not live on.
        _ = new TreeEnding(_owner | _commands, ulong.MaxValue, Pid, 0, () => Finish(new EndRecord { Kind = running.Interruption.Reason, ExitCode = -1 }));
    }

    private void Interrupt(EndKind reason)
    {
        if (_running is not { Interruption: null } running) return;
        running.Interruption = new Interruption(reason, _child!, _owner | _commands, running.Command.Request.GraceMilliseconds);
    }

    private void Finish(EndRecord end)
    {
        if (_running is not { } running) return;
        _running = null;
        running.Timeout?.Cancel();
        running.Streams.Drain();
        var elapsed = Stopwatch.GetElapsedTime(running.Command.StartedAt);
        running.Command.Sink!.End(LogRecordKind.CommandEnd, end with { Microseconds = (long)elapsed.TotalMicroseconds });
        // The client has its answer; what is left to do is off its way.
        running.Streams.Leave(running.Command);
        Room.CountRunning(-1);
        if (!end.ShellEnded) RunNext();
    }

    private void Exited(ExitStatus status)
    {
        // A status may have come just before the end.
        _status!.OnReady(Libc.EPOLLIN);
        _closing = true;
        ShellRegistry.Remove(this);
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
            running.Streams.Drain();
            _status!.GiveStrayTo(running.Command.Sink!);
            Finish(end);
        }
        foreach (var command in _waiting) command.Refuse(new EndRecord { Kind = EndKind.NotStarted, ShellEnded = true, ExitCode = -1, Stage = StartStage.Id });
        _waiting.Clear();
        _status!.Close();
        _terminal?.Close();
        Libc.close(_wake);
        _control.Remove();
        end = end with { Microseconds = (long)Stopwatch.GetElapsedTime(_started).TotalMicroseconds, LogIncomplete = _log.IsIncomplete, Errno = _log.Errno };
        Span<byte> body = stackalloc byte[EndRecord.Size];
        end.Write(body);
        _log.Append(LogRecordKind.End, 0, body);
        _log.Close();
        _clients.TellEnd(body);
        Failpoint.Hit(GuestFailpoint.ShellEndTold);
    }

    private sealed record Running(ShellCommand Command, CommandStreams Streams)
    {
        public Deadline? Timeout { get; set; }

        public Interruption? Interruption { get; set; }
    }
}
