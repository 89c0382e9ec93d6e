using System.Formats.Tar;
using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Sessions;
using Stateroom.Tests.Agents.Broker;

namespace Stateroom.Tests.Agents.ClaudeCode.Install;

public sealed class ClaudeCodeInstallerTests : IDisposable
{
    private const string Script = "#!/bin/sh\necho installed\n";

    private static readonly Archive Good = Archive.Of(("package/package.json", "{}"), ("package/claude", Script), ("package/README.md", "read"));

    private readonly TempHome _home = new();
    private readonly Dictionary<string, string> _environment = [];

    public ClaudeCodeInstallerTests() => HomeSetup.Ensure(Layout);

    private HomeLayout Layout => new(_home.Path);

    private string AgentDirectory => ClaudeCodeProgram.Directory(Layout);

    private static CancellationToken Soon => new CancellationTokenSource(Patience.Limit).Token;

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_verified_archive_is_installed_once_for_all_rooms_to_read_and_can_be_removed()
    {
        await Installer(Good).InstallAsync(Stored(Good), null, Soon);
        var program = ClaudeCodeProgram.Path(Layout);
        Assert.Equal(Script, await File.ReadAllTextAsync(program));
        Assert.Equal("555", Mode(program));
        Assert.Equal(("755", "755"), (Mode(AgentDirectory), Mode(ClaudeCodeProgram.VersionDirectory(Layout))));
        Assert.Equal([program], Directory.EnumerateFiles(AgentDirectory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));
        Assert.Equal([ClaudeCodeProgram.VersionDirectory(Layout)], Directory.EnumerateFileSystemEntries(AgentDirectory));

        var before = File.GetLastWriteTimeUtc(program);
        await Installer(Good).InstallAsync("/nowhere/at/all.tgz", null, Soon);
        Assert.Equal(before, File.GetLastWriteTimeUtc(program));

        Assert.True(await Installer(Good).RemoveAsync(Soon));
        Assert.False(Directory.Exists(AgentDirectory));
        Assert.False(await Installer(Good).RemoveAsync(Soon));
    }

