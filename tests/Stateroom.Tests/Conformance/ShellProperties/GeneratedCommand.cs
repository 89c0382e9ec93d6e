using System.Globalization;
using System.Text;

namespace Stateroom.Tests.Conformance.ShellProperties;

/// <summary>One command of a generated sequence.</summary>
/// <param name="Text">What is typed.</param>
/// <param name="Input">Its standard input; null for none.</param>
internal sealed record GeneratedCommand(string Text, byte[]? Input)
{
    private const int MostShown = 700;

    public override string ToString()
    {
        var text = Text.Length <= MostShown ? Text : string.Create(CultureInfo.InvariantCulture, $"{Text.AsSpan(0, MostShown / 2)}...{Text.AsSpan(Text.Length - (MostShown / 2))} ({Text.Length} characters)");
        return Input is null ? text : $"{text}\n(with {Input.Length} bytes of input, {Encoding.Latin1.GetString(Input.AsSpan(0, Math.Min(20, Input.Length)))}...)";
    }
}
