using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Stateroom.Tests.Conformance.ShellProperties;

/// <summary>Makes sequences of commands for one kind of shell: the same seed gives the same sequence.</summary>
internal sealed partial class CommandGenerator
{
    public const int DataLength = 400_000;
    private const int MostOutput = 300_000, LongLine = 125_000;

    private static readonly string[] Characters = [.. "ab \t\n'\"\\$`!*?[]{}~#&|;<>()=-%^\r\b\u0001".Select(c => c.ToString()), "ü", "日", "🙂", "$v1", "${v2}", "--", "a b"];

    // An error that ends a child of busybox's shell below "command eval" makes that child hang. So children print only, and what makes even that fail is left out.
    private static readonly string[] HangsAsh = ["set -u", "set -C", "cd /usr", "echo ${"];

    private readonly string _kind;
    private readonly Random _random;
    private readonly string[][] _tables;
    private readonly int[] _weights;
    private bool _correct;

    public CommandGenerator(string kind, int seed)
    {
        _kind = kind;
        _random = new Random(seed);
        string[][] own = kind switch
        {
            "bash" => [Phrases.BashAndZsh, Phrases.Bash],
            "zsh" => [Phrases.BashAndZsh, Phrases.Zsh],
            _ => [],
        };
        _tables = [Phrases.Print, Phrases.State, Phrases.Status, Phrases.Jobs, Phrases.Options, Phrases.Read, .. own, Phrases.Wrong];
        if (kind == "ash") _tables = [.. _tables.Select(phrases => phrases.Where(p => !HangsAsh.Any(h => p.StartsWith(h, StringComparison.Ordinal))).ToArray())];
        _weights = [10, 10, 5, 1, 3, 1, .. own.Select(_ => 3), 1];
    }

    /// <summary>The bytes that the commands print from.</summary>
    public static byte[] Data(int seed)
    {
        var data = new byte[DataLength];
        new Random(seed).NextBytes(data);
        return data;
    }

    /// <summary>Two to seven commands; one sequence in four ends with one that ends its shell.</summary>
    public IReadOnlyList<GeneratedCommand> Sequence()
    {
        var commands = new List<GeneratedCommand>();
        for (var left = _random.Next(2, 7); left > 0; left--) commands.Add(Command());
        if (_random.Next(4) == 0) commands.Add(new GeneratedCommand(Fill(Any(Phrases.Ends), 1), null));
        return commands;
    }

    private GeneratedCommand Command()
    {
        if (_random.Next(60) == 0) return new GeneratedCommand($"v1='{new string('y', _random.Next(LongLine))}'; echo ${{#v1}} # {new string('c', 5000)}", null);
        if (_random.Next(30) == 0) return new GeneratedCommand(Any(Phrases.Alone), null);
        if (_random.Next(12) > 0) return new GeneratedCommand(Statements(2), null);
        return new GeneratedCommand(Fill(Any(Phrases.Read), 2) + "\n" + Statements(1), Input());
    }

    private byte[] Input()
    {
        var input = new byte[_random.Next(4) == 0 ? _random.Next(200_000) : _random.Next(200)];
        _random.NextBytes(input);
        // NUL in a line is where shells differ from run to run of their buffers; newlines give "read" something to do.
        for (var i = 0; i < input.Length; i++) input[i] = input[i] switch { 0 => (byte)'0', < 16 => (byte)'\n', var b => b };
        return input;
    }

    private string Statements(int depth)
    {
        var text = Statement(depth);
        for (var more = _random.Next(3); more > 0; more--)
        {
            var next = Statement(depth);
            // A here-document, a comment or an empty statement takes the whole line.
            var single = text.Length > 0 && next.Length > 0 && text.AsSpan().IndexOfAny('\n', '#') < 0 && !next.StartsWith('#') && !next.StartsWith('\n');
            text += (single ? Any(["\n", "; ", " && ", " || "]) : "\n") + next;
        }
        return text;
    }

    private string Statement(int depth)
    {
        if (depth > 0 && _random.Next(4) == 0) return Fill(Any(Phrases.Nested), depth - 1);
        var at = _random.Next(_weights.Sum() - (_correct ? _weights[^1] : 0));
        var table = 0;
        while (at >= _weights[table]) at -= _weights[table++];
        return Fill(Any(_tables[table]), depth);
    }

    private string Fill(string phrase, int depth) => Place().Replace(phrase, place => place.Value switch
    {
        "@S" => Statements(depth),
        "@K" => InChild(depth),
        "@T" => Correct(() => InChild(depth)),
        "@C" => Any(Phrases.Status) is var condition ? Fill(condition, 0) : "",
        "@E" => Statement(0).Replace("'", "'\\''", StringComparison.Ordinal),
        "@word" => Word(),
        "@bytes" => Bytes(),
        "@base" => Base64(),
        "@to" => _random.Next(3) == 0 ? " >&2" : "",
        "@size" => Number(_random.Next(3) switch { 0 => 100, 1 => 10_000, _ => MostOutput }),
        "@number" => Number(100),
        "@code" => Number(256),
        "@v" => $"v{_random.Next(1, 4)}",
        "@f2" => "f2",
        "@f" => _random.Next(2) == 0 ? "f1" : "f3",
        "@a" => $"a{_random.Next(1, 3)}",
        "@x" => $"x{_random.Next(1, 4)}",
        var other => throw new InvalidOperationException($"A phrase uses {other}, which stands for nothing."),
    });

    private string InChild(int depth) => _kind == "ash" ? Fill(Any(Phrases.Print), 0) : Statements(depth);

    // A syntax error in a command substitution ends bash unless somebody types at it.
    private string Correct(Func<string> make)
    {
        var outer = _correct;
        _correct = true;
        var text = make();
        _correct = outer;
        return text;
    }

    private string Any(string[] phrases) => phrases[_random.Next(phrases.Length)];

    private string Number(int below) => _random.Next(below).ToString(CultureInfo.InvariantCulture);

    private string Word()
    {
        var text = new StringBuilder();
        for (var left = _random.Next(12); left > 0; left--) text.Append(Any(Characters));
        var plain = text.ToString();
        return _random.Next(3) switch
        {
            0 => "\"" + Special().Replace(plain.Replace("$v1", "\0", StringComparison.Ordinal), "\\$0").Replace("\0", "$v1", StringComparison.Ordinal) + "\"",
            _ => "'" + plain.Replace("'", "'\\''", StringComparison.Ordinal) + "'",
        };
    }

    private string Bytes()
    {
        var text = new StringBuilder();
        for (var left = _random.Next(1, 80); left > 0; left--) text.Append('\\').Append(Convert.ToString(_random.Next(256), 8).PadLeft(3, '0'));
        return text.ToString();
    }

    private string Base64()
    {
        var bytes = new byte[_random.Next(300)];
        _random.NextBytes(bytes);
        return Convert.ToBase64String(bytes, Base64FormattingOptions.InsertLineBreaks).Replace("\r", "", StringComparison.Ordinal);
    }

    [GeneratedRegex("@[a-zA-Z][a-z]*2?")]
    private static partial Regex Place();

    [GeneratedRegex("[\"\\\\$`]")]
    private static partial Regex Special();
}
