using System.Collections.Concurrent;
using System.Net.Security;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Stateroom.Tests.Network.Proxy;

namespace Stateroom.Tests.Network.Rooms;

/// <summary>Stands for a site of the internet: files by their paths, over HTTP or HTTPS.</summary>
internal sealed class FileServer : IAsyncDisposable
{
    private readonly Origin _origin;
    private readonly X509Certificate2? _certificate;

    public FileServer(bool isSecure = false)
    {
        _certificate = isSecure ? MakeCertificate() : null;
        _origin = new Origin(ServeAsync);
    }

    /// <summary>What is there. The name <c>{port}</c> in a text stands for the port.</summary>
    public ConcurrentDictionary<string, byte[]> Files { get; } = new();

    /// <summary>The paths that were asked for.</summary>
    public ConcurrentQueue<string> Asked { get; } = new();

    public int Port => _origin.Port;

    /// <summary>What a client has to trust.</summary>
    public string CertificatePem => _certificate!.ExportCertificatePem();

    public void Add(string path, string text) => Files[path] = Encoding.UTF8.GetBytes(text.Replace("{port}", $"{Port}", StringComparison.Ordinal));

    public async ValueTask DisposeAsync()
    {
        await _origin.DisposeAsync();
        _certificate?.Dispose();
    }

    private async Task ServeAsync(Stream stream, CancellationToken stop)
    {
        if (_certificate is null)
        {
            await AnswerAsync(stream, stop);
            return;
        }
        await using var secure = new SslStream(stream);
        await secure.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, stop);
        await AnswerAsync(secure, stop);
        await secure.ShutdownAsync();
    }

    private async Task AnswerAsync(Stream stream, CancellationToken stop)
    {
        var head = await Origin.ReadHeadAsync(stream, stop);
        if (head.Length == 0) return;
        var path = head.Split(' ')[1].Split('?')[0];
        Asked.Enqueue(path);
        var found = Files.TryGetValue(path, out var content);
        var type = path.EndsWith('/') ? "text/html" : path.Contains('.', StringComparison.Ordinal) ? "application/octet-stream" : "application/json";
        var answer = $"HTTP/1.1 {(found ? "200 OK" : "404 Not Found")}\r\nContent-Type: {type}\r\nContent-Length: {content?.Length ?? 0}\r\nConnection: close\r\n\r\n";
        await stream.WriteAsync((byte[])[.. Encoding.ASCII.GetBytes(answer), .. content ?? []], stop);
    }

    private static X509Certificate2 MakeCertificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=stand-in", key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        foreach (var name in (string[])["files.example", "git.example", "pypi.example", "npm.example"]) names.AddDnsName(name);
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509BasicConstraintsExtension(true, false, 0, true));
        var now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }
}
