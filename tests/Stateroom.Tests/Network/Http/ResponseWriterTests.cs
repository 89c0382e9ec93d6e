using System.Net;
using System.Net.Sockets;
using System.Text;
using Stateroom.Network.Http;

namespace Stateroom.Tests.Network.Http;

public sealed class ResponseWriterTests
{
    private static readonly HttpField Type = new("content-type", "text/plain");

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    [Fact]
    public async Task A_whole_response_says_its_length_and_that_the_connection_ends()
    {
        using var sent = new MemoryStream();
        await new ResponseWriter(sent).WriteAsync(403, [Type], "no"u8.ToArray(), Soon);
        Assert.Equal("HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno", Text(sent));
    }

    [Fact]
    public async Task A_streamed_response_goes_out_piece_by_piece()
    {
        using var sent = new MemoryStream();
        var writer = new ResponseWriter(sent);
        Assert.False(writer.HasBegun);
        await writer.BeginAsync(200, [Type], Soon);
        Assert.True(writer.HasBegun);
        const string head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n";
        Assert.Equal(head, Text(sent));
        await writer.WritePieceAsync(new byte[17], Soon);
        await writer.WritePieceAsync(Array.Empty<byte>(), Soon);
        Assert.Equal(head + "11\r\n" + new string('\0', 17) + "\r\n", Text(sent));
        await writer.EndAsync(Soon);
        Assert.EndsWith("\r\n0\r\n\r\n", Text(sent), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_of_HTTP_1_0_gets_a_body_that_ends_with_the_connection()
    {
        using var sent = new MemoryStream();
        var writer = new ResponseWriter(sent, minorVersion: 0);
        await writer.BeginAsync(200, [], Soon);
        await writer.WritePieceAsync("piece"u8.ToArray(), Soon);
        await writer.EndAsync(Soon);
        Assert.Equal("HTTP/1.1 200 OK\r\nConnection: close\r\n\r\npiece", Text(sent));
    }

    [Theory]
    [InlineData("X", "a\r\nSet-Cookie: b")]
    [InlineData("X\r\nY", "a")]
    [InlineData("X", "a\0")]
    public async Task A_field_that_would_begin_another_is_never_sent(string name, string value)
    {
        using var sent = new MemoryStream();
        await Assert.ThrowsAsync<ArgumentException>(() => new ResponseWriter(sent).WriteAsync(200, [new HttpField(name, value)], default, Soon));
        Assert.Equal(0, sent.Length);
    }

    [Fact]
    public async Task An_answer_reaches_a_client_that_is_still_sending()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        using var client = new TcpClient();
        await client.ConnectAsync((IPEndPoint)listener.LocalEndpoint, Soon);
        using var server = await listener.AcceptTcpClientAsync(Soon);
        await client.GetStream().WriteAsync(new byte[1024 * 1024], Soon);

        var ending = Task.Run(async () =>
        {
            var stream = server.GetStream();
            await new ResponseWriter(stream).WriteAsync(413, [], "too much"u8.ToArray(), Soon);
            await ConnectionEnd.LingerAsync(stream, TimeProvider.System, Soon);
            server.Close();
        }, Soon);
        using var reader = new StreamReader(client.GetStream());
        Assert.EndsWith("too much", await reader.ReadToEndAsync(Soon), StringComparison.Ordinal);
        client.Close();
        await ending.WaitAsync(Soon);
    }

    private static string Text(MemoryStream sent) => Encoding.Latin1.GetString(sent.ToArray());
}
