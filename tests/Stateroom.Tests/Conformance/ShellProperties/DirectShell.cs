using System.Text;

namespace Stateroom.Tests.Conformance.ShellProperties;

/// <summary>
/// The same commands given to the same shell without any of our machinery: a script of its own that evaluates one after another, each with its streams on
/// files, and notes its status.
/// </summary>
/// <remarks>A command that is wrong does not end the script, as it would not end a shell that somebody types at.</remarks>
internal static class DirectShell
{
    // What stands before what a trap on the end prints. That the status is put back is no failure that a trap on failures is to tell.
    private const string Mark = "-- end of a command --\n";

    // All commands of a sequence, quoted, are one argument, and that has at most 128 KiB (execve(2)).
    private const int LongestArgument = 5_000;

    /// <summary>Runs a sequence in its directory and returns what each command that was run gave.</summary>
    public static async Task<List<Observed>> RunAsync(ISession session, string kind, string name, IReadOnlyList<GeneratedCommand> commands)
    {
        // Its files lie beside the directory that the commands work in, so that none of them sees them.
        var directory = Path.Combine(session.WorkspacePath!, name + ".direct");
        Directory.CreateDirectory(directory);
        var inside = $"/workspace/{name}.direct";
        var script = new StringBuilder();
        for (var i = 0; i < commands.Count; i++)
        {
            if (commands[i].Input is { } input) await File.WriteAllBytesAsync(Path.Combine(directory, $"i{i}"), input);
            var streams = $"<{(commands[i].Input is null ? "/dev/null" : $"{inside}/i{i}")} >|{inside}/o{i} 2>|{inside}/e{i}";
            var text = Quote(commands[i].Text);
            if (commands[i].Text.Length > LongestArgument)
            {
                await File.WriteAllBytesAsync(Path.Combine(directory, $"c{i}"), Encoding.UTF8.GetBytes(commands[i].Text));
                text = $"\"$(/bin/cat {inside}/c{i})\"";
            }
            script.Append(kind == "zsh" ? $"{{ builtin eval {text} {streams}; }} always {{ TRY_BLOCK_ERROR=0; }}" : $"command eval {text} {streams}");
            var builtin = kind == "zsh" ? "builtin" : "command";
            script.Append($"; _kept=$?; {builtin} echo \"$_kept\" >|{inside}/s{i}; {builtin} echo '{Mark.TrimEnd()}'; ");
            script.Append("case $- in *e*) ;; *) { (exit \"$_kept\"); } >|/dev/null 2>&1;; esac\n");
        }
        script.Append("trap - EXIT; exit 0\n");
        string[] program = kind switch
        {
            "bash" => ["bash", "--noprofile", "--norc", "-O", "expand_aliases"],
            "zsh" => ["zsh", "-f"],
            "ash" => ["busybox", "ash"],
            _ => [kind],
        };
        var end = await session.Sandbox.ExecAsync([.. program, "-c", script.ToString(), kind], new ExecOptions { WorkingDirectory = name }).WaitAsync(Patience.Limit);

        var observed = new List<Observed>();
        for (var i = 0; i < commands.Count && File.Exists(Path.Combine(directory, $"o{i}")); i++)
        {
            var status = Path.Combine(directory, $"s{i}");
            var ended = !File.Exists(status);
            var told = ended ? RoomTest.Describe(end) + ", shell ended" : "exit " + (await File.ReadAllTextAsync(status)).TrimEnd('\n');
            var stdout = await File.ReadAllBytesAsync(Path.Combine(directory, $"o{i}"));
            // What a trap on the end prints goes where the shell itself prints.
            if (ended) stdout = [.. stdout, .. Encoding.Latin1.GetBytes(Encoding.Latin1.GetString(end.Stdout.Span).Split(Mark)[^1])];
            observed.Add(Observed.From(stdout, await File.ReadAllBytesAsync(Path.Combine(directory, $"e{i}")), told));
            if (ended) break;
        }
        return observed;
    }

    private static string Quote(string text) => "'" + text.Replace("'", "'\\''", StringComparison.Ordinal) + "'";
}
