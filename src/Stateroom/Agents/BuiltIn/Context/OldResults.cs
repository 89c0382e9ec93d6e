using System.Globalization;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn.Context;

/// <summary>Makes room within a turn: what tools told early in it is left out of the requests, with the calls still there. The stored messages stay whole.</summary>
internal static class OldResults
{
    // The newest ones are what the model works with now.
    private const int KeptMessages = 2;

    private const int SmallChars = 400;

    /// <returns>False if there was nothing to leave out.</returns>
    public static bool LeaveOut(List<ChatMessage> chat)
    {
        var results = chat.Where(m => m.Role == ChatRole.Tool).ToList();
        var any = false;
        foreach (var message in results.Take(results.Count - KeptMessages))
            for (var i = 0; i < message.Contents.Count; i++)
            {
                if (message.Contents[i] is not FunctionResultContent { Result: string { Length: > SmallChars } text } result)
                    continue;
                var note = string.Create(CultureInfo.InvariantCulture, $"[{text.Length} characters of output, left out to save space; call the tool again if you need them]");
                message.Contents[i] = result.Exception is null ? new FunctionResultContent(result.CallId, note) : Conversation.ToolError(result.CallId, note);
                any = true;
            }

        return any;
    }
}
