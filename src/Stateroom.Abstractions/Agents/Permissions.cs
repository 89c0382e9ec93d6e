using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom;

/// <summary>What an agent may do without asking.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<PermissionMode>))]
public enum PermissionMode
{
    /// <summary>Everything that the room lets it do.</summary>
    [JsonStringEnumMemberName("bypass")] Bypass,

    /// <summary>Look at files; all else is asked for (<see cref="TurnOptions.OnPermission"/>).</summary>
    [JsonStringEnumMemberName("ask")] Ask,

    /// <summary>Look at and change files; all else is asked for.</summary>
    [JsonStringEnumMemberName("accept-edits")] AcceptEdits,

    /// <summary>Look at files, and make a plan. Nothing is changed or run, and nobody is asked.</summary>
    [JsonStringEnumMemberName("plan")] Plan,
}

/// <summary>What a tool does, as far as permission is concerned.</summary>
[JsonConverter(typeof(JsonStringEnumConverter<ToolKind>))]
public enum ToolKind
{
    /// <summary>Looks at files and changes nothing.</summary>
    [JsonStringEnumMemberName("read")] Read,

    /// <summary>Changes files of the room.</summary>
    [JsonStringEnumMemberName("edit")] Edit,

    /// <summary>Runs a program, or does what cannot be told beforehand.</summary>
    [JsonStringEnumMemberName("execute")] Execute,
}

/// <summary>An agent asks whether it may call a tool.</summary>
/// <param name="CallId">The call's id, unique in the conversation.</param>
/// <param name="Tool">The tool's name.</param>
/// <param name="Kind">What the tool does.</param>
/// <param name="Input">The tool's arguments.</param>
public sealed record PermissionRequest(string CallId, string Tool, ToolKind Kind, JsonElement Input);

/// <summary>The answer to a <see cref="PermissionRequest"/>.</summary>
/// <param name="IsAllowed">Whether the tool may be called.</param>
/// <param name="Message">What the agent is told when it may not; null if there is nothing to tell.</param>
public sealed record PermissionDecision(bool IsAllowed, string? Message = null)
{
    /// <summary>The call may go on.</summary>
    public static PermissionDecision Allow { get; } = new(true);

    /// <summary>The call may not go on.</summary>
    /// <param name="message">What the agent is told; null if there is nothing to tell.</param>
    public static PermissionDecision Deny(string? message = null) => new(false, message);
}
