using System.Text.Json;

namespace Stateroom;

/// <summary>One entry of a conversation.</summary>
/// <param name="Sequence">1 for the first message of the session, then rising by one.</param>
/// <param name="Timestamp">When it was stored, UTC.</param>
/// <param name="Role"><c>user</c>, <c>assistant</c>, <c>tool</c> or <c>system</c>.</param>
/// <param name="Content">The content: an array of blocks, each an object with a <c>type</c> of <c>text</c>, <c>thinking</c>, <c>redacted_thinking</c>, <c>tool_use</c>,
/// <c>tool_result</c> or <c>summary</c>. A summary, in a message of role <c>system</c>, stands for all messages up to the sequence number in its <c>through</c>.</param>
public sealed record SessionMessage(long Sequence, DateTimeOffset Timestamp, string Role, JsonElement Content);

/// <summary>Which messages to read. All conditions must hold.</summary>
public sealed record MessageQuery
{
    /// <value>Only the newest so many, 1 or more. Null means all.</value>
    public int? Newest { get; init; }

    /// <value>Only messages with a higher sequence number. 0, the default, means all.</value>
    public long After { get; init; }
}
