using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn;

/// <summary>
/// Marks how far the provider may reuse what it has read: to the end of the system prompt and to the end of the conversation so far. Without the
/// marks each request of a turn is paid in full. Clients other than Anthropic's ignore them.
/// </summary>
internal sealed class PromptCache
{
    private AIContent? _marked;

    public void Mark(List<ChatMessage> chat)
    {
        chat[0].Contents[^1].WithCacheControl(new CacheControlEphemeral());
        _marked?.WithCacheControl((CacheControlEphemeral?)null);
        _marked = chat[^1].Contents[^1];
        _marked.WithCacheControl(new CacheControlEphemeral());
    }
}
