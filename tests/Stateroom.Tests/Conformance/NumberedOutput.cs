using System.Globalization;
using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>A long output in which every byte tells where it belongs: the lines of <c>seq</c> over numbers of eight digits.</summary>
internal sealed class NumberedOutput(int lines)
{
    private const int First = 10_000_000, LineLength = 9;

    /// <summary>The command that prints it.</summary>
    public string Command { get; } = $"seq {First} {First + lines - 1}";

    public long Length { get; } = (long)lines * LineLength;

    /// <summary>Checks that a piece is what belongs at its offset.</summary>
    public static void Check(OutputChunk piece)
    {
        var data = piece.Data.Span;
        Span<byte> line = stackalloc byte[LineLength];
        for (var at = 0; at < data.Length;)
        {
            var offset = piece.Offset + at;
            var number = First + (int)(offset / LineLength);
            Assert.True(number.TryFormat(line, out _, default, CultureInfo.InvariantCulture));
            line[^1] = (byte)'\n';
            var within = (int)(offset % LineLength);
            var length = Math.Min(LineLength - within, data.Length - at);
            if (!data.Slice(at, length).SequenceEqual(line.Slice(within, length)))
                Assert.Fail($"At offset {offset} there is '{Encoding.Latin1.GetString(data.Slice(at, length))}' for '{Encoding.Latin1.GetString(line.Slice(within, length))}'.");
            at += length;
        }
    }

    /// <summary>Reads to the end and checks that each byte is right and each gap exact. Returns the bytes that were missing.</summary>
    public async Task<long> ReadAsync(IAsyncEnumerable<OutputChunk> pieces, Func<OutputChunk, Task>? each = null)
    {
        long have = 0, missing = 0;
        await foreach (var piece in pieces)
        {
            Assert.Equal(OutputStream.Stdout, piece.Stream);
            Assert.Equal(have + piece.Missing, piece.Offset);
            Check(piece);
            have = piece.Offset + piece.Data.Length;
            missing += piece.Missing;
            if (each is not null) await each(piece);
        }
        Assert.Equal(Length, have);
        return missing;
    }
}
