using System.Text;
using Stateroom.Network.Http;
using Stateroom.Tests.Agents;

namespace Stateroom.Tests.Network.Http;

public sealed class RequestHeadTests
{
    private const string Host = "Host: example.org\r\n";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task A_head_is_read_as_it_was_sent_however_it_is_cut(int pieceLength)
    {
        var input = Wire.Input("POST /v1/messages?beta=true&x=%2e HTTP/1.1\r\nhost: a.example:80\r\nX-Odd:\t one  two \t\r\nx-odd: three\r\nempty:\r\n\r\nbody", pieceLength);
        var head = (await RequestHead.ReadAsync(input, CancellationToken.None))!;
        Assert.Equal(("POST", "/v1/messages?beta=true&x=%2e", TargetForm.Origin, 1), (head.Method, head.Target.Text, head.Target.Form, head.MinorVersion));
        Assert.Equal(("a.example:80", "one  two, three", "", null), (head.Host, head.Value("X-ODD"), head.Value("empty"), head.Value("missing")));
        var rest = new byte[10];
        Assert.Equal((byte)'b', (await input.ReadAsync(rest, CancellationToken.None), rest[0]).Item2);
    }

    [Theory]
    [InlineData("GET", "/", nameof(TargetForm.Origin))]
    [InlineData("GET", "//double/..//x", nameof(TargetForm.Origin))]
    [InlineData("GET", "HTTP://example.org/x?y", nameof(TargetForm.Absolute))]
    [InlineData("GET", "https://user@example.org/", nameof(TargetForm.Absolute))]
    [InlineData("CONNECT", "example.org:443", nameof(TargetForm.Authority))]
    [InlineData("CONNECT", "[2001:db8::1]:443", nameof(TargetForm.Authority))]
    [InlineData("OPTIONS", "*", nameof(TargetForm.Asterisk))]
    public void A_target_is_kept_as_it_came_with_its_form(string method, string target, string form) =>
        Assert.Equal(new RequestTarget(target, Enum.Parse<TargetForm>(form)), Parse($"{method} {target} HTTP/1.1\r\n{Host}").Target);

    [Fact]
    public void HTTP_1_0_may_do_without_a_host() => Assert.Equal((0, null), (Parse("CONNECT example.org:443 HTTP/1.0\r\n").MinorVersion, Parse("GET / HTTP/1.0\r\n").Host));

    [Fact]
    public async Task A_connection_that_ends_without_a_byte_asks_for_nothing() =>
        Assert.Null(await RequestHead.ReadAsync(Wire.Input(""), CancellationToken.None));

    [Theory]
    [InlineData("GET / HTTP/1.1\n" + Host + "\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X: y\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "\n")]
    [InlineData("\r\nGET / HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("\nGET / HTTP/1.1\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + " folded\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X: one\r\n\ttwo\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X : y\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + ": y\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X(: y\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X: a\0b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X: a\rb\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X: a\u0001b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + "X: a\u007fb\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host + Host + "\r\n")]
    [InlineData("GET / HTTP/1.0\r\n" + Host + Host + "\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: a,b\r\n\r\n")]
    [InlineData("GET / HTTP/1.1\r\nHost: u@a\r\n\r\n")]
    [InlineData("GET  / HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET / x HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET\t/\tHTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET / HTTP/1.1 \r\n" + Host + "\r\n")]
    [InlineData("GET / HTTP/2.0\r\n" + Host + "\r\n")]
    [InlineData("GET / HTTP/1.2\r\n" + Host + "\r\n")]
    [InlineData("GET / http/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /\r\n\r\n")]
    [InlineData("G[T / HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET relative HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET ftp://example.org/ HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET * HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /a#b HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /a\\b HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /\u00e4 HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET /\u007f HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("CONNECT /path HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("CONNECT http://example.org/ HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("CONNECT u@example.org:443 HTTP/1.1\r\n" + Host + "\r\n")]
    [InlineData("GET / HTTP/1.1\r\n" + Host)]
    [InlineData("GET / HT")]
    public async Task What_two_readers_might_read_differently_is_refused_with_400(string head)
    {
        foreach (var pieceLength in (int[])[1, 100_000])
        {
            var refused = await Assert.ThrowsAsync<HttpFormatException>(() => ReadAsync(Wire.Input(head, pieceLength)));
            Assert.Equal(400, refused.StatusCode);
        }
    }

    [Fact]
    public async Task A_head_may_have_32_KiB_and_not_a_byte_more()
    {
        var start = "GET / HTTP/1.1\r\n" + Host + "X: ";
        var room = HttpInput.MostHeadBytes - start.Length - 4;
        Assert.Equal(room, (await ReadAsync(Wire.Input(start + new string('x', room) + "\r\n\r\n", 4096)))!.Value("x")!.Length);
        foreach (var more in (int[])[1, 1_000_000])
        {
            var refused = await Assert.ThrowsAsync<HttpFormatException>(() => ReadAsync(Wire.Input(start + new string('x', room + more) + "\r\n\r\n", 4096)));
            Assert.Equal(431, refused.StatusCode);
        }
    }

    [Fact]
    public async Task More_header_fields_than_any_client_needs_are_refused()
    {
        var lines = string.Concat(Enumerable.Repeat("a:\r\n", HttpFields.MostFields));
        var refused = await Assert.ThrowsAsync<HttpFormatException>(() => ReadAsync(Wire.Input("GET / HTTP/1.1\r\n" + Host + lines + "\r\n")));
        Assert.Equal(431, refused.StatusCode);
    }

    [Theory]
    [InlineData("")]
    [InlineData("GET / HTTP/1.1\r\nHost: exam")]
    public async Task A_client_that_does_not_come_to_the_end_of_its_head_is_told_that_its_time_is_over(string sent)
    {
        var time = new TestTime();
        var input = new HttpInput(new Wire(Encoding.ASCII.GetBytes(sent), staysOpen: true), time) { HeadLimit = TimeSpan.FromSeconds(30) };
        var refused = await Assert.ThrowsAsync<HttpFormatException>(() => ReadAsync(input).WaitAsync(Patience.Limit));
        Assert.Equal(408, refused.StatusCode);
        Assert.Equal([TimeSpan.FromSeconds(30)], time.Waits);
    }

    [Fact]
    public async Task A_caller_that_cancels_is_not_taken_for_a_slow_client()
    {
        using var cancel = new CancellationTokenSource();
        var read = ReadAsync(new HttpInput(new Wire([], staysOpen: true), TimeProvider.System), cancel.Token);
        await cancel.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => read.WaitAsync(Patience.Limit));
    }

    private static RequestHead Parse(string head) => RequestHead.Parse(Encoding.ASCII.GetBytes(head));

    private static Task<RequestHead?> ReadAsync(HttpInput input, CancellationToken cancellationToken = default) => RequestHead.ReadAsync(input, cancellationToken).AsTask();
}
