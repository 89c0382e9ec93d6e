using System.Text;
using Stateroom.Network;

namespace Stateroom.Tests.Faults;

/// <summary>What the script's commands and files come to when nothing dies.</summary>
internal static class Expected
{
    public const int LargeBytes = 3_000_000, OldBytes = 700_000;

    public const string Input = "typed\n";

    public static readonly IReadOnlyDictionary<string, Run> Runs = new Dictionary<string, Run>
    {
        ["exec"] = new(["/bin/sh", "-c", "printf out; printf err >&2; exit 3"], ExecOutcome.Exited, 3, "out", "err"),
        ["refused"] = new(["/no/such/program"], ExecOutcome.NotStarted, null, "", ""),
        ["network"] = Refused("one"),
        ["network2"] = Refused("two"),
        ["stream"] = new(["cat"], ExecOutcome.Exited, 0, Input, ""),
        ["large"] = new(["head", "-c", $"{LargeBytes}", "/dev/zero"], ExecOutcome.Exited, 0, new string('\0', LargeBytes), ""),
        ["terminal"] = new(["echo", "shown"], ExecOutcome.Exited, 0, "shown\r\n", ""),
        ["again"] = new(["echo", "again"], ExecOutcome.Exited, 0, "again\n", ""),
        ["adopted"] = new(["echo", "adopted"], ExecOutcome.Exited, 0, "adopted\n", ""),
        ["old1"] = Old('1'),
        ["old2"] = Old('2'),
        ["old3"] = Old('3'),
        ["ephemeral"] = new(["echo", "ephemeral"], ExecOutcome.Exited, 0, "ephemeral\n", ""),
        ["repaired"] = new(["echo", "repaired"], ExecOutcome.Exited, 0, "repaired\n", ""),
    };

    /// <summary>Commands of the shell in their order.</summary>
    public static readonly IReadOnlyList<(string Step, Run Run)> Commands =
    [
        ("command1", new(["cd /tmp; x=5"], ExecOutcome.Exited, 0, "", "")),
        ("command2", new(["printf \"$x:$PWD\"; echo bad >&2; (exit 7)"], ExecOutcome.Exited, 7, "5:/tmp", "bad\n")),
        ("command3", new(["exit 4"], ExecOutcome.Exited, 4, "", "")),
    ];

    /// <summary>What the steps make of files, in their order; null is no file.</summary>
    public static readonly IReadOnlyList<(string Step, string Path, string? Content)> Files =
    [
        ("write", "a.txt", "one"),
        ("overwrite", "a.txt", "two and more"),
        ("append", "a.txt", "two and more and the end"),
        ("move", "a.txt", null),
        ("move", "d/moved.txt", "two and more and the end"),
        ("writeb", "b.txt", "b"),
        ("removeb", "b.txt", null),
        ("copy", "in/first", "first"),
        ("copy", "in/sub/second", "second"),
        ("turn1", "turn1.made", "made"),
        ("turn2", "turn2.made", "made"),
    ];

    // Asks the proxy for what no session allows. What it says depends on whether the host lives; what the command comes to must not.
    private static Run Refused(string host) => new(
        ["/bin/bash", "-c", $"(exec 3<>/dev/tcp/127.0.0.1/{RoomPorts.Proxy} && printf 'CONNECT {host}.example:1 HTTP/1.1\\r\\nHost: x\\r\\n\\r\\n' >&3 && cat <&3) > /dev/null 2>&1; echo asked"],
        ExecOutcome.Exited, 0, "asked\n", "");

    private static Run Old(char digit) => new(["/bin/sh", "-c", $"head -c {OldBytes} /dev/zero | tr '\\0' {digit}"], ExecOutcome.Exited, 0, new string(digit, OldBytes), "");

    internal sealed record Run(string[] Arguments, ExecOutcome Outcome, int? ExitCode, string Stdout, string Stderr)
    {
        /// <summary>A result as a script tells it.</summary>
        public static string Tell(ExecResult result) =>
            $"{result.Outcome} {result.ExitCode?.ToString() ?? "-"} {Digest(result.StdoutBytes, result.StdoutText)} {Digest(result.StderrBytes, result.StderrText)}";

        public override string ToString() => $"{Outcome} {ExitCode?.ToString() ?? "-"} {Digest(Stdout.Length, Stdout)} {Digest(Stderr.Length, Stderr)}";

        // Of an output beyond the log's limit a slow reader gets a part, and is told of how much.
        private static string Digest(long bytes, string text) => bytes >= LargeBytes ? $"{bytes}" : $"{bytes}:{Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(Encoding.UTF8.GetBytes(text)))[..12]}";
    }
}