    [Fact]
    public async Task Another_archive_than_the_known_one_is_refused_and_leaves_nothing()
    {
        var evil = Archive.Of(("package/claude", "#!/bin/sh\necho evil\n"));
        var refused = await Assert.ThrowsAsync<AgentInstallException>(() => Installer(Good).InstallAsync(Stored(evil), null, Soon));
        Assert.Contains("SHA-512", refused.Message, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task Of_a_known_archive_the_program_alone_is_taken()
    {
        var odd = Archive.Write(tar =>
        {
            tar.WriteEntry(new PaxTarEntry(TarEntryType.SymbolicLink, "package/claude") { LinkName = "/etc/passwd" });
            tar.WriteEntry(new PaxTarEntry(TarEntryType.RegularFile, "../../../escaped") { DataStream = new MemoryStream([1]) });
        });
        var refused = await Assert.ThrowsAsync<AgentInstallException>(() => Installer(odd).InstallAsync(Stored(odd), null, Soon));
        Assert.Contains("package/claude", refused.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.EnumerateFiles(_home.Path, "escaped", SearchOption.AllDirectories));
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task What_is_no_archive_at_all_is_an_error_that_leaves_nothing()
    {
        foreach (var bytes in (byte[][])[[], [1, 2, 3], Good.Bytes[..40]])
        {
            var broken = new Archive(bytes);
            await Assert.ThrowsAsync<AgentInstallException>(() => Installer(broken).InstallAsync(Stored(broken), null, Soon));
            AssertNothingIsLeft();
        }
        var missing = await Assert.ThrowsAsync<AgentInstallException>(() => Installer(Good).InstallAsync("/nowhere/at/all.tgz", null, Soon));
        Assert.Contains("/nowhere/at/all.tgz", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task It_comes_from_the_registry_that_npm_would_use()
    {
        var asked = new List<string>();
        await using var registry = Registry(asked, Good.Bytes);
        var progress = new Heard();
        _environment["NPM_CONFIG_REGISTRY"] = $"{registry.Address}npm/";
        await Installer(Good).InstallAsync(null, progress, Soon);
        Assert.Equal([$"/npm/@anthropic-ai/claude-code-linux-test/-/claude-code-linux-test-{ClaudeCodeProgram.Version}.tgz"], asked);
        Assert.Equal(new AgentInstallProgress(Good.Bytes.Length, Good.Bytes.Length), progress.Last);

        await Installer(Good).RemoveAsync(Soon);
        _environment.Remove("NPM_CONFIG_REGISTRY");
        _environment["HOME"] = _home.Path;
        await File.WriteAllLinesAsync(Path.Combine(_home.Path, ".npmrc"), ["; registry=http://127.0.0.1:9/", "fund=false", $" registry = \"{registry.Address.AbsoluteUri}\" "], Soon);
        await Installer(Good).InstallAsync(null, null, Soon);
        Assert.Equal($"/@anthropic-ai/claude-code-linux-test/-/claude-code-linux-test-{ClaudeCodeProgram.Version}.tgz", asked[^1]);
        Assert.Equal("https://registry.npmjs.org/", NpmRegistry.Find(_ => null).AbsoluteUri);
        Assert.Throws<AgentInstallException>(() => NpmRegistry.Find(name => name == "npm_config_registry" ? "file:///etc" : null));
    }

    [Fact]
    public async Task A_registry_that_does_not_have_it_is_told_with_the_way_out_and_without_its_password()
    {
        await using var registry = RawProvider.Saying(RawProvider.Whole("gone", status: 404));
        _environment["npm_config_registry"] = $"http://user:secret@{registry.Address.Authority}/";
        var failed = await Assert.ThrowsAsync<AgentInstallException>(() => Installer(Good).InstallAsync(null, null, Soon));
        Assert.Contains("404", failed.Message, StringComparison.Ordinal);
        Assert.Contains("--from", failed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", failed.Message, StringComparison.Ordinal);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task A_download_that_breaks_off_or_is_given_up_leaves_nothing()
    {
        var begun = new TaskCompletionSource();
        await using var registry = new RawProvider(async request =>
        {
            await request.SendAsync("HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nhalf");
            if (!begun.TrySetResult()) await request.LeftAsync();
        });
        _environment["NPM_CONFIG_REGISTRY"] = registry.Address.AbsoluteUri;
        await Assert.ThrowsAsync<AgentInstallException>(() => Installer(Good).InstallAsync(null, null, Soon));
        AssertNothingIsLeft();

        using var giveUp = new CancellationTokenSource();
        var heard = new Heard();
        var installing = Installer(Good).InstallAsync(null, heard, giveUp.Token);
        await heard.First.WaitAsync(Patience.Limit);
        await giveUp.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => installing);
        AssertNothingIsLeft();
    }

    [Fact]
    public async Task What_a_killed_installation_left_is_cleared_away()
    {
        Directory.CreateDirectory(Path.Combine(AgentDirectory, ".new", ClaudeCodeProgram.Version));
        await File.WriteAllTextAsync(Path.Combine(AgentDirectory, ".new", "package.tgz"), "half", Soon);
        Directory.CreateDirectory(ClaudeCodeProgram.VersionDirectory(Layout));
        await Installer(Good).InstallAsync(Stored(Good), null, Soon);
        Assert.Equal([ClaudeCodeProgram.Path(Layout)], Directory.EnumerateFiles(AgentDirectory, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }));
    }

    [Fact]
    public async Task Of_several_installations_at_once_one_fetches_it()
    {
        var asked = new List<string>();
        await using var registry = Registry(asked, Good.Bytes);
        _environment["NPM_CONFIG_REGISTRY"] = registry.Address.AbsoluteUri;
        await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => Installer(Good).InstallAsync(null, null, Soon))));
        Assert.Single(asked);
        Assert.True(ClaudeCodeProgram.IsInstalled(Layout));
    }

    private ClaudeCodeInstaller Installer(Archive known) => new(Layout, TimeProvider.System) { Package = known.Package, Environment = name => _environment.GetValueOrDefault(name) };

    private string Stored(Archive archive)
    {
        var path = Path.Combine(_home.Path, "archive.tgz");
        File.WriteAllBytes(path, archive.Bytes);
        return path;
    }

    private static RawProvider Registry(List<string> asked, byte[] bytes) => new(async request =>
    {
        lock (asked) asked.Add(request.Head.Target.Text);
        await request.SendAsync($"HTTP/1.1 200 OK\r\nconnection: close\r\ncontent-length: {bytes.Length}\r\n\r\n");
        await request.Connection.WriteAsync(bytes);
    });

    private void AssertNothingIsLeft() => Assert.True(!Directory.Exists(AgentDirectory) || !Directory.EnumerateFileSystemEntries(AgentDirectory).Any());

    private static string Mode(string path) => Convert.ToString((int)File.GetUnixFileMode(path), 8);

    private sealed class Heard : IProgress<AgentInstallProgress>
    {
        private readonly TaskCompletionSource _first = new();

        public Task First => _first.Task;

        public AgentInstallProgress Last { get; private set; }

        public void Report(AgentInstallProgress value)
        {
            Last = value;
            _first.TrySetResult();
        }
    }
}
