using Stateroom.Agents.Conversations;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>What the CLI is told: the prompt, and what came before it if that is a conversation which the CLI does not know (another agent had it, or its own
/// files are gone).</summary>
internal static class Prompts
{
    // A quarter of a context of 200,000 tokens of about four characters.
    private const int MostChars = 200_000;

    public static string Of(IReadOnlyList<SessionMessage> messages) =>
        string.Join('\n', MessageBlocks.Of(messages[^1]).Select(block => MessageBlocks.StringOf(block, "text")).OfType<string>());

    public static string WithHistory(IReadOnlyList<SessionMessage> messages) => $"""
        <conversation-so-far>
        What you and the user said before, as far as it is kept.

        {Transcript.Of(null, [.. messages.SkipLast(1)], MostChars)}
        </conversation-so-far>

        {Of(messages)}
        """;
}
