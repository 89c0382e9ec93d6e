using System.Buffers;
using System.Globalization;
using System.Text;
using Stateroom.Network.Http;

namespace Stateroom.Network.Proxy;

/// <summary>The answer of an origin to one request, passed on with its body as it comes.</summary>
internal sealed class OriginAnswer
{
    private const int BufferBytes = 32 << 10;

    private readonly HttpInput _input;
    private readonly int _status;
    private readonly IReadOnlyList<HttpField> _fields;
    private readonly long? _length;

    private OriginAnswer(HttpInput input, int status, IReadOnlyList<HttpField> fields, long? length) => (_input, _status, _fields, _length) = (input, status, fields, length);

    /// <summary>Reads the head of the final answer; those before it (1xx) are left out.</summary>
    /// <returns>Null if the origin closed the connection without an answer.</returns>
    /// <exception cref="HttpFormatException">It is not an answer that can be passed on.</exception>
    public static async Task<OriginAnswer?> ReadAsync(Stream origin, string method, TimeProvider time, CancellationToken cancellationToken)
    {
        var input = new HttpInput(origin, time) { HeadLimit = Timeout.InfiniteTimeSpan, SilenceLimit = Timeout.InfiniteTimeSpan };
        while (await input.ReadHeadAsync(cancellationToken).ConfigureAwait(false) is { } head)
        {
            var (status, fields) = Parse(head.Span);
            if (status == 101) throw HttpFormatException.Bad("It switches protocols, which nobody asked for.");
            if (status >= 200) return new OriginAnswer(input, status, fields, Length(method, status, fields));
        }
        return null;
    }

    public async Task PassOnAsync(Stream client, CancellationToken cancellationToken)
    {
        await client.WriteAsync(HopFields.Response(_status, _fields), cancellationToken).ConfigureAwait(false);
        var buffer = ArrayPool<byte>.Shared.Rent(BufferBytes);
        try
        {
            for (var left = _length ?? long.MaxValue; left > 0;)
            {
                var got = await _input.ReadAsync(buffer.AsMemory(0, (int)Math.Min(buffer.Length, left)), cancellationToken).ConfigureAwait(false);
                if (got == 0) return;
                await client.WriteAsync(buffer.AsMemory(0, got), cancellationToken).ConfigureAwait(false);
                left -= got;
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private static (int Status, IReadOnlyList<HttpField> Fields) Parse(ReadOnlySpan<byte> head)
    {
        var end = head.IndexOf("\r\n"u8);
        var line = Encoding.Latin1.GetString(head[..end]);
        // HTTP/1.1 200, and a phrase or none.
        if (line.Length < 12 || line is not ['H', 'T', 'T', 'P', '/', '1', '.', '0' or '1', ' ', >= '1' and <= '5', ..] || (line.Length > 12 && line[12] != ' ') ||
            !int.TryParse(line.AsSpan(9, 3), NumberStyles.None, CultureInfo.InvariantCulture, out var status))
            throw HttpFormatException.Bad("Its first line is not that of an HTTP/1.1 answer.");
        return (status, HttpFields.Parse(head[(end + 2)..]));
    }

    // Null: chunks, which the client counts, or up to the end of the connection.
    private static long? Length(string method, int status, IReadOnlyList<HttpField> fields)
    {
        var lengths = fields.Where(f => f.Is("Content-Length")).Select(f => f.Value).ToList();
        if (lengths.Count + fields.Count(f => f.Is("Transfer-Encoding")) > 1) throw HttpFormatException.Bad("It tells the length of its body more than once.");
        if (lengths.Count == 1 && !long.TryParse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture, out _)) throw HttpFormatException.Bad("Its Content-Length is not a number.");
        if (method == "HEAD" || status is 204 or 304) return 0;
        return lengths.Count == 1 ? long.Parse(lengths[0], NumberStyles.None, CultureInfo.InvariantCulture) : null;
    }
}
