using System.Diagnostics;
using System.Formats.Tar;
using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;

namespace Stateroom.Tests.Network.Rooms;

/// <summary>The tools that people use find the proxy by themselves, over HTTP and HTTPS.</summary>
public sealed class ToolTests
{
    [Theory]
    [InlineData(false, "curl -sS --fail {0}/hello")]
    [InlineData(true, "curl -sS --fail --cacert ca.pem {0}/hello")]
    [InlineData(false, "python3 -c \"import urllib.request as u; print(u.urlopen('{0}/hello').read().decode(), end='')\"")]
    [InlineData(true, "SSL_CERT_FILE=ca.pem python3 -c \"import urllib.request as u; print(u.urlopen('{0}/hello').read().decode(), end='')\"")]
    [InlineData(false, "wget -q -O - {0}/hello")]
    [InlineData(true, "wget -q -O - --ca-certificate=ca.pem {0}/hello")]
    public async Task A_file_can_be_fetched(bool isSecure, string command)
    {
        await using var server = new FileServer(isSecure);
        server.Add("/hello", "hello");
        await using var room = new NetworkRoom();
        await using var session = await room.CreateAsync($"*.example:{server.Port}");
        await RequireAsync(session, command.Split(' ').First(word => !word.Contains('=', StringComparison.Ordinal)));
        if (isSecure) await session.Files.WriteAsync("ca.pem", Encoding.ASCII.GetBytes(server.CertificatePem));
        Assert.Equal("hello", await OutputAsync(session, string.Format(null, command, $"http{(isSecure ? "s" : "")}://files.example:{server.Port}")));
        var decision = Assert.Single(await session.ReadNetworkDecisionsAsync().ToListAsync());
        Assert.Equal(("files.example", server.Port, true, $"*.example:{server.Port}"), (decision.Host, decision.Port, decision.IsAllowed, decision.Rule));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_repository_can_be_cloned_with_git(bool isSecure)
    {
        await using var server = new FileServer(isSecure);
        using var temp = new TempHome();
        await RunAsync(temp.Path, "git init -q -b main r && cd r && echo kept > file && git add file && git -c user.name=x -c user.email=x@x commit -q -m one && git clone -q --bare . ../r.git && cd ../r.git && git update-server-info");
        var root = temp.Path + "/r.git";
        foreach (var file in Directory.EnumerateFiles(root, "*", SearchOption.AllDirectories)) server.Files["/r.git" + file[root.Length..]] = await File.ReadAllBytesAsync(file);
        await using var room = new NetworkRoom();
        await using var session = await room.CreateAsync($"git.example:{server.Port}");
        await RequireAsync(session, "git");
        if (isSecure) await session.Files.WriteAsync("ca.pem", Encoding.ASCII.GetBytes(server.CertificatePem));
        Assert.Equal("kept\n", await OutputAsync(session, $"GIT_SSL_CAINFO=$PWD/ca.pem git clone -q http{(isSecure ? "s" : "")}://git.example:{server.Port}/r.git && cat r/file"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_package_can_be_installed_with_pip(bool isSecure)
    {
        await using var server = new FileServer(isSecure);
        var wheel = MakeWheel();
        server.Files["/files/hello-1.0-py3-none-any.whl"] = wheel;
        server.Add("/simple/hello/", $"<!DOCTYPE html><html><body><a href=\"/files/hello-1.0-py3-none-any.whl#sha256={Convert.ToHexStringLower(SHA256.HashData(wheel))}\">hello-1.0-py3-none-any.whl</a></body></html>");
        await using var room = new NetworkRoom();
        await using var session = await room.CreateAsync($"pypi.example:{server.Port}");
        await RequireAsync(session, "python3 -m pip");
        if (isSecure) await session.Files.WriteAsync("ca.pem", Encoding.ASCII.GetBytes(server.CertificatePem));
        var trust = isSecure ? "--cert ca.pem" : "--trusted-host pypi.example";
        Assert.Equal("installed\n", await OutputAsync(session,
            $"python3 -m pip install -q --disable-pip-version-check --target lib {trust} --index-url http{(isSecure ? "s" : "")}://pypi.example:{server.Port}/simple/ hello >&2 && PYTHONPATH=lib python3 -c 'import hello; print(hello.text)'"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_package_can_be_installed_with_npm(bool isSecure)
    {
        await using var server = new FileServer(isSecure);
        var tarball = MakeTarball();
        var site = $"http{(isSecure ? "s" : "")}://npm.example:{server.Port}";
        server.Files["/hello/-/hello-1.0.0.tgz"] = tarball;
        var integrity = $"sha512-{Convert.ToBase64String(SHA512.HashData(tarball))}";
        server.Add("/hello", $$"""
            {"name":"hello","dist-tags":{"latest":"1.0.0"},"versions":{"1.0.0":{"name":"hello","version":"1.0.0",
            "dist":{"tarball":"{{site}}/hello/-/hello-1.0.0.tgz","integrity":"{{integrity}}"} } } }
            """);
        await using var room = new NetworkRoom();
        await using var session = await room.CreateAsync($"npm.example:{server.Port}");
        await RequireAsync(session, "npm");
        if (isSecure) await session.Files.WriteAsync("ca.pem", Encoding.ASCII.GetBytes(server.CertificatePem));
        Assert.Equal("installed\n", await OutputAsync(session,
            $"npm install --silent --no-audit --no-fund --no-update-notifier --cafile=$PWD/ca.pem --registry {site}/ hello >&2 && node -e \"console.log(require('hello'))\""));
    }

    [Fact]
    public async Task What_is_not_allowed_is_refused_and_the_tool_shows_why()
    {
        await using var server = new FileServer();
        await using var room = new NetworkRoom();
        await using var session = await room.CreateAsync($"files.example:{server.Port}");
        Assert.StartsWith($"Stateroom: The connection to other.example:80 is refused: no rule of this session allows other.example. A session that is to reach it is created with --allow other.example ",
            await OutputAsync(session, "curl -sS http://other.example/"), StringComparison.Ordinal);
        var result = await session.RunAsync("curl -sS https://other.example/").WaitAsync(Patience.Limit);
        Assert.Contains("403", result.StderrText);
        Assert.Equal(56, result.ExitCode);
        Assert.All(await session.ReadNetworkDecisionsAsync().ToListAsync(), d => Assert.False(d.IsAllowed));
        Assert.Empty(server.Asked);
    }

    private static async Task RequireAsync(ISession session, string program)
    {
        var found = await session.RunAsync($"{program} --version").WaitAsync(Patience.Limit);
        Assert.SkipUnless(found.Success, $"This host has no '{program}' for its rooms.");
    }

    private static async Task<string> OutputAsync(ISession session, string line)
    {
        var result = await session.RunAsync(line).WaitAsync(Patience.Limit);
        Assert.True(result.Success, $"{line}: exit {result.ExitCode} {result.StderrText} {result.StdoutText}");
        return result.StdoutText;
    }

    private static byte[] MakeWheel()
    {
        using var stream = new MemoryStream();
        using (var zip = new ZipArchive(stream, ZipArchiveMode.Create, leaveOpen: true))
        {
            foreach (var (name, text) in (ReadOnlySpan<(string, string)>)[
                ("hello.py", "text = 'installed'\n"),
                ("hello-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: hello\nVersion: 1.0\n"),
                ("hello-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"),
                ("hello-1.0.dist-info/RECORD", "hello.py,,\nhello-1.0.dist-info/METADATA,,\nhello-1.0.dist-info/WHEEL,,\nhello-1.0.dist-info/RECORD,,\n")])
            {
                using var writer = new StreamWriter(zip.CreateEntry(name).Open());
                writer.Write(text);
            }
        }
        return stream.ToArray();
    }

    private static byte[] MakeTarball()
    {
        using var stream = new MemoryStream();
        using (var zip = new GZipStream(stream, CompressionMode.Compress, leaveOpen: true))
        using (var tar = new TarWriter(zip, TarEntryFormat.Ustar))
        {
            foreach (var (name, text) in (ReadOnlySpan<(string, string)>)[
                ("package/package.json", "{\"name\":\"hello\",\"version\":\"1.0.0\",\"main\":\"index.js\"}"), ("package/index.js", "module.exports = 'installed';\n")])
                tar.WriteEntry(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)), Mode = (UnixFileMode)0b110_100_100 });
        }
        return stream.ToArray();
    }

    private static async Task RunAsync(string directory, string line)
    {
        var start = new ProcessStartInfo("/bin/sh", ["-ec", line]) { WorkingDirectory = directory };
        start.Environment["HOME"] = directory;
        using var process = Process.Start(start)!;
        await process.WaitForExitAsync().WaitAsync(Patience.Limit);
        Assert.Equal(0, process.ExitCode);
    }
}
