using System.Buffers;
using System.Net;
using Stateroom.Network.Http;

namespace Stateroom.Agents.Broker;

/// <summary>The whole body of a request, read before any of it goes on, so that it can be looked into. It takes memory as its bytes come, not as it says beforehand.</summary>
internal sealed class BrokerBody : IDisposable
{
    private const int PieceBytes = 64 << 10;

    private readonly BodyMemory.Share _memory;
    private readonly List<byte[]> _pieces = [];
    private int _inLast;
    private long _taken;

    private BrokerBody(BodyMemory.Share memory) => _memory = memory;

    /// <value>Its bytes.</value>
    public long Length { get; private set; }

    /// <value>All of it; nothing once it is disposed.</value>
    public ReadOnlySequence<byte> Content
    {
        get
        {
            if (_pieces.Count == 0) return ReadOnlySequence<byte>.Empty;
            var first = new Segment(null, Piece(0));
            var last = first;
            for (var i = 1; i < _pieces.Count; i++) last = new Segment(last, Piece(i));
            return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        }
    }

    /// <summary>Reads it to its end.</summary>
    /// <param name="body">The body as it comes.</param>
    /// <param name="memory">What is taken for it until this is disposed.</param>
    /// <param name="options">Its limit of time.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="HttpFormatException">It breaks a rule, is too long or too slow (408), or there is no memory for it (529).</exception>
    public static async Task<BrokerBody> ReadAsync(RequestBody body, BodyMemory.Share memory, BrokerOptions options, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(options.BodyLimit, options.Time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        var read = new BrokerBody(memory);
        try
        {
            while (!body.IsComplete)
            {
                var piece = read.Room(body.DeclaredLength);
                var got = await body.ReadAsync(piece, both.Token).ConfigureAwait(false);
                read._inLast += got;
                read.Length += got;
            }
            return read;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            read.Dispose();
            throw new HttpFormatException(408, FormattableString.Invariant($"The client took longer than {options.BodyLimit.TotalSeconds} s for the whole body of the request."));
        }
        catch
        {
            read.Dispose();
            throw;
        }
    }

    /// <summary>To send it on. It can be sent until this is disposed.</summary>
    public HttpContent ToContent() => new Sent(this);

    public void Dispose()
    {
        _pieces.Clear();
        _memory.Return(_taken);
        _taken = 0;
    }

    private ReadOnlyMemory<byte> Piece(int index) => _pieces[index].AsMemory(0, index == _pieces.Count - 1 ? _inLast : _pieces[index].Length);

    // Where the next bytes go. Pieces are full before the next one begins.
    private Memory<byte> Room(long? declared)
    {
        if (_pieces.Count == 0 || _inLast == _pieces[^1].Length)
        {
            var size = (int)Math.Min(PieceBytes, declared - Length ?? PieceBytes);
            if (!_memory.TryTake(size)) throw new HttpFormatException(529, "The requests that are on their way to the model take all the memory that they may have. Try again.");
            _taken += size;
            _pieces.Add(GC.AllocateUninitializedArray<byte>(size));
            _inLast = 0;
        }
        return _pieces[^1].AsMemory(_inLast);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(Segment? before, ReadOnlyMemory<byte> memory)
        {
            Memory = memory;
            if (before is null) return;
            RunningIndex = before.RunningIndex + before.Memory.Length;
            before.Next = this;
        }
    }

    private sealed class Sent(BrokerBody body) : HttpContent
    {
        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            foreach (var piece in body.Content) await stream.WriteAsync(piece, cancellationToken).ConfigureAwait(false);
        }

        protected override bool TryComputeLength(out long length)
        {
            length = body.Length;
            return true;
        }
    }
}
