using System.Buffers;
using System.Globalization;
using System.Text;

namespace Stateroom.Network.Http;

/// <summary>Writes the one response of a connection, which ends with it.</summary>
/// <param name="stream">The connection; it stays the caller's.</param>
/// <param name="minorVersion">That of the request; HTTP/1.0 gets no chunks, its body ends with the connection.</param>
internal sealed class ResponseWriter(Stream stream, int minorVersion = 1)
{
    private bool _isChunked;

    /// <value>True once a head was sent: from then on a failure can only be told by cutting the connection.</value>
    public bool HasBegun { get; private set; }

    /// <summary>Tells a client that waits for it to send its body.</summary>
    public async Task ContinueAsync(CancellationToken cancellationToken)
    {
        await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a whole response.</summary>
    public async Task WriteAsync(int status, IEnumerable<HttpField> fields, ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        var head = Head(status, [.. fields, new HttpField("Content-Length", body.Length.ToString(CultureInfo.InvariantCulture))]);
        HasBegun = true;
        await stream.WriteAsync((byte[])[.. head, .. body.Span], cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a head; pieces follow. For statuses that have no body use <see cref="WriteAsync"/>.</summary>
    public async Task BeginAsync(int status, IEnumerable<HttpField> fields, CancellationToken cancellationToken)
    {
        _isChunked = minorVersion > 0;
        var head = Head(status, _isChunked ? [.. fields, new HttpField("Transfer-Encoding", "chunked")] : [.. fields]);
        HasBegun = true;
        await stream.WriteAsync(head, cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends a piece of the body at once.</summary>
    public async Task WritePieceAsync(ReadOnlyMemory<byte> piece, CancellationToken cancellationToken)
    {
        // An empty chunk would be the end.
        if (piece.Length == 0) return;
        if (!_isChunked)
        {
            await stream.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
        }
        else
        {
            // In one write: the size, the piece and its end would else be three packets.
            const int around = 12;
            var buffer = ArrayPool<byte>.Shared.Rent(piece.Length + around);
            try
            {
                piece.Length.TryFormat(buffer, out var length, "X", CultureInfo.InvariantCulture);
                "\r\n"u8.CopyTo(buffer.AsSpan(length));
                piece.CopyTo(buffer.AsMemory(length + 2));
                "\r\n"u8.CopyTo(buffer.AsSpan(length + 2 + piece.Length));
                await stream.WriteAsync(buffer.AsMemory(0, length + piece.Length + 4), cancellationToken).ConfigureAwait(false);
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Says that the body is whole. Without it, the client sees a body that was cut.</summary>
    public async Task EndAsync(CancellationToken cancellationToken)
    {
        if (_isChunked) await stream.WriteAsync("0\r\n\r\n"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        await stream.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    private static byte[] Head(int status, IReadOnlyList<HttpField> fields)
    {
        var text = new StringBuilder(256).Append(CultureInfo.InvariantCulture, $"HTTP/1.1 {status} {Phrase(status)}\r\n");
        foreach (var field in fields)
        {
            // Values come from elsewhere: one with a line end would begin a response of its own.
            if (!HttpFields.IsToken(Encoding.Latin1.GetBytes(field.Name)) || !HttpFields.IsValue(Encoding.Latin1.GetBytes(field.Value)))
                throw new ArgumentException($"A header field cannot be sent: {field.Name.Length} characters of name, {field.Value.Length} of value.", nameof(fields));
            text.Append(field.Name).Append(": ").Append(field.Value).Append("\r\n");
        }
        return Encoding.Latin1.GetBytes(text.Append("Connection: close\r\n\r\n").ToString());
    }

    private static string Phrase(int status) => status switch
    {
        200 => "OK",
        400 => "Bad Request",
        401 => "Unauthorized",
        403 => "Forbidden",
        404 => "Not Found",
        405 => "Method Not Allowed",
        408 => "Request Timeout",
        413 => "Content Too Large",
        429 => "Too Many Requests",
        431 => "Request Header Fields Too Large",
        500 => "Internal Server Error",
        502 => "Bad Gateway",
        504 => "Gateway Timeout",
        // The phrase may be empty (RFC 9112, 4); nobody reads it.
        _ => "",
    };
}
