namespace Stateroom.Network.Http;

/// <summary>What a client sends over a connection. One reader at a time.</summary>
/// <param name="stream">The connection; it stays the caller's.</param>
/// <param name="time">The clock of all limits.</param>
internal sealed class HttpInput(Stream stream, TimeProvider time)
{
    /// <summary>The most bytes of a head, its first line included.</summary>
    public const int MostHeadBytes = 32 * 1024;

    private byte[] _buffer = new byte[4096];
    private int _start, _end;

    /// <value>How long the client may take for the whole head. The default is 30 s.</value>
    public TimeSpan HeadLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <value>How long the client may stay silent within a body. The default is 30 s.</value>
    public TimeSpan SilenceLimit { get; init; } = TimeSpan.FromSeconds(30);

    /// <value>Bytes that have come and were not read yet.</value>
    public int Buffered => _end - _start;

    /// <summary>Reads a head, up to and including its empty line.</summary>
    /// <returns>Its bytes without the empty line, good until the next read; null if the connection ended before the first byte.</returns>
    /// <exception cref="HttpFormatException">It is too long or too slow, has a line that does not end with CRLF, or ends in its middle.</exception>
    /// <exception cref="IOException">The connection failed.</exception>
    public async ValueTask<ReadOnlyMemory<byte>?> ReadHeadAsync(CancellationToken cancellationToken)
    {
        using var limit = new Limit(HeadLimit, "the head of the request", time, cancellationToken);
        var seen = 0;
        while (true)
        {
            if (FindEmptyLine(ref seen) is { } length)
            {
                var head = _buffer.AsMemory(_start, length);
                _start += length + 2;
                return head;
            }
            var got = await FillAsync(MostHeadBytes, limit).ConfigureAwait(false);
            if (got > 0) continue;
            if (_end == _start) return null;
            throw HttpFormatException.Bad("The connection ended within the head of the request.");
        }
    }

    /// <summary>Reads bytes as they come.</summary>
    /// <returns>0 at the end of the connection.</returns>
    public async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken)
    {
        if (_start == _end)
        {
            using var limit = new Limit(SilenceLimit, "the body of the request", time, cancellationToken);
            return await ReadStreamAsync(buffer, limit).ConfigureAwait(false);
        }
        var count = Math.Min(buffer.Length, _end - _start);
        _buffer.AsSpan(_start, count).CopyTo(buffer.Span);
        _start += count;
        return count;
    }

    /// <summary>Reads one short line that ends with CRLF.</summary>
    /// <param name="mostBytes">The bound of its length without its end.</param>
    /// <param name="otherwise">What is wrong if it is longer.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <returns>The line without its end, good until the next read.</returns>
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync(int mostBytes, string otherwise, CancellationToken cancellationToken)
    {
        using var limit = new Limit(SilenceLimit, "the body of the request", time, cancellationToken);
        while (true)
        {
            var held = _buffer.AsSpan(_start, Math.Min(_end - _start, mostBytes + 2));
            var end = held.IndexOf((byte)'\n');
            if (end == 0 || (end > 0 && held[end - 1] != '\r')) throw HttpFormatException.Bad("A line of the body does not end with CRLF.");
            if (end > 0)
            {
                var line = _buffer.AsMemory(_start, end - 1);
                _start += end + 1;
                return line;
            }
            if (held.Length == mostBytes + 2) throw HttpFormatException.Bad(otherwise);
            if (await FillAsync(mostBytes + 2, limit).ConfigureAwait(false) == 0)
                throw HttpFormatException.Bad("The connection ended within the body of the request.");
        }
    }

    // The length of a head with its last CRLF, once the empty line is there. What is known to be wrong is told at once.
    private int? FindEmptyLine(ref int seen)
    {
        var held = _buffer.AsSpan(_start, _end - _start);
        while (held[seen..].IndexOfAny((byte)'\n', (byte)0) is var at and >= 0)
        {
            var end = seen + at;
            if (held[end] == 0) throw HttpFormatException.Bad("The head of the request has a NUL byte.");
            if (end == 0 || held[end - 1] != '\r') throw HttpFormatException.Bad("A line of the head does not end with CRLF.");
            seen = end + 1;
            if (end == 1) throw HttpFormatException.Bad("The request begins with an empty line.");
            if (end >= 3 && held[end - 2] == '\n') return end - 1;
        }
        return null;
    }

    private async ValueTask<int> FillAsync(int most, Limit limit)
    {
        if (_start == _end) (_start, _end) = (0, 0);
        if (_end - _start >= most) throw new HttpFormatException(431, $"The head of the request is longer than {most} bytes.");
        if (_end == _buffer.Length)
        {
            var larger = _end - _start > _buffer.Length / 2 ? new byte[Math.Min(_buffer.Length * 2, MostHeadBytes)] : _buffer;
            Buffer.BlockCopy(_buffer, _start, larger, 0, _end - _start);
            (_buffer, _start, _end) = (larger, 0, _end - _start);
        }
        var got = await ReadStreamAsync(_buffer.AsMemory(_end), limit).ConfigureAwait(false);
        _end += got;
        return got;
    }

    private async ValueTask<int> ReadStreamAsync(Memory<byte> buffer, Limit limit)
    {
        try
        {
            return await stream.ReadAsync(buffer, limit.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!limit.IsCanceledByCaller)
        {
            throw new HttpFormatException(408, $"The client took longer than {limit.Span.TotalSeconds} s in {limit.Of}.");
        }
    }

    private sealed class Limit : IDisposable
    {
        private readonly CancellationTokenSource _timer, _both;
        private readonly CancellationToken _caller;

        public Limit(TimeSpan span, string of, TimeProvider time, CancellationToken caller)
        {
            (Span, Of, _caller) = (span, of, caller);
            _timer = new CancellationTokenSource(span, time);
            _both = CancellationTokenSource.CreateLinkedTokenSource(caller, _timer.Token);
        }

        public TimeSpan Span { get; }

        public string Of { get; }

        public CancellationToken Token => _both.Token;

        public bool IsCanceledByCaller => _caller.IsCancellationRequested;

        public void Dispose()
        {
            _both.Dispose();
            _timer.Dispose();
        }
    }
}
