namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>What a tool tells the model.</summary>
/// <param name="Text">The text, not empty.</param>
/// <param name="IsError">True if the tool could not do what was asked.</param>
/// <param name="Lost">Set when the room is gone, so that no tool can work any more.</param>
internal sealed record ToolOutput(string Text, bool IsError = false, StateroomException? Lost = null)
{
    /// <summary>The most characters of one output stream or file that the model is shown.</summary>
    public const int MaxChars = 30_000;

    public static ToolOutput Error(string text) => new(text, IsError: true);
}
