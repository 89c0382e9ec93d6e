using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom.Testing;

/// <summary>One answer of the model. It stops for tools if it has tool calls, else it ends the turn.</summary>
public sealed record ScenarioReply
{
    /// <value>The text. <c>{{tool_result:N}}</c> stands for the text of the N-th tool result since the prompt, counted from 1, without the
    /// white space at its end. Null, the default, means no text.</value>
    public string? Text { get; init; }

    /// <value>Thinking before the answer, signed: a client that sends it back changed or without its signature is refused. Null, the default,
    /// means none.</value>
    public string? Thinking { get; init; }

    /// <value>Data of a thinking block that the service does not show, after <see cref="Thinking"/>; it must come back as it is. Null, the default, means none.</value>
    public string? RedactedThinking { get; init; }

    /// <value>How often the text is said, one after the other, from 1 up: for answers of any size. The default is 1.</value>
    public int Repeat { get; init; } = 1;

    /// <value>The tool calls, all in this one reply. Empty by default.</value>
    public IReadOnlyList<ScenarioToolCall> Tools { get; init; } = [];

    /// <value>An error instead of, or after, the reply. Null, the default, means none.</value>
    public ScenarioError? Error { get; init; }

    /// <value>Milliseconds before the reply begins, from 0 up. The default is 0.</value>
    public int DelayMs { get; init; }

    /// <value>Milliseconds between the pieces of a streamed reply, from 0 up. The default is 0.</value>
    public int PaceMs { get; init; }

    /// <value>Where and how a streamed reply breaks off. Null, the default, means that it does not.</value>
    public ScenarioBreak? Break { get; init; }

    /// <value>The token counts that are told. Null, the default, means estimates by size.</value>
    public ScenarioUsage? Usage { get; init; }

    /// <value>True sends the reply up to its end and then keeps the connection open without a word until the client leaves. The default is
    /// false.</value>
    public bool Hang { get; init; }

    /// <value>Why the model stopped, as the Messages API names it, such as <c>max_tokens</c> or <c>refusal</c>. Null, the default, means
    /// <c>tool_use</c> with tool calls, else <c>end_turn</c>.</value>
    public string? StopReason { get; init; }
}

/// <summary>A call of a tool that the client offers.</summary>
public sealed record ScenarioToolCall
{
    /// <value>The tool's name. A client that does not offer it gets an error that says so.</value>
    public required string Name { get; init; }

    /// <value>True calls the tool also if the client does not offer it, as a model that has gone astray may. The default is false.</value>
    public bool EvenIfNotOffered { get; init; }

    /// <value>The arguments, a JSON object.</value>
    public required JsonElement Input { get; init; }
}

/// <summary>An error of the Messages API.</summary>
public sealed record ScenarioError
{
    /// <value>The HTTP status, from 400 to 599.</value>
    public required int Status { get; init; }

    /// <value>The error's type, such as <c>overloaded_error</c>.</value>
    public required string Type { get; init; }

    /// <value>The error's message. The default is <c>scripted error</c>.</value>
    public string Message { get; init; } = "scripted error";

    /// <value>How often this reply fails before it succeeds, from 1 up. Null, the default, means always. Such counts are the only thing the
    /// server remembers; they start anew with the server.</value>
    public int? Times { get; init; }

    /// <value>The header <c>Retry-After</c>, seconds or an HTTP date, as it is. Null, the default, means none.</value>
    public string? RetryAfter { get; init; }

    /// <value>True answers with status 200 and breaks the stream off with an <c>error</c> event after the text, as the real service does
    /// when it fails late. Only for clients that stream. The default is false.</value>
    public bool InStream { get; init; }
}

/// <summary>A stream that breaks off.</summary>
public sealed record ScenarioBreak
{
    /// <value>How. The default is <see cref="ScenarioBreakKind.Abort"/>.</value>
    public ScenarioBreakKind How { get; init; }

    /// <value>True breaks off before any content, false, the default, after the last of it.</value>
    public bool AtStart { get; init; }

    /// <value>How often before the reply succeeds, from 1 up. Null, the default, means always.</value>
    public int? Times { get; init; }
}

/// <summary>How a stream breaks off.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ScenarioBreakKind>))]
public enum ScenarioBreakKind
{
    /// <summary>The connection is torn down.</summary>
    [JsonStringEnumMemberName("abort")] Abort,

    /// <summary>The response ends as if it were whole.</summary>
    [JsonStringEnumMemberName("end")] End,

    /// <summary>An event comes that is no JSON, and the response ends.</summary>
    [JsonStringEnumMemberName("malformed")] Malformed,
}

/// <summary>Token counts of a reply. A member that is null is estimated.</summary>
public sealed record ScenarioUsage
{
    /// <value>Tokens read that were not cached, from 0 up.</value>
    public int? InputTokens { get; init; }

    /// <value>Tokens written, from 0 up.</value>
    public int? OutputTokens { get; init; }

    /// <value>Tokens read from the cache, from 0 up. The default is 0.</value>
    public int CacheReadInputTokens { get; init; }

    /// <value>Tokens put into the cache, from 0 up. The default is 0.</value>
    public int CacheCreationInputTokens { get; init; }
}
