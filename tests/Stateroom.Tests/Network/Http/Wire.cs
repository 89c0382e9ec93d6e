using System.Text;
using Stateroom.Network.Http;

namespace Stateroom.Tests.Network.Http;

/// <summary>What a client sends, in pieces of a size; then the connection ends, or stays silent.</summary>
internal sealed class Wire(byte[] sent, int pieceLength = int.MaxValue, bool staysOpen = false) : MemoryStream(sent)
{
    public static HttpInput Input(string sent, int pieceLength = int.MaxValue) => new(new Wire(Encoding.Latin1.GetBytes(sent), pieceLength), TimeProvider.System);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (staysOpen && Position == Length) await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken);
        return await base.ReadAsync(buffer[..Math.Min(buffer.Length, pieceLength)], cancellationToken);
    }
}
