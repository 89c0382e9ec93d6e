using Microsoft.Extensions.AI;
using Stateroom.Agents.Conversations;

namespace Stateroom.Agents.BuiltIn;

/// <summary>Tokens by size, one for four characters, where the provider has not counted.</summary>
internal static class TokenEstimate
{
    private const int CharsPerToken = 4;

    public static long Of(IEnumerable<ChatMessage> chat) => chat.Sum(m => m.Contents.Sum(CharsOf)) / CharsPerToken;

    public static long Of(IEnumerable<AIContent> contents) => contents.Sum(CharsOf) / CharsPerToken;

    private static long CharsOf(AIContent content) => content switch
    {
        TextContent text => text.Text.Length,
        TextReasoningContent thinking => thinking.Text.Length + (thinking.ProtectedData?.Length ?? 0),
        FunctionCallContent call => call.Name.Length + MessageBlocks.Input(call).GetRawText().Length,
        FunctionResultContent result => (result.Result as string)?.Length ?? 0,
        _ => 0,
    };
}
