using System.Text.Json.Nodes;

namespace Stateroom.Testing.Messages;

/// <summary>A reply of the script, made ready for one request.</summary>
internal sealed record PlannedReply
{
    public required ScenarioReply Script { get; init; }

    public required string Id { get; init; }

    public required string Model { get; init; }

    /// <summary>The content blocks as the API shows them.</summary>
    public required IReadOnlyList<JsonObject> Blocks { get; init; }

    public required string StopReason { get; init; }

    public required int InputTokens { get; init; }

    public required int OutputTokens { get; init; }

    public JsonObject Usage(int outputTokens) => new()
    {
        ["input_tokens"] = InputTokens,
        ["cache_creation_input_tokens"] = Script.Usage?.CacheCreationInputTokens ?? 0,
        ["cache_read_input_tokens"] = Script.Usage?.CacheReadInputTokens ?? 0,
        ["output_tokens"] = outputTokens,
    };

    /// <summary>The message as a whole, or with no content as it begins a stream.</summary>
    public JsonObject ToMessage(bool isStart) => new()
    {
        ["id"] = Id,
        ["type"] = "message",
        ["role"] = "assistant",
        ["model"] = Model,
        ["content"] = isStart ? new JsonArray() : new JsonArray([.. Blocks]),
        ["stop_reason"] = isStart ? null : StopReason,
        ["stop_sequence"] = null,
        ["usage"] = Usage(isStart ? 1 : OutputTokens),
    };
}
