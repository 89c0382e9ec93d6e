using System.Buffers;
using System.Text.Json;

namespace Stateroom.Agents.Broker;

/// <summary>Reads the usage from an answer that is one JSON object.</summary>
internal sealed class WholeUsageMeter(long requestBytes) : UsageMeter(requestBytes)
{
    // The longest answers of models are far below; a longer one is estimated.
    private const int MostBytes = 8 * 1024 * 1024;

    private readonly ArrayBufferWriter<byte> _body = new();
    private long _length;

    protected override long EstimatedOutput => _length / BytesPerToken;

    public override void Read(ReadOnlySpan<byte> piece)
    {
        _length += piece.Length;
        if (_length <= MostBytes) _body.Write(piece);
    }

    public override void End()
    {
        if (_length > MostBytes) return;
        try
        {
            var reader = new Utf8JsonReader(_body.WrittenSpan);
            using var document = JsonDocument.ParseValue(ref reader);
            Take(document.RootElement, isFinal: true);
        }
        catch (JsonException)
        {
            // What is no JSON is estimated by its size.
        }
    }
}
