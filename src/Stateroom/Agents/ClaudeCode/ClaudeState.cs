using System.Text.Json;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>What is kept between turns, out of the room's reach.</summary>
/// <param name="Conversation">The CLI's id of the conversation.</param>
/// <param name="Owner">The process that spoke last: another one that still runs has missed what was said since.</param>
internal sealed record ClaudeState(string Conversation, string Owner)
{
    public static ClaudeState? Read(JsonElement? saved) =>
        saved is { } state && state.Text("conversation") is { } conversation && Guid.TryParse(conversation, out _)
            ? new ClaudeState(conversation, state.Text("owner") ?? "")
            : null;

    public JsonElement Write() => JsonSerializer.SerializeToElement(new Dictionary<string, string> { ["conversation"] = Conversation, ["owner"] = Owner });
}
