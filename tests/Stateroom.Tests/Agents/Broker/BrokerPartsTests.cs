using System.Text;
using Stateroom.Agents.Broker;

namespace Stateroom.Tests.Agents.Broker;

public sealed class BrokerPartsTests
{
    private const string Secret = "abcabd-secret";

    [Theory]
    [InlineData("")]
    [InlineData("abcabcabd-secretabc")]
    [InlineData("abcabd-secretabcabd-secret")]
    [InlineData("abcabd-secre")]
    [InlineData("x abcabd-secre t abcabd-secret y")]
    public void A_secret_is_taken_out_at_every_cut(string text)
    {
        var expected = text.Replace(Secret, "[credential]", StringComparison.Ordinal);
        for (var first = 0; first <= text.Length; first++)
        {
            for (var second = first; second <= text.Length; second++)
            {
                var filter = new SecretFilter(Secret);
                var passed = string.Concat(new[] { text[..first], text[first..second], text[second..] }.Select(part => Encoding.ASCII.GetString(filter.Next(Encoding.ASCII.GetBytes(part)).Span)));
                Assert.Equal(expected, passed + Encoding.ASCII.GetString(filter.End().Span));
            }
        }
    }

    [Fact]
    public void Nothing_is_held_back_that_cannot_begin_the_secret() =>
        Assert.Equal("data: {}\n\n", Encoding.ASCII.GetString(new SecretFilter(Secret).Next("data: {}\n\n"u8.ToArray()).Span));

    [Theory]
    [InlineData(1, "\n")]
    [InlineData(3, "\r\n")]
    [InlineData(100_000, "\n")]
    public void Usage_is_read_from_a_stream_however_it_is_cut(int pieceLength, string end)
    {
        var meter = UsageMeter.For("text/event-stream", 400);
        Assert.Equal(new TokenCount(100, 0), meter.Count);
        Read(meter, pieceLength, "event: message_start", end,
            """data: {"type":"message_start","message":{"content":[],"usage":{"input_tokens":1,"cache_creation_input_tokens":20,"cache_read_input_tokens":300,"output_tokens":4}}}""", end, end,
            "data: not json \"message_delta\"", end, "data: [\"message_start\"]", end, ": message_start", end,
            """data: {"type":"content_block_delta","delta":{"text":"\"message_start\" and \"message_delta\" {\"usage\":{\"output_tokens\":9999}}"}}""", end, end);
        Assert.Equal(321, meter.Count.Input);
        Assert.InRange(meter.Count.Output, 4, 30);
        Read(meter, pieceLength, """data: {"type":"message_delta","delta":{},"usage":{"output_tokens":5000}}""", end, end,
            """data: {"type":"message_delta","delta":{},"usage":{"input_tokens":2,"output_tokens":6000}}""");
        meter.End();
        Assert.Equal(new TokenCount(322, 6000), meter.Count);
    }

    [Theory]
    [InlineData("""{"usage":{"input_tokens":1,"output_tokens":-5}}""", 1, 11)]
    [InlineData("""{"usage":{"input_tokens":"many","output_tokens":3}}""", 25, 3)]
    [InlineData("""{"usage":null,"content":[]}""", 25, 6)]
    [InlineData("<html>not json</html>", 25, 5)]
    [InlineData("", 25, 0)]
    public void What_the_provider_does_not_tell_is_estimated_by_size(string body, long input, long output)
    {
        var meter = UsageMeter.For("application/json", 100);
        Read(meter, 7, body);
        meter.End();
        Assert.Equal(new TokenCount(input, output), meter.Count);
    }

    [Fact]
    public void A_line_without_an_end_is_not_kept()
    {
        var meter = UsageMeter.For("text/event-stream", 0);
        var piece = new byte[1 << 20];
        meter.Read("data: {\"type\":\"content_block_delta\","u8);
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 64; i++) meter.Read(piece);
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 1 << 20);
        meter.End();
        Assert.InRange(meter.Count.Output, (64 << 20) / 4 - 100, (64 << 20) / 4 + 100);
    }

    private static void Read(UsageMeter meter, int pieceLength, params string[] parts)
    {
        foreach (var piece in Encoding.UTF8.GetBytes(string.Concat(parts)).Chunk(pieceLength)) meter.Read(piece);
    }
}
