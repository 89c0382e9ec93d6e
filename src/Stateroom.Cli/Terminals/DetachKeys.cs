using System.Globalization;
using System.Text;

namespace Stateroom.Cli.Terminals;

/// <summary>
/// The keys that detach: one or several with Ctrl, typed one after another. Programs may have the terminal send such a key as a longer sequence; that
/// is known too, or the keys would be dead in an editor.
/// </summary>
internal sealed class DetachKeys
{
    public const string Default = "ctrl-]", None = "none";

    private const string Prefix = "ctrl-";

    private readonly byte[][][] _keys;
    private readonly List<byte> _held = [];
    private int _next;

    private DetachKeys(string text, byte[][][] keys) => (Text, _keys) = (text, keys);

    /// <value>As people write it.</value>
    public string Text { get; }

    /// <summary>Reads <c>ctrl-]</c>, <c>ctrl-p,ctrl-q</c> or <c>none</c>.</summary>
    /// <returns>Null if the text is none of these.</returns>
    public static DetachKeys? TryParse(string text)
    {
        if (text == None) return new DetachKeys(text, []);
        var names = text.Split(',');
        if (!names.All(n => n.Length == Prefix.Length + 1 && n.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase) && IsControl(char.ToUpperInvariant(n[^1])))) return null;
        return new DetachKeys(string.Join(' ', names.Select(n => "Ctrl-" + char.ToUpperInvariant(n[^1]))), [.. names.Select(n => Encodings(char.ToUpperInvariant(n[^1])))]);
    }

    /// <summary>Takes what was typed.</summary>
    /// <param name="typed">What one read gave.</param>
    /// <param name="forward">Gets what is the program's; keys that may be the beginning of the sequence wait for the next.</param>
    /// <returns>True if the keys were there; what came behind them is dropped.</returns>
    public bool Scan(ReadOnlySpan<byte> typed, List<byte> forward)
    {
        while (!typed.IsEmpty && _keys.Length > 0)
        {
            var length = Match(_keys[_next], typed);
            if (length > 0)
            {
                _held.AddRange(typed[..length]);
                typed = typed[length..];
                if (++_next == _keys.Length) return true;
            }
            else if (_next > 0)
            {
                forward.AddRange(_held);
                _held.Clear();
                _next = 0;
            }
            else
            {
                forward.Add(typed[0]);
                typed = typed[1..];
            }
        }
        forward.AddRange(typed);
        return false;
    }

    private static bool IsControl(char key) => key is >= '@' and <= '_' and not '[' and not 'M' and not 'J' and not 'I';

    /// <summary>The control character; as kitty's keyboard protocol sends it; as xterm's modifyOtherKeys does.</summary>
    private static byte[][] Encodings(char key)
    {
        var code = ((int)char.ToLowerInvariant(key)).ToString(CultureInfo.InvariantCulture);
        return [[(byte)(key & 0x1F)], Encoding.ASCII.GetBytes($"\e[{code};5u"), Encoding.ASCII.GetBytes($"\e[27;5;{code}~")];
    }

    private static int Match(byte[][] encodings, ReadOnlySpan<byte> typed)
    {
        foreach (var encoding in encodings)
        {
            if (typed.StartsWith(encoding)) return encoding.Length;
        }
        return 0;
    }
}
