using System.Diagnostics;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>A home directory of its own, and the real command run in it as a child process.</summary>
internal sealed class CliHome : IAsyncDisposable
{
    public static readonly string Program = Path.Combine(AppContext.BaseDirectory, "Stateroom.Cli");

    private readonly Dictionary<string, string?> _environment = new() { ["ANTHROPIC_API_KEY"] = null, ["ANTHROPIC_AUTH_TOKEN"] = null, ["CLAUDE_CODE_OAUTH_TOKEN"] = null, ["NO_COLOR"] = null };

    public CliHome()
    {
        Root = Directory.CreateTempSubdirectory("stateroom-cli-").FullName;
        // A root host's rooms run under user ids of their own, which must be able to pass.
        File.SetUnixFileMode(Root, (UnixFileMode)0b111_001_001);
        Set("STATEROOM_HOME", Path.Combine(Root, "home"));
    }

    public string Root { get; }

    public string Home => Path.Combine(Root, "home");

    public string SessionFile(string id, string name) => Path.Combine(Home, "sessions", id, ".stateroom", name);

    /// <summary>How long a run may take.</summary>
    public TimeSpan Limit { get; init; } = Patience.Limit;

    public CliHome Set(string variable, string? value)
    {
        _environment[variable] = value;
        return this;
    }

    public Task<CliResult> RunAsync(params string[] arguments) => ChildAsync(Program, null, arguments);

    public Task<CliResult> RunWithInputAsync(byte[] input, params string[] arguments) => ChildAsync(Program, input, arguments);

    /// <summary>Runs a shell line in which <c>stateroom</c> is the command.</summary>
    public Task<CliResult> ShellAsync(string line) => ChildAsync("/bin/bash", null, "-c", Line(line));

    public static string Line(string line) => $"stateroom() {{ '{Program}' \"$@\"; }}\n{line}";

    public Process Start(string program, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = Root,
        };
        foreach (var (name, value) in _environment) start.Environment[name] = value;
        return Process.Start(start)!;
    }

    /// <summary>Names, sizes and times of everything below the home: equal before and after, nothing was changed.</summary>
    public string Fingerprint() => !Directory.Exists(Home) ? "none" : string.Join('\n',
        new DirectoryInfo(Path.Combine(Home, "sessions")).EnumerateFileSystemInfos("*", SearchOption.AllDirectories)
            .Select(e => $"{e.FullName} {(e as FileInfo)?.Length} {e.LastWriteTimeUtc:O}").Order(StringComparer.Ordinal));

    public async ValueTask DisposeAsync()
    {
        if (Directory.Exists(Path.Combine(Home, "sessions")))
        {
            foreach (var session in Directory.EnumerateDirectories(Path.Combine(Home, "sessions"))) await RunAsync("session", "rm", Path.GetFileName(session), "--yes");
        }
        Directory.Delete(Root, recursive: true);
    }

    private async Task<CliResult> ChildAsync(string program, byte[]? input, params string[] arguments)
    {
        using var process = Start(program, arguments);
        using var patience = new CancellationTokenSource(Limit);
        try
        {
            using var stdout = new MemoryStream();
            var output = process.StandardOutput.BaseStream.CopyToAsync(stdout, patience.Token);
            var error = process.StandardError.ReadToEndAsync(patience.Token);
            if (input is not null) await process.StandardInput.BaseStream.WriteAsync(input, patience.Token);
            process.StandardInput.Close();
            await output;
            var stderr = await error;
            await process.WaitForExitAsync(patience.Token);
            return new CliResult(process.ExitCode, stdout.ToArray(), stderr);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"'{program} {string.Join(' ', arguments)}' did not end in {Limit.TotalSeconds} s.");
        }
    }
}
