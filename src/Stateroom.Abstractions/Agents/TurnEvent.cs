using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom;

/// <summary>Something that happened in a turn. The same events travel from the agent to every kind of client.</summary>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "type")]
[JsonDerivedType(typeof(TextDelta), "text")]
[JsonDerivedType(typeof(ThinkingDelta), "thinking")]
[JsonDerivedType(typeof(ToolCallStarted), "tool_call")]
[JsonDerivedType(typeof(ToolCallCompleted), "tool_result")]
[JsonDerivedType(typeof(PermissionRequested), "permission_request")]
[JsonDerivedType(typeof(PermissionDecided), "permission_decision")]
[JsonDerivedType(typeof(NetworkDecided), "network")]
[JsonDerivedType(typeof(Notice), "notice")]
[JsonDerivedType(typeof(FileCreated), "file_created")]
[JsonDerivedType(typeof(FileChanged), "file_changed")]
[JsonDerivedType(typeof(TurnCompleted), "result")]
public abstract record TurnEvent;

/// <summary>A piece of the agent's text.</summary>
/// <param name="Text">The text.</param>
public sealed record TextDelta(string Text) : TurnEvent;

/// <summary>A piece of what the agent thinks before it answers; not part of the answer.</summary>
/// <param name="Text">The text.</param>
public sealed record ThinkingDelta(string Text) : TurnEvent;

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

/// <summary>The turn waits until somebody allows or denies a tool call.</summary>
/// <param name="Request">The call.</param>
public sealed record PermissionRequested(PermissionRequest Request) : TurnEvent;

/// <summary>A tool call was allowed or denied, by the answer to a request or by a rule.</summary>
/// <param name="CallId">The call's id.</param>
/// <param name="Tool">The tool's name.</param>
/// <param name="Decision">The answer.</param>
public sealed record PermissionDecided(string CallId, string Tool, PermissionDecision Decision) : TurnEvent;

/// <summary>A connection out of the room was allowed or refused while the turn ran.</summary>
/// <param name="Decision">Which, and why.</param>
public sealed record NetworkDecided(NetworkDecision Decision) : TurnEvent;

/// <summary>Something that a user may want to know, such as that a request to the model is tried again.</summary>
/// <param name="Text">One line.</param>
public sealed record Notice(string Text) : TurnEvent;

/// <summary>A file is in the workspace that was not there before the turn.</summary>
/// <param name="Path">Path relative to the workspace; a folded directory such as node_modules ends with a slash.</param>
public sealed record FileCreated(string Path) : TurnEvent;

/// <summary>A file that was in the workspace before the turn is another now.</summary>
/// <param name="Path">Path relative to the workspace.</param>
public sealed record FileChanged(string Path) : TurnEvent;

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

    /// <value>A stable code for <see cref="Error"/>, such as <c>max_turns</c>, <c>token_budget</c>, <c>model_error</c>, <c>authentication_error</c>, <c>context_limit</c>,
    /// <c>interrupted</c>, <c>no_result</c>. Null on success.</value>
    public string? ErrorCode { get; init; }

    /// <value>Tools that the agent wanted to call and was denied, one entry per call, in order. A turn may succeed all the same.</value>
    public IReadOnlyList<string> PermissionsDenied { get; init; } = [];

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
