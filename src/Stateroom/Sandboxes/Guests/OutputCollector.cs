using System.Buffers;
using Stateroom.Execution;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>
/// Collects output up to a limit per stream and calls the caller's handler with all of it: records as they come, on the receiving loop; where the guest
/// left a gap, the log, on another thread, with what comes meanwhile waiting behind it.
/// </summary>
/// <param name="logPath">The log.</param>
/// <param name="collecting">What is kept and who is told.</param>
/// <param name="grant">Gives the guest credit again.</param>
/// <param name="ended">Called once, when all that came before the end has been taken.</param>
internal sealed class OutputCollector(string logPath, Collecting collecting, Action<uint> grant, Action ended) : IOutputTarget
{
    private readonly Queue<Item> _waiting = new();
    private readonly Lock _lock = new();
    private ArrayBufferWriter<byte>? _stdout, _stderr;
    private readonly OutputPosition _position = new(default);
    private EndRecord? _end;
    private long _missing;
    private bool _pumping;
    private uint _taken;

    public ReadOnlyMemory<byte> Stdout => _stdout?.WrittenMemory ?? default;

    public ReadOnlyMemory<byte> Stderr => _stderr?.WrittenMemory ?? default;

    /// <value>What the caller's handler threw, or why the log could not be read; null if neither happened.</value>
    public Exception? Failure { get; private set; }

    /// <value>In a shell's log the number of the command that is collected, known from its first record or frame; null for an exec.</value>
    public uint? Command { get; set; }

    public void Record(ReadOnlyMemory<byte> record)
    {
        var header = LogRecord.Read(record.Span);
        if (header.Command != 0) Command = header.Command;
        var chunk = ExecutionLog.ToChunk(header, record[LogRecord.HeaderSize..]);
        if (IsPumping(chunk)) return;
        Take(chunk);
        _taken += (uint)record.Length;
        if (_taken < OutputStreamer.Window / 4) return;
        grant(_taken);
        _taken = 0;
    }

    public void CatchUp(long from, long to)
    {
        lock (_lock)
        {
            _waiting.Enqueue(new Item(default, from, to, false));
            if (_pumping) return;
            _pumping = true;
        }
        // Reading a long log must not hold up the other channels.
        _ = Task.Run(Pump);
    }

    public void End(EndRecord? end)
    {
        _end = end;
        lock (_lock)
        {
            if (_pumping)
            {
                _waiting.Enqueue(new Item(default, 0, 0, true));
                return;
            }
        }
        Finish();
    }

    /// <summary>What of the output the result should carry and does not, for people; null if there is nothing.</summary>
    public string? DescribeMissing() =>
        Failure is IOException failure ? $"A part of the output could not be read from its log: {failure.Message}"
        : _missing > 0 && _end is { LogIncomplete: true } end ? $"{_missing} bytes of the output are missing. They could not be kept on disk: {EndResults.WhyNotKept(end)}."
        : _missing > 0 ? $"{_missing} bytes of the output were given up before they could be read (RetentionOptions.MaxBytesPerExecution)."
        : null;

    private void Finish()
    {
        foreach (var gap in _position.Finish(_end?.StdoutBytes ?? 0, _end?.StderrBytes ?? 0)) Hand(gap);
        ended();
    }

    private bool IsPumping(OutputChunk chunk)
    {
        lock (_lock)
        {
            if (_pumping) _waiting.Enqueue(new Item(chunk with { Data = chunk.Data.ToArray() }, 0, 0, false));
            return _pumping;
        }
    }

    private void Pump()
    {
        while (true)
        {
            Item item;
            lock (_lock)
            {
                if (!_waiting.TryDequeue(out item))
                {
                    _pumping = false;
                    return;
                }
            }
            if (item.IsEnd) Finish();
            else if (item.To > 0) TakeFromLog(item.From, item.To);
            else
            {
                Take(item.Chunk);
                grant((uint)(LogRecord.HeaderSize + item.Chunk.Data.Length));
            }
        }
    }

    private void TakeFromLog(long from, long to)
    {
        try
        {
            foreach (var chunk in RecordedOutput.ReadBetween(logPath, from, to, Command, _position)) Hand(chunk);
        }
        catch (IOException e)
        {
            Failure ??= e;
        }
    }

    private void Take(OutputChunk chunk)
    {
        if (_position.TryTake(ref chunk)) Hand(chunk);
    }

    // A handler of the caller's that throws must not end the connection that others share: the call that waits for the end throws it.
    private void Hand(OutputChunk chunk)
    {
        try
        {
            if (Failure is null) collecting.Handler?.Invoke(chunk);
        }
        catch (Exception e)
        {
            Failure = e;
        }
        var target = chunk.Stream == OutputStream.Stdout ? _stdout ??= new ArrayBufferWriter<byte>() : _stderr ??= new ArrayBufferWriter<byte>();
        var room = collecting.Limit - target.WrittenCount;
        if (room <= 0) return;
        // A result holds the beginning of a stream: what comes behind a gap is not collected.
        if (target.WrittenCount < chunk.Offset) _missing += chunk.Missing;
        else target.Write(chunk.Data.Span[..Math.Min(room, chunk.Data.Length)]);
    }

    private readonly record struct Item(OutputChunk Chunk, long From, long To, bool IsEnd);
}

/// <summary>How output is collected.</summary>
/// <param name="Limit">The most bytes to keep of each stream.</param>
/// <param name="Handler">The caller's handler, or null.</param>
internal sealed record Collecting(int Limit, Action<OutputChunk>? Handler);
