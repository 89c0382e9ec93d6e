using System.Globalization;
using System.Text;

namespace Stateroom.Network.Http;

/// <summary>
/// The body of a request, read as it comes. Its length is told in exactly one way, Content-Length or chunks; with neither it is empty.
/// A breach shows as <see cref="HttpFormatException"/> in the read that finds it.
/// </summary>
internal sealed class RequestBody : Stream
{
    // Enough for any length that fits in a long, and no more.
    private const int MostLengthDigits = 18, MostChunkDigits = 15;

    private readonly HttpInput _input;
    private readonly long _most;
    private long _left, _total;
    private bool _isFirst = true;

    private RequestBody(HttpInput input, long most, long? length)
    {
        (_input, _most, DeclaredLength) = (input, most, length);
        _left = length ?? 0;
        IsComplete = length == 0;
    }

    /// <value>What Content-Length says, 0 without a body; null with chunks.</value>
    public long? DeclaredLength { get; }

    /// <value>True if all of it has been read.</value>
    public bool IsComplete { get; private set; }

    /// <value>Bytes read so far.</value>
    public long BytesRead => _total;

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    /// <summary>The body that belongs to a head.</summary>
    /// <param name="head">The head that was just read from the input.</param>
    /// <param name="input">The connection.</param>
    /// <param name="mostBytes">The bound; a longer body is status 413, as soon as that is known.</param>
    /// <exception cref="HttpFormatException">Its length is not told in exactly one way, or is beyond the bound.</exception>
    public static RequestBody Of(RequestHead head, HttpInput input, long mostBytes)
    {
        var (lengths, codings) = (head.Count("content-length"), head.Count("transfer-encoding"));
        if (lengths + codings > 1) throw HttpFormatException.Bad("The request tells the length of its body more than once.");
        if (codings == 1)
        {
            if (head.MinorVersion == 0 || !head.Value("transfer-encoding")!.Equals("chunked", StringComparison.OrdinalIgnoreCase))
                throw HttpFormatException.Bad("The request's Transfer-Encoding is not 'chunked', which is the only one taken, and that in HTTP/1.1.");
            return new RequestBody(input, mostBytes, null);
        }
        var length = lengths == 0 ? 0 : Number(head.Value("content-length")!, MostLengthDigits, NumberStyles.None)
            ?? throw HttpFormatException.Bad("The request's Content-Length is not a number.");
        return length <= mostBytes ? new RequestBody(input, mostBytes, length) : throw TooLarge(mostBytes);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (buffer.Length == 0) return 0;
        if (_left == 0 && !IsComplete) await BeginChunkAsync(cancellationToken).ConfigureAwait(false);
        if (IsComplete) return 0;
        var got = await _input.ReadAsync(buffer[..(int)Math.Min(buffer.Length, _left)], cancellationToken).ConfigureAwait(false);
        if (got == 0) throw HttpFormatException.Bad("The connection ended within the body of the request.");
        _left -= got;
        _total += got;
        if (_left == 0 && DeclaredLength is not null) IsComplete = true;
        return got;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException("Bodies are read asynchronously.");

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    private async ValueTask BeginChunkAsync(CancellationToken cancellationToken)
    {
        if (!_isFirst) await _input.ReadLineAsync(0, "A chunk of the body is longer than it says.", cancellationToken).ConfigureAwait(false);
        _isFirst = false;
        // Extensions of chunks are no number: no client needs them, and readers disagree on where they end.
        const string wrong = "The size of a chunk is not a hexadecimal number alone.";
        var line = await _input.ReadLineAsync(MostChunkDigits, wrong, cancellationToken).ConfigureAwait(false);
        _left = Number(Encoding.Latin1.GetString(line.Span), MostChunkDigits, NumberStyles.AllowHexSpecifier) ?? throw HttpFormatException.Bad(wrong);
        if (_left > _most - _total) throw TooLarge(_most);
        if (_left > 0) return;
        await _input.ReadLineAsync(0, "The body ends with trailer fields, which are not taken.", cancellationToken).ConfigureAwait(false);
        IsComplete = true;
    }

    private static long? Number(string text, int mostDigits, NumberStyles style) =>
        text.Length <= mostDigits && long.TryParse(text, style, CultureInfo.InvariantCulture, out var number) ? number : null;

    private static HttpFormatException TooLarge(long most) => new(413, $"The body of the request is longer than {most} bytes.");
}
