using System.Text.Json;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>Puts lines of JSON together from pieces that are cut anywhere.</summary>
internal sealed class JsonLines
{
    // A line carries at most one message; what is longer is not ours, and must not fill the memory.
    private const int MostBytes = 64 << 20;

    private readonly MemoryStream _partial = new();

    /// <summary>Takes a piece and gives the lines that it completes. A line that is no JSON object is undefined.</summary>
    /// <exception cref="InvalidDataException">A line is too long.</exception>
    public IEnumerable<JsonElement> Add(ReadOnlyMemory<byte> piece)
    {
        while (piece.Span.IndexOf((byte)'\n') is >= 0 and var end)
        {
            Append(piece[..end]);
            var line = _partial.GetBuffer().AsMemory(0, (int)_partial.Length);
            if (!line.IsEmpty) yield return Parse(line);
            _partial.SetLength(0);
            piece = piece[(end + 1)..];
        }
        Append(piece);
    }

    private void Append(ReadOnlyMemory<byte> piece)
    {
        if (_partial.Length + piece.Length > MostBytes) throw new InvalidDataException($"a line of its output is longer than {MostBytes >> 20} MiB");
        _partial.Write(piece.Span);
    }

    private static JsonElement Parse(ReadOnlyMemory<byte> line)
    {
        try
        {
            using var document = JsonDocument.Parse(line);
            return document.RootElement.ValueKind == JsonValueKind.Object ? document.RootElement.Clone() : default;
        }
        catch (JsonException)
        {
            return default;
        }
    }
}
