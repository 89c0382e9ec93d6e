using System.Globalization;
using System.Text;
using Stateroom.Agents.BuiltIn.Tools;

namespace Stateroom.Agents.Conversations;

/// <summary>A conversation as plain text, for the model to summarise: without tools and thinking, and never longer than asked for.</summary>
internal static class Transcript
{
    // Tried one after the other: what tools told is the longest, and the least to remember.
    private static readonly int[] MostToolChars = [4000, 1000, 200];

    public static string Of(string? summary, IReadOnlyList<SessionMessage> messages, int maxChars)
    {
        var text = "";
        foreach (var most in MostToolChars)
        {
            text = Write(summary, messages, most);
            if (text.Length <= maxChars)
                return text;
        }

        return Cut(text, maxChars);
    }

    private static string Write(string? summary, IReadOnlyList<SessionMessage> messages, int mostToolChars)
    {
        var text = new StringBuilder();
        if (summary is not null)
            text.Append(CultureInfo.InvariantCulture, $"[summary of what came before]\n{summary}\n\n");
        foreach (var message in messages)
            foreach (var block in MessageBlocks.Of(message))
                switch (MessageBlocks.TypeOf(block))
                {
                    case "text" when MessageBlocks.StringOf(block, "text") is { } said:
                        text.Append(CultureInfo.InvariantCulture, $"[{message.Role}]\n{said}\n\n");
                        break;
                    case "tool_use":
                        var input = block.TryGetProperty("input", out var arguments) ? arguments.GetRawText() : "{}";
                        text.Append(CultureInfo.InvariantCulture, $"[assistant calls {MessageBlocks.StringOf(block, "name")}]\n{Cut(input, mostToolChars)}\n\n");
                        break;
                    case "tool_result":
                        text.Append(CultureInfo.InvariantCulture, $"[result]\n{Cut(MessageBlocks.ResultText(block), mostToolChars)}\n\n");
                        break;
                }

        return text.ToString();
    }

    private static string Cut(string text, int maxChars) =>
        text.Length <= maxChars ? text : OutputSpill.Shorten(text, "too long to summarise", maxChars);
}
