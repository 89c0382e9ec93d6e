using Stateroom.Network.Http;

namespace Stateroom.Agents.Broker;

/// <summary>The whole body of a request, read before any of it goes on, so that it can be looked into. Large ones are few at a time: the room decides their size.</summary>
internal sealed class BrokerBody : IDisposable
{
    private const int LargeBytes = 4 << 20, PieceBytes = 64 << 10;

    // For the whole process.
    private static readonly SemaphoreSlim Large = new(4);

    private readonly MemoryStream _buffer = new();
    private bool _isLarge;

    public ReadOnlyMemory<byte> Content => _buffer.GetBuffer().AsMemory(0, (int)_buffer.Length);

    /// <exception cref="HttpFormatException">It breaks a rule, or is too long.</exception>
    public static async Task<BrokerBody> ReadAsync(RequestBody body, CancellationToken cancellationToken)
    {
        var read = new BrokerBody();
        try
        {
            if (body.DeclaredLength is > LargeBytes) await read.GrowAsync(cancellationToken).ConfigureAwait(false);
            var piece = new byte[PieceBytes];
            while (await body.ReadAsync(piece, cancellationToken).ConfigureAwait(false) is var got and > 0)
            {
                if (!read._isLarge && read._buffer.Length + got > LargeBytes) await read.GrowAsync(cancellationToken).ConfigureAwait(false);
                read._buffer.Write(piece, 0, got);
            }
            return read;
        }
        catch
        {
            read.Dispose();
            throw;
        }
    }

    public void Dispose()
    {
        if (_isLarge) Large.Release();
        _isLarge = false;
        _buffer.Dispose();
    }

    private async Task GrowAsync(CancellationToken cancellationToken)
    {
        await Large.WaitAsync(cancellationToken).ConfigureAwait(false);
        _isLarge = true;
    }
}
