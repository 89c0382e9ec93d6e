using System.Buffers.Binary;
using System.Globalization;
using Stateroom.Guest.Connections;
using Stateroom.Guest.Output;
using Stateroom.Guest.Processes;
using Stateroom.Protocol;

namespace Stateroom.Guest.Shells;

/// <summary>The shells that live, and the frames that open, find and use them.</summary>
internal static class ShellRegistry
{
    private static readonly Dictionary<uint, Shell> ByNumber = [];
    private static readonly Dictionary<string, Shell> ById = [];
    private static uint _numbers;

    public static Shell? Find(uint number) => ByNumber.GetValueOrDefault(number);

    public static void Remove(Shell shell)
    {
        ByNumber.Remove(shell.Number);
        ById.Remove(shell.Id);
    }

    public static unsafe void Open(Connection connection, uint channel, ReadOnlySpan<byte> payload)
    {
        var logFd = connection.TakeDescriptor();
        var reader = new PayloadReader(payload);
        var start = reader.I64();
        var log = new OutputLog(logFd, start, reader.I64());
        var credit = reader.U32();
        var shape = TerminalShape.Read(ref reader);
        var id = reader.Text();
        var name = reader.Text();
        var directory = CStrings.PointerTo(reader.TextBytes());
        using var changes = CStrings.Read(ref reader);
        using var environment = RoomEnvironment.Build(changes, !shape.IsNone);
        var process = new ShellProcess { Name = name, Directory = directory, Environment = environment };
        var shell = new Shell(++_numbers, id, log);
        var result = shell.Start(ref process, shape);
        if (result.Pid != 0)
        {
            ByNumber.Add(shell.Number, shell);
            ById[id] = shell;
            Failpoint.Hit(GuestFailpoint.ShellSpawned);
            shell.Add(connection, channel, credit);
            return;
        }
        Span<byte> failure = stackalloc byte[8];
        BinaryPrimitives.WriteInt32LittleEndian(failure, result.Errno);
        BinaryPrimitives.WriteUInt32LittleEndian(failure[4..], (uint)result.Stage);
        connection.Send(FrameType.NotStarted, channel, failure);
    }

    public static void Attach(Connection connection, uint channel, ReadOnlySpan<byte> payload)
    {
        var reader = new PayloadReader(payload);
        var credit = reader.U32();
        if (ById.TryGetValue(reader.Text(), out var shell)) shell.Add(connection, channel, credit);
        else connection.Send(FrameType.NotRunning, channel);
    }

    /// <summary>Follows a command by its id, the shell's id, a dot and its number; false if no such command runs.</summary>
    public static bool TryAttachCommand(string id, Connection connection, uint channel, uint credit)
    {
        var dot = id.LastIndexOf('.');
        if (dot < 0 || !ById.TryGetValue(id[..dot], out var shell)) return false;
        if (!uint.TryParse(id.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) || shell.FindRunning(number) is not { } command) return false;
        command.Attach(connection, channel, credit);
        return true;
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
        var request = new CommandRequest(reader.U32(), reader.U32(), reader.U32(), reader.U32());
        byte[] text = pending is null ? reader.Rest.ToArray() : [.. pending.Text, .. reader.Rest];
        if (shell is not null)
        {
            var command = new ShellCommand(shell, connection, header.Channel, text, request);
            connection.Register(header.Channel, command);
            if (shell.Enqueue(command)) return;
            connection.Forget(header.Channel);
        }
        // It ended while the command was on its way; the client knows from the shell's own end.
        Span<byte> body = stackalloc byte[EndRecord.Size];
        new EndRecord { Kind = EndKind.NotStarted, ShellEnded = true, ExitCode = -1, Stage = StartStage.Id }.Write(body);
        connection.Send(FrameType.Ended, header.Channel, body);
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
