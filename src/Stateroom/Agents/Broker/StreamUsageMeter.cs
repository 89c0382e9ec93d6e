using System.Buffers;
using System.Text.Json;

namespace Stateroom.Agents.Broker;

/// <summary>Reads the usage from a stream of events: in <c>message_start</c>, and in total in <c>message_delta</c>. Holds one line at most.</summary>
internal sealed class StreamUsageMeter(long requestBytes) : UsageMeter(requestBytes)
{
    // Lines with a usage are short; longer ones are only measured.
    private const int MostLineBytes = 64 * 1024;

    // Bytes of a delta's line around its text.
    private const int AroundDelta = 90;

    private readonly ArrayBufferWriter<byte> _line = new();
    private long _lineLength, _estimated;

    protected override long EstimatedOutput => _estimated;

    public override void Read(ReadOnlySpan<byte> piece)
    {
        while (piece.IndexOf((byte)'\n') is var end and >= 0)
        {
            Add(piece[..end]);
            ReadLine();
            _line.ResetWrittenCount();
            _lineLength = 0;
            piece = piece[(end + 1)..];
        }
        Add(piece);
    }

    public override void End()
    {
        Add([]);
        ReadLine();
    }

    private void Add(ReadOnlySpan<byte> part)
    {
        _lineLength += part.Length;
        _line.Write(part[..Math.Min(part.Length, MostLineBytes - _line.WrittenCount)]);
    }

    private void ReadLine()
    {
        var line = _line.WrittenSpan;
        if (!line.StartsWith("data:"u8)) return;
        if (line.IndexOf("\"message_start\""u8) >= 0 || line.IndexOf("\"message_delta\""u8) >= 0)
        {
            if (_lineLength <= MostLineBytes && TakeUsage(line[5..])) return;
        }
        if (line.IndexOf("\"content_block_delta\""u8) >= 0) _estimated += Math.Max(1, (_lineLength - AroundDelta) / BytesPerToken);
    }

    private bool TakeUsage(ReadOnlySpan<byte> json)
    {
        try
        {
            var reader = new Utf8JsonReader(json);
            using var document = JsonDocument.ParseValue(ref reader);
            if (document.RootElement is not { ValueKind: JsonValueKind.Object } root || !root.TryGetProperty("type", out var type)) return false;
            // The model's own text may hold these words as well.
            if (type.ValueEquals("message_start") && root.TryGetProperty("message", out var message)) Take(message, isFinal: false);
            else if (type.ValueEquals("message_delta")) Take(root, isFinal: true);
            else return false;
            return true;
        }
        catch (JsonException)
        {
            // Not for us to mend: it is passed on as it came, and the client sees it.
            return false;
        }
    }
}
