using System.Globalization;
using System.Text;

namespace Stateroom.Tests.Conformance;

/// <summary>A shell command whose every byte is known from the number of its shell and its own.</summary>
internal sealed record NumberedCommand(string Text, ShellCommandOptions? Options, byte[] Stdout, string Stderr, int? ExitCode)
{
    // Where a caller's time is over before the command's.
    private static readonly ShellCommandOptions Brief = new() { Timeout = TimeSpan.FromMilliseconds(50), KillGrace = TimeSpan.FromMilliseconds(50) };

    private const int Kinds = 12, EachTimeout = 500;

    public static NumberedCommand Make(int shell, int number)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{shell}.{number}");
        var code = (number * 7) % 256;
        if (number % EachTimeout == EachTimeout - 1) return new NumberedCommand($"echo {name}; sleep 1000", Brief, Bytes(name + "\n"), "", null);
        return (number % Kinds) switch
        {
            0 => Plain($"n={name}; echo \"set $n\"", $"set {name}\n"),
            1 => Plain("echo \"kept $n\"; unset n", $"kept {shell}.{number - 1}\n"),
            2 => new($"echo {name} >&2; (exit {code})", null, [], name + "\n", code),
            3 => Plain($"/bin/echo {name}", name + "\n"),
            4 => Long(number),
            5 => Fed(shell, number),
            6 => new($"f() {{ echo \"$1\"; return {code}; }}; f {name}", null, Bytes(name + "\n"), "", code),
            7 => Plain($"echo {name} | cat", name + "\n"),
            8 => Plain($"(echo {name}) & wait", name + "\n"),
            9 => new($"printf 'no newline'; printf {name} >&2; false", null, Bytes("no newline"), name, 1),
            10 => Plain($"cat <<END\n{name}\nEND", name + "\n"),
            _ => Plain(":", ""),
        };
    }

    /// <summary>Checks every byte and the end.</summary>
    public void Verify(ExecResult result)
    {
        Assert.True(result.Stdout.Span.SequenceEqual(Stdout), $"'{Text}' gave '{Cut(result.StdoutText)}' for '{Cut(Encoding.UTF8.GetString(Stdout))}'");
        Assert.Equal((Text, Stderr, ExitCode, false), (Text, result.StderrText, result.ExitCode, result.ShellEnded));
        Assert.Equal(ExitCode is null ? ExecOutcome.TimedOut : ExecOutcome.Exited, result.Outcome);
    }

    private static NumberedCommand Plain(string text, string stdout) => new(text, null, Bytes(stdout), "", 0);

    private static NumberedCommand Long(int number)
    {
        var (first, last) = (number * 10, (number * 10) + 2000);
        return Plain($"seq {first} {last}", string.Concat(Enumerable.Range(first, last - first + 1).Select(n => n.ToString(CultureInfo.InvariantCulture) + "\n")));
    }

    private static NumberedCommand Fed(int shell, int number)
    {
        var data = new byte[(number * 13) % 30_000];
        new Random(shell + (number * 100)).NextBytes(data);
        return new("cat", new ShellCommandOptions { Input = data }, data, "", 0);
    }

    private static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    private static string Cut(string text) => text.Length <= 200 ? text : text[..200] + "...";
}
