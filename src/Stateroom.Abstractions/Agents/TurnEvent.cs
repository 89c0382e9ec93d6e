using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom;

/// <summary>Something that happened in a turn. The same events travel from the agent to every kind of client.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(TextDelta), "text")]
[JsonDerivedType(typeof(ToolCallStarted), "tool_call")]
[JsonDerivedType(typeof(ToolCallCompleted), "tool_result")]
[JsonDerivedType(typeof(FileCreated), "file_created")]
[JsonDerivedType(typeof(TurnCompleted), "result")]
public abstract record TurnEvent;

/// <summary>A piece of the agent's text.</summary>
/// <param name="Text">The text.</param>
public sealed record TextDelta(string Text) : TurnEvent;

/// <summary>The agent calls a tool.</summary>
/// <param name="CallId">The call's id, unique in the conversation.</param>
/// <param name="Tool">The tool's name.</param>
/// <param name="Input">The tool's arguments.</param>
public sealed record ToolCallStarted(string CallId, string Tool, JsonElement Input) : TurnEvent;

/// <summary>A tool call has ended.</summary>
/// <param name="CallId">The call's id.</param>
/// <param name="IsError">True if the tool failed.</param>
/// <param name="Output">What the agent is told.</param>
public sealed record ToolCallCompleted(string CallId, bool IsError, string Output) : TurnEvent;

/// <summary>A file is in the workspace that was not there before the turn.</summary>
/// <param name="Path">Path relative to the workspace; a folded directory such as node_modules ends with a slash.</param>
public sealed record FileCreated(string Path) : TurnEvent;

/// <summary>The turn has ended.</summary>
/// <param name="Result">How.</param>
public sealed record TurnCompleted(TurnResult Result) : TurnEvent;

/// <summary>The end of a turn.</summary>
public sealed record TurnResult
{
    /// <value>True if the agent came to a final answer.</value>
    public required bool Success { get; init; }

    /// <value>The agent's final answer; what there was of it if the turn failed.</value>
    public string Response { get; init; } = "";

    /// <value>Why the turn failed; null if it did not.</value>
    public string? Error { get; init; }

    /// <value>A stable code for <see cref="Error"/>, such as <c>max_turns</c>, <c>model_error</c>, <c>interrupted</c>, <c>no_result</c>. Null on success.</value>
    public string? ErrorCode { get; init; }

    /// <value>Requests that were made to the model.</value>
    public int Turns { get; init; }

    /// <value>Time from the prompt to the end.</value>
    public TimeSpan Duration { get; init; }

    /// <value>Tokens read, cached ones included, of this turn alone; null if the provider does not say.</value>
    public long? InputTokens { get; init; }

    /// <value>Tokens written, of this turn alone; null if the provider does not say.</value>
    public long? OutputTokens { get; init; }

    /// <value>What this turn cost, in US dollars; null if it is not known.</value>
    public decimal? CostUsd { get; init; }

    /// <value>Files created in the workspace, relative to it, sorted; folded directories end with a slash.</value>
    public IReadOnlyList<string> FilesCreated { get; init; } = [];

    /// <value>Files that were there before the turn and have changed, relative to the workspace, sorted.</value>
    public IReadOnlyList<string> FilesChanged { get; init; } = [];
}
