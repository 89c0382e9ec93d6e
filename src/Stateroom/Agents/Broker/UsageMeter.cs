using System.Text.Json;

namespace Stateroom.Agents.Broker;

/// <summary>
/// Counts the tokens of one request from the bytes of its answer as they pass. What the provider has not told, because the answer was cut, is
/// estimated by size: whoever breaks off an answer before its end does not get it for nothing.
/// </summary>
internal abstract class UsageMeter(long requestBytes)
{
    /// <summary>About so many bytes of text are one token.</summary>
    protected const int BytesPerToken = 4;

    private long _input, _cacheWritten, _cacheRead, _output;
    private bool _hasInput, _hasOutput;

    /// <value>What is known or estimated so far.</value>
    public TokenCount Count => new(_hasInput ? _input + _cacheWritten + _cacheRead : requestBytes / BytesPerToken, _hasOutput ? _output : Math.Max(_output, EstimatedOutput));

    /// <summary>The meter for an answer of a media type.</summary>
    public static UsageMeter For(string? mediaType, long requestBytes) =>
        string.Equals(mediaType, "text/event-stream", StringComparison.OrdinalIgnoreCase) ? new StreamUsageMeter(requestBytes) : new WholeUsageMeter(requestBytes);

    /// <summary>Looks at the next bytes of the answer.</summary>
    public abstract void Read(ReadOnlySpan<byte> piece);

    /// <summary>The answer is whole.</summary>
    public abstract void End();

    protected abstract long EstimatedOutput { get; }

    /// <summary>Takes a usage object in; later ones tell totals, not additions.</summary>
    protected void Take(JsonElement owner, bool isFinal)
    {
        if (owner.ValueKind != JsonValueKind.Object || !owner.TryGetProperty("usage", out var usage) || usage.ValueKind != JsonValueKind.Object) return;
        _hasInput |= Set(usage, "input_tokens", ref _input);
        Set(usage, "cache_creation_input_tokens", ref _cacheWritten);
        Set(usage, "cache_read_input_tokens", ref _cacheRead);
        _hasOutput |= Set(usage, "output_tokens", ref _output) && isFinal;
    }

    private static bool Set(JsonElement usage, string name, ref long value)
    {
        if (!usage.TryGetProperty(name, out var number) || number.ValueKind != JsonValueKind.Number || !number.TryGetInt64(out var told) || told < 0) return false;
        value = told;
        return true;
    }
}
