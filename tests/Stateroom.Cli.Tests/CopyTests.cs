using System.Runtime.InteropServices;
using Stateroom.Cli.Files;
using Stateroom.Cli.Tests.Terminals;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>Copying into sessions and out of them.</summary>
public sealed partial class CopyTests
{
    private const string Tree = "mkdir -p t/d/empty t/.dot; echo run > t/run; chmod 751 t/run; ln t/run t/hard; ln -s run t/link; touch -d '2001-02-03T04:05:06.123456789Z' t/run; ";
    private const string Look = "find . -printf '%p %y %m %n %T@ %l\\n' | grep -v '^\\. ' | sed -E 's/ d ([0-9]+) [0-9]+ [0-9.]+/ d \\1/' | LC_ALL=C sort";

    [Fact]
    public async Task A_directory_goes_in_and_comes_out_as_it_is()
    {
        await using var home = await StartAsync();
        var result = (await home.ShellAsync($"{Tree} stateroom cp t web:; stateroom run web -- 'cd t; {Quoted(Look)}' > inside; (cd t; {Look}) | diff - inside && stateroom cp web:t out && (cd out; {Look}) | diff - inside && cat out/hard")).Succeeded();
        Assert.Equal("Copied 2 files, 4 directories, 1 link (4 B).\n", string.Concat(result.Stdout.Split('\n')[0], "\n"));
        Assert.EndsWith("run\n", result.Stdout, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Names_and_directories_mean_what_they_mean_to_cp()
    {
        await using var home = await StartAsync();
        await home.ShellAsync("mkdir -p t/sub out; echo a > f; echo b > t/sub/g");
        (await home.ShellAsync("stateroom cp f web:; stateroom cp f web:renamed; stateroom cp f web:new/; stateroom cp t web:; stateroom cp t web:t2; stateroom cp t/. web:into; stateroom cp t web:into; stateroom cp f web:/home/room/h")).Succeeded();
        Assert.Equal("./f ./into/sub/g ./into/t/sub/g ./new/f ./renamed ./t/sub/g ./t2/sub/g\n", (await home.RunAsync("run", "web", "--", "echo $(find . -type f | LC_ALL=C sort)")).Stdout);
        (await home.ShellAsync("cd out; stateroom cp web:renamed .; stateroom cp web:t .; stateroom cp web:t other; stateroom cp web:into/. .; stateroom cp web:/home/room/h .")).Succeeded();
        Assert.Equal("./h ./other/sub/g ./renamed ./sub/g ./t/sub/g\n", (await home.ShellAsync("cd out; echo $(find . -type f | LC_ALL=C sort)")).Stdout);
    }

    [Fact]
    public async Task Links_lead_to_a_file_or_into_a_directory()
    {
        await using var home = await StartAsync();
        (await home.ShellAsync("echo a > f; stateroom run web -- 'mkdir dir; echo old > file; ln -s dir ld; ln -s file lf'; stateroom cp f web:ld; stateroom cp f web:lf; stateroom cp web:lf .; stateroom cp web:ld out")).Succeeded();
        Assert.Equal("a\na\nlf\n", (await home.RunAsync("run", "web", "--", "cat dir/f file; find . -name lf -type l -printf '%f\n'")).Stdout);
        Assert.Equal("a\na\n", (await home.ShellAsync("cat lf out/f")).Stdout);
    }

    [Fact]
    public async Task Links_that_lead_out_are_copied_as_links_and_never_followed()
    {
        await using var home = await StartAsync();
        var result = await home.ShellAsync("stateroom run web -- 'mkdir t; ln -s /etc/passwd t/passwd; ln -s ../../../.. t/up'; stateroom cp web:t . && readlink t/passwd t/up; stateroom cp web:t/passwd x; echo $?; ls");
        Assert.Equal("Copied 1 directory, 2 links (0 B).\n/etc/passwd\n../../../..\n1\nhome\nt\n", result.Succeeded().Stdout);
        Assert.Contains("'/workspace/t/passwd' points to '/etc/passwd'", result.Stderr, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_reader_that_goes_away_ends_the_copy_quietly()
    {
        await using var home = await StartAsync();
        var result = await home.ShellAsync("stateroom run web -- 'truncate -s 64M big'; stateroom cp --tar web: - | head -c 1; echo ${PIPESTATUS[0]}; stateroom cp web:big - | head -c 1 > none; echo ${PIPESTATUS[0]}");
        Assert.Equal((".141\n141\n", ""), (result.Stdout, result.Stderr));
    }

    [Fact]
    public async Task Ctrl_C_ends_a_copy_that_waits_for_its_input_and_leaves_nothing_behind()
    {
        await using var home = await StartAsync();
        using var process = home.Start(CliHome.Program, "cp", "-", "web:f");
        // More than a pipe holds: when it is written, the copy is at it.
        await process.StandardInput.BaseStream.WriteAsync(new byte[1 << 20]).AsTask().WaitAsync(Patience.Limit);
        Assert.Equal(0, kill(process.Id, 2));
        await process.WaitForExitAsync().WaitAsync(Patience.Limit);
        Assert.Equal((130, "stateroom: Interrupted. [interrupted]\n"), (process.ExitCode, await process.StandardError.ReadToEndAsync()));
        Assert.Equal("", (await home.RunAsync("run", "web", "--", "ls -A")).Succeeded().Stdout);
    }

    [Fact]
    public async Task A_long_copy_tells_a_terminal_how_far_it_is()
    {
        await using var home = await StartAsync();
        await home.ShellAsync("mkfifo fifo");
        using var terminal = PseudoTerminal.StartShell(home, "stateroom cp --tar - web: < fifo");
        var shown = terminal.Until(" entries, ");
        long files = 0;
        await Task.Run(() =>
        {
            using var fifo = new FileStream(Path.Combine(home.Root, "fifo"), FileMode.Open, FileAccess.Write);
            using var tar = new System.Formats.Tar.TarWriter(fifo);
            for (; !shown.IsCompleted; files++) tar.WriteEntry(new System.Formats.Tar.PaxTarEntry(System.Formats.Tar.TarEntryType.RegularFile, "same"));
        });
        await shown;
        await terminal.Until($"\r\e[KCopied {files} files");
        Assert.Equal(0, await terminal.ExitCode());
    }

    [Fact]
    public void Progress_is_told_after_a_second_and_only_to_a_terminal()
    {
        var clock = new Clock();
        using var terminal = new StringWriter();
        var (progress, silent) = (new CopyProgress(terminal, clock), new CopyProgress(null, clock));
        foreach (var (second, entries) in ((double, long)[])[(0.9, 1), (1.0, 1), (1.1, 2), (1.2, 3)])
        {
            clock.Seconds = second;
            progress.Report(new FileProgress(entries, entries << 10));
            silent.Report(new FileProgress(entries, entries << 10));
        }
        progress.End();
        Assert.Equal("\r\e[K1 entry, 1 KiB\r\e[K3 entries, 3 KiB\r\e[K", terminal.ToString());
    }

    [Fact]
    public async Task Standard_input_and_output_are_files_or_tar_streams()
    {
        await using var home = await StartAsync();
        byte[] bytes = [0, 255, 10, 13, 0];
        (await home.RunWithInputAsync(bytes, "cp", "-", "web:deep/f")).Succeeded();
        Assert.Equal(bytes, (await home.RunAsync("cp", "web:deep/f", "-")).Succeeded().StdoutBytes);
        (await home.ShellAsync($"{Tree} set -eo pipefail; tar c --format=pax -b 200 -C t . | stateroom cp --tar - web:from >&2; mkdir back; stateroom cp --tar web:from - | tar xp -C back; (cd t; {Look}) > a; (cd back; {Look}) | diff a -")).Succeeded();
        Assert.Equal("run\n", (await home.RunAsync("run", "web", "--", "cat from/hard")).Stdout);
    }

    [Fact]
    public async Task A_closed_session_stays_closed()
    {
        await using var home = await StartAsync();
        (await home.RunAsync("session", "close", "web")).Succeeded();
        (await home.ShellAsync("echo x > f; stateroom cp f web:; stateroom cp web:f g; cmp f g")).Succeeded();
        Assert.Contains("stopped (closed)", (await home.RunAsync("session", "show", "web")).Stdout, StringComparison.Ordinal);
        Assert.Equal("x\n", (await home.RunAsync("exec", "web", "--", "cat", "f")).Stdout);
    }

    [Fact]
    public async Task What_is_left_out_is_told_and_makes_the_exit_code_1()
    {
        await using var home = await StartAsync();
        await home.ShellAsync("mkdir t; echo x > t/f; mkfifo t/pipe");
        var result = await home.RunAsync("cp", "t", "web:", "--json");
        Assert.Equal(1, result.ExitCode);
        Assert.Equal((1, "pipe", "is a named pipe"), (
            result.Json.GetProperty("files").GetInt32(), result.Json.GetProperty("left_out")[0].GetProperty("path").GetString(), result.Json.GetProperty("left_out")[0].GetProperty("reason").GetString()));
        Assert.Empty(result.Stderr);
        var plain = await home.RunAsync("cp", "t", "web:");
        Assert.Equal((1, "Copied 1 file, 1 directory (2 B).\n", "left out: pipe is a named pipe\n"), (plain.ExitCode, plain.Stdout, plain.Stderr));
    }

    [Theory]
    [InlineData("cp web:none x", 1, "file_not_found")]
    [InlineData("cp none web:", 1, "file_not_found")]
    [InlineData("cp f missing:", 1, "session_not_found")]
    [InlineData("cp web:/etc/passwd x", 1, "path_refused")]
    [InlineData("cp f web:../x", 1, "path_refused")]
    [InlineData("cp --tar - web:", 1, "archive_invalid")]
    [InlineData("cp - web:.", 1, "file_failed")]
    [InlineData("cp web:. -", 1, "file_failed")]
    [InlineData("cp f web:out/x", 1, "path_refused")]
    [InlineData("cp web:out x", 1, "path_refused")]
    [InlineData("cp f none: --json", 1, "session_not_found")]
    [InlineData("cp - -", 2, "usage")]
    [InlineData("cp - web:new/", 2, "usage")]
    [InlineData("cp f g", 2, "usage")]
    [InlineData("cp web:f web:g", 2, "usage")]
    [InlineData("cp ./web:f web2", 2, "usage")]
    [InlineData("cp f", 2, "usage")]
    [InlineData("cp --tar f web:", 2, "usage")]
    [InlineData("cp web:f - --json", 2, "usage")]
    [InlineData("cp f a.b:x", 2, "invalid_session_id")]
    public async Task A_mistake_is_told_in_one_line(string arguments, int exitCode, string code)
    {
        await using var home = await StartAsync();
        await home.ShellAsync("echo x > f; stateroom run web -- 'ln -s /etc out'");
        var result = await home.RunAsync(arguments.Split(' '));
        Assert.Equal((exitCode, ""), (result.ExitCode, result.Stdout));
        if (arguments.Contains("--json", StringComparison.Ordinal)) Assert.Equal(code, System.Text.Json.JsonElement.Parse(result.Stderr).GetProperty("error").GetProperty("code").GetString());
        else Assert.EndsWith($"[{code}]\n", result.Stderr, StringComparison.Ordinal);
        Assert.Single(result.Stderr.TrimEnd('\n').Split('\n'));
    }

    private static async Task<CliHome> StartAsync()
    {
        var home = new CliHome();
        (await home.RunAsync("session", "start", "-n", "web")).Succeeded();
        return home;
    }

    [LibraryImport("libc")]
    private static partial int kill(int pid, int signal);

    private sealed class Clock : TimeProvider
    {
        public double Seconds { get; set; }

        public override long GetTimestamp() => (long)Math.Round(Seconds * 1000);

        public override long TimestampFrequency => 1000;
    }

    private static string Quoted(string text) => text.Replace("'", "'\\''", StringComparison.Ordinal);
}
