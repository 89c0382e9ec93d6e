using System.Text;
using System.Text.Json;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>Tells a conversation that the CLI does not know (another agent had it, or its own files are gone) as text before the prompt.</summary>
internal static class Transcript
{
    // A quarter of a context of 200,000 tokens of about four characters.
    private const int MostChars = 200_000, MostResultChars = 2_000;

    public static string PromptOf(IReadOnlyList<SessionMessage> messages) => TextOf(messages[^1]);

    /// <summary>The prompt with what came before it.</summary>
    public static string WithHistory(IReadOnlyList<SessionMessage> messages)
    {
        var parts = new List<string>();
        var length = 0;
        // The newest are worth most.
        for (var i = messages.Count - 2; i >= 0 && length < MostChars; i--)
        {
            parts.Add($"[{messages[i].Role}]\n{TextOf(messages[i])}");
            length += parts[^1].Length;
        }
        parts.Reverse();
        var left = length >= MostChars ? "The beginning is left out.\n\n" : "";
        return $"<conversation-so-far>\nWhat you and the user said before, as far as it is kept. {left}\n{string.Join("\n\n", parts)}\n</conversation-so-far>\n\n{PromptOf(messages)}";
    }

    private static string TextOf(SessionMessage message)
    {
        if (message.Content.ValueKind == JsonValueKind.String) return message.Content.GetString()!;
        if (message.Content.ValueKind != JsonValueKind.Array) return "";
        var text = new StringBuilder();
        foreach (var block in message.Content.EnumerateArray())
        {
            var line = block.Text("type") switch
            {
                "text" or "summary" => block.Text("text") ?? "",
                "tool_use" => $"(called {block.Text("name")} {block.Member("input").GetRawText()})",
                "tool_result" => $"(result: {Cut(ClaudeBlocks.ResultText(block))})",
                _ => "",
            };
            if (line.Length > 0) text.Append(text.Length > 0 ? "\n" : "").Append(line);
        }
        return text.ToString();
    }

    private static string Cut(string text) => text.Length <= MostResultChars ? text : text[..MostResultChars] + " ...";
}
