namespace Stateroom.Testing.Messages;

/// <summary>Tool calls and their results: each call is answered, by its id, at the head of the user message right after it.</summary>
internal static class ToolPairRules
{
    public static void Check(IReadOnlyList<WireMessage> messages)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        IReadOnlyList<string> open = [];
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            if (message.Role == "assistant")
            {
                open = [.. message.Blocks.Where(b => WireMessage.TypeOf(b) == "tool_use").Select(b => b.GetProperty("id").GetString()!)];
                foreach (var id in open)
                    if (!seen.Add(id))
                        throw ApiErrorException.Invalid($"messages.{i}: `tool_use` ids must be unique: {id}");
                CheckThinkingFirst(i, messages);
                continue;
            }

            CheckResults(i, message, open);
            open = [];
        }
    }

    private static void CheckResults(int index, WireMessage message, IReadOnlyList<string> open)
    {
        var missing = new HashSet<string>(open, StringComparer.Ordinal);
        var isHead = true;
        foreach (var block in message.Blocks)
        {
            if (WireMessage.TypeOf(block) != "tool_result")
            {
                isHead = false;
                continue;
            }

            var id = block.GetProperty("tool_use_id").GetString()!;
            if (!open.Contains(id, StringComparer.Ordinal))
                throw ApiErrorException.Invalid($"messages.{index}: unexpected `tool_use_id` found in `tool_result` blocks: {id}. "
                    + "Each `tool_result` block must have a corresponding `tool_use` block in the previous message.");
            if (!missing.Remove(id))
                throw ApiErrorException.Invalid($"messages.{index}: each tool_use must have a single result. Found multiple `tool_result` blocks with id: {id}");
            if (!isHead)
                throw ApiErrorException.Invalid($"messages.{index}: `tool_result` blocks must come first in the content: {id}");
        }

        if (missing.Count > 0)
            throw ApiErrorException.Invalid($"messages.{index}: `tool_use` ids were found without `tool_result` blocks immediately after: "
                + $"{string.Join(", ", open.Where(missing.Contains))}. Each `tool_use` block must have a corresponding `tool_result` block in the next message.");
    }

    // A message that has thinking begins with it.
    private static void CheckThinkingFirst(int index, IReadOnlyList<WireMessage> messages)
    {
        var types = messages[index].Blocks.Select(WireMessage.TypeOf).ToList();
        if (types.Contains("thinking") && types[0] is not ("thinking" or "redacted_thinking"))
            throw ApiErrorException.Invalid($"messages.{index}.content.0.type: Expected `thinking` or `redacted_thinking`, but found `{types[0]}`");
    }
}
