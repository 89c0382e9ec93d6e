using System.Text;
using Stateroom.Network.Http;
using Stateroom.Tests.Agents;

namespace Stateroom.Tests.Network.Http;

public sealed class RequestBodyTests
{
    private const string Start = "POST / HTTP/1.1\r\nHost: a\r\n", Chunked = "Transfer-Encoding: chunked\r\n\r\n";

    [Theory]
    [InlineData("\r\nnot a body", "")]
    [InlineData("Content-Length: 0\r\n\r\nmore", "")]
    [InlineData("Content-Length: 005\r\n\r\nhellomore", "hello")]
    [InlineData(Chunked + "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\nmore", "hello world")]
    [InlineData("transfer-encoding:CHUNKED\r\n\r\n000A\r\n0123456789\r\n0\r\n\r\n", "0123456789")]
    [InlineData(Chunked + "0\r\n\r\n", "")]
    public async Task A_body_is_as_long_as_it_says_however_it_is_cut(string rest, string body)
    {
        foreach (var pieceLength in (int[])[1, 2, 100_000]) Assert.Equal(body, await ReadAsync(Start + rest, pieceLength: pieceLength));
    }

    [Theory]
    [InlineData("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n")]
    [InlineData("Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello")]
    [InlineData("Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello")]
    [InlineData("Content-Length: 5, 5\r\n\r\nhello")]
    [InlineData("Content-Length: +5\r\n\r\nhello")]
    [InlineData("Content-Length: -5\r\n\r\nhello")]
    [InlineData("Content-Length: 0x5\r\n\r\nhello")]
    [InlineData("Content-Length: 5 5\r\n\r\nhello")]
    [InlineData("Content-Length:\r\n\r\nhello")]
    [InlineData("Content-Length: 9999999999999999999\r\n\r\nhello")]
    [InlineData("Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n")]
    [InlineData("Transfer-Encoding:\r\n\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5;name=value\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5;\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5 \r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + " 5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "0x5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "-5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5\r\nhello\n0\r\n\r\n")]
    [InlineData(Chunked + "5\r\nhello!\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\nX: y\r\n\r\n")]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\n\n")]
    [InlineData(Chunked + "10000000000000000\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "5\r\nhel")]
    [InlineData(Chunked + "5\r\nhello\r\n")]
    [InlineData(Chunked + "5\r\nhello\r\n0\r\n")]
    [InlineData("Content-Length: 6\r\n\r\nhello")]
    public async Task A_body_whose_length_could_be_read_in_two_ways_is_refused_with_400(string rest)
    {
        foreach (var pieceLength in (int[])[1, 100_000])
        {
            var refused = await Assert.ThrowsAsync<HttpFormatException>(() => ReadAsync(Start + rest, pieceLength: pieceLength));
            Assert.Equal(400, refused.StatusCode);
        }
    }

    [Fact]
    public async Task Chunks_are_not_taken_in_HTTP_1_0() =>
        Assert.Equal(400, (await Assert.ThrowsAsync<HttpFormatException>(() => ReadAsync("POST / HTTP/1.0\r\n" + Chunked + "0\r\n\r\n"))).StatusCode);

    [Theory]
    [InlineData("Content-Length: 11\r\n\r\n", "Content-Length: 10\r\n\r\n0123456789")]
    [InlineData(Chunked + "5\r\nhello\r\n6\r\n", Chunked + "5\r\nhello\r\n5\r\nhello\r\n0\r\n\r\n")]
    [InlineData(Chunked + "fffffffffffffff\r\n", Chunked + "a\r\n0123456789\r\n0\r\n\r\n")]
    public async Task A_body_beyond_the_bound_is_refused_with_413_as_soon_as_that_is_known(string tooLong, string justRight)
    {
        Assert.Equal(413, (await Assert.ThrowsAsync<HttpFormatException>(() => ReadAsync(Start + tooLong, most: 10))).StatusCode);
        Assert.Equal(10, (await ReadAsync(Start + justRight, most: 10)).Length);
    }

    [Fact]
    public async Task A_client_that_falls_silent_within_its_body_is_told_that_its_time_is_over()
    {
        var input = new HttpInput(new Wire(Encoding.ASCII.GetBytes(Start + "Content-Length: 5\r\n\r\nhel"), staysOpen: true), new TestTime { IsImpatient = true }) { HeadLimit = TimeSpan.FromHours(1) };
        var head = (await RequestHead.ReadAsync(input, CancellationToken.None))!;
        var body = RequestBody.Of(head, input, 100);
        var refused = await Assert.ThrowsAsync<HttpFormatException>(() => body.CopyToAsync(Stream.Null, Soon));
        Assert.Equal((408, 3L, false), (refused.StatusCode, body.BytesRead, body.IsComplete));
    }

    [Fact]
    public async Task A_client_that_waits_to_be_asked_for_its_body_is_known()
    {
        var head = await RequestHead.ReadAsync(Wire.Input(Start + "Expect: 100-Continue\r\n\r\n"), Soon);
        Assert.True(head!.ExpectsContinue);
    }

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    private static async Task<string> ReadAsync(string sent, long most = 1000, int pieceLength = int.MaxValue)
    {
        var input = Wire.Input(sent, pieceLength);
        var body = RequestBody.Of((await RequestHead.ReadAsync(input, Soon))!, input, most);
        using var all = new MemoryStream();
        await body.CopyToAsync(all, Soon);
        Assert.True(body.IsComplete);
        return Encoding.ASCII.GetString(all.ToArray());
    }
}
