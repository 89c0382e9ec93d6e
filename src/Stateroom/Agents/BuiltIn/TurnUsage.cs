using Anthropic.Models.Messages;
using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn;

/// <summary>The tokens of a turn, and what they cost.</summary>
internal sealed class TurnUsage(ModelPrice? price)
{
    private const decimal Million = 1_000_000;

    private decimal _cost;
    private bool _isCostKnown = price is not null;
    private bool _hasCost;

    /// <summary>Tokens read; null if the provider has not said for any request.</summary>
    public long? InputTokens { get; private set; }

    /// <summary>Tokens written; null if the provider has not said for any request.</summary>
    public long? OutputTokens { get; private set; }

    /// <summary>Tokens read and written, estimated by size where the provider does not say: a budget that nobody counts would be none.</summary>
    public long Spent { get; private set; }

    /// <summary>US dollars; null if the price or the tokens of a request are not known.</summary>
    public decimal? CostUsd => _isCostKnown && _hasCost ? _cost : null;

    /// <returns>The size of the conversation after this reply, in tokens.</returns>
    public long Add(IReadOnlyList<ChatMessage> chat, ChatResponse response)
    {
        var usage = response.Usage;
        var input = usage?.InputTokenCount ?? TokenEstimate.Of(chat);
        var output = usage?.OutputTokenCount ?? TokenEstimate.Of(response.Messages);
        Spent += input + output;
        if (usage?.InputTokenCount is not null)
            InputTokens = (InputTokens ?? 0) + input;
        if (usage?.OutputTokenCount is not null)
            OutputTokens = (OutputTokens ?? 0) + output;
        if (usage is { InputTokenCount: not null, OutputTokenCount: not null } && price is not null)
            AddCost(usage, input, output, price);
        else
            _isCostKnown = false;
        return input + output;
    }

    private void AddCost(UsageDetails usage, long input, long output, ModelPrice price)
    {
        var read = usage.CachedInputTokenCount ?? 0;
        // The abstraction has no member for it; this is the official client's name.
        var written = usage.AdditionalCounts?.TryGetValue(nameof(Usage.CacheCreationInputTokens), out var count) == true ? count : 0;
        _cost += ((input - read - written) * price.Input + read * price.CacheRead + written * price.CacheWrite + output * price.Output) / Million;
        _hasCost = true;
    }
}
