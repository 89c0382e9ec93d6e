using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Stateroom.Execution;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>Output for a reader that takes its time and has something of it already. The guest's credit bounds what waits here; the rest waits on disk, and the reader reads it there.</summary>
internal sealed class OutputStreamer(string logPath, uint? command, Action<uint> grant, OutputOffsets from) : IOutputTarget
{
    /// <summary>Bytes that may be on their way to a reader, record headers included.</summary>
    public const uint Window = 1 << 20;

    private readonly Channel<Item> _items = Channel.CreateUnbounded<Item>(new UnboundedChannelOptions { SingleReader = true });

    private EndRecord? _end;

    public void Record(ReadOnlyMemory<byte> record)
    {
        var data = record[LogRecord.HeaderSize..].ToArray();
        _items.Writer.TryWrite(new Item(ExecutionLog.ToChunk(LogRecord.Read(record.Span), data), 0, 0));
    }

    public void CatchUp(long from, long to) => _items.Writer.TryWrite(new Item(default, from, to));

    public void End(EndRecord? end)
    {
        _end = end;
        _items.Writer.TryComplete();
    }

    public async IAsyncEnumerable<OutputChunk> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        uint taken = 0;
        var position = new OutputPosition(from);
        await foreach (var item in _items.Reader.ReadAllAsync(cancellationToken).ConfigureAwait(false))
        {
            if (item.To > 0)
            {
                foreach (var chunk in RecordedOutput.ReadBetween(logPath, item.From, item.To, command, position))
                {
                    cancellationToken.ThrowIfCancellationRequested();
                    yield return chunk;
                }
                continue;
            }
            taken += (uint)(LogRecord.HeaderSize + item.Chunk.Data.Length);
            var live = item.Chunk;
            if (position.TryTake(ref live)) yield return live;
            if (taken < Window / 4) continue;
            grant(taken);
            taken = 0;
        }
        foreach (var gap in position.Finish(_end?.StdoutBytes ?? 0, _end?.StderrBytes ?? 0)) yield return gap;
    }

    private readonly record struct Item(OutputChunk Chunk, long From, long To);
}
