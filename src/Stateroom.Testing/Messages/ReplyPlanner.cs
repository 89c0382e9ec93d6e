using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace Stateroom.Testing.Messages;

/// <summary>Finds the reply that is due from the request alone, so that clients and this server may restart at any time.</summary>
internal static partial class ReplyPlanner
{
    public static PlannedReply Plan(Scenario scenario, MessagesRequest request)
    {
        var turn = scenario.Turns.FirstOrDefault(t => request.Prompt.Contains(t.Prompt, StringComparison.Ordinal))
            ?? throw ApiErrorException.Invalid($"scenario: no turn matches the prompt '{Cut(request.Prompt)}'.");
        var index = request.Replies.Count;
        if (index >= turn.Replies.Count)
            throw ApiErrorException.Invalid($"scenario: the turn '{turn.Prompt}' has {turn.Replies.Count} replies, and the client asks for one more.");
        CheckThinkingCameBack(turn, request);

        var reply = turn.Replies[index];
        // Messages of one conversation only grow in number, so these ids are unique in it.
        var id = request.Messages.Count.ToString(CultureInfo.InvariantCulture);
        var blocks = Blocks(reply, request, id);
        return new PlannedReply
        {
            Script = reply,
            Id = $"msg_scripted_{id}",
            Model = request.Model,
            Blocks = blocks,
            StopReason = reply.StopReason ?? (reply.Tools.Count > 0 ? "tool_use" : "end_turn"),
            InputTokens = reply.Usage?.InputTokens ?? request.InputTokens,
            OutputTokens = reply.Usage?.OutputTokens ?? blocks.Sum(b => TokenEstimate.Of(b.ToJsonString())),
        };
    }

    private static List<JsonObject> Blocks(ScenarioReply reply, MessagesRequest request, string id)
    {
        var blocks = new List<JsonObject>();
        if (reply.Thinking is { } thinking)
            blocks.Add(new JsonObject { ["type"] = "thinking", ["thinking"] = thinking, ["signature"] = Signature.Of(thinking) });
        if (reply.RedactedThinking is { } data)
            blocks.Add(new JsonObject { ["type"] = "redacted_thinking", ["data"] = data });
        if (reply.Text is { Length: > 0 } text)
            blocks.Add(new JsonObject { ["type"] = "text", ["text"] = Repeat(Fill(text, request), reply.Repeat) });
        foreach (var tool in reply.Tools)
        {
            if (!tool.EvenIfNotOffered && !request.Tools.Contains(tool.Name))
                throw ApiErrorException.Invalid($"scenario: the reply calls the tool '{tool.Name}', which the client does not offer.");
            blocks.Add(new JsonObject
            {
                ["type"] = "tool_use",
                ["id"] = $"toolu_scripted_{id}_{blocks.Count}",
                ["name"] = tool.Name,
                ["input"] = JsonObject.Create(tool.Input.Clone()),
            });
        }

        return blocks;
    }

    private static string Repeat(string text, int times) => times == 1 ? text : string.Concat(Enumerable.Repeat(text, times));

    private static string Fill(string text, MessagesRequest request) => Placeholder().Replace(text, match =>
    {
        if (match.Groups[1].Length == 0) return request.EarlierPrompts.Count == 0 ? "nothing" : string.Join(" | ", request.EarlierPrompts);
        var results = request.ToolResults;
        var isNumber = int.TryParse(match.Groups[1].ValueSpan, NumberStyles.None, CultureInfo.InvariantCulture, out var number);
        return isNumber && number >= 1 && number <= results.Count
            ? results[number - 1].TrimEnd()
            : throw ApiErrorException.Invalid($"scenario: {match.Value} asks for a result that is not there; there are {results.Count} since the prompt.");
    });

    // The service refuses a tool loop in which the thinking before the calls was dropped.
    private static void CheckThinkingCameBack(ScenarioTurn turn, MessagesRequest request)
    {
        for (var i = 0; i < request.Replies.Count; i++)
        {
            if (turn.Replies[i].RedactedThinking is { } data && !request.Replies[i].Blocks.Any(b => WireMessage.TypeOf(b) == "redacted_thinking" && b.GetProperty("data").GetString() == data))
                throw ApiErrorException.Invalid("messages: the `redacted_thinking` block of an assistant message in a tool loop did not come back as it was.");
            if (turn.Replies[i].Thinking is not null && !request.Replies[i].Blocks.Any(b => WireMessage.TypeOf(b) == "thinking"))
                throw ApiErrorException.Invalid("messages: Expected `thinking` or `redacted_thinking`, but found `tool_use`. "
                    + "When thinking is on, the assistant messages of a tool loop must begin with their thinking block.");
        }
    }

    private static string Cut(string text) => text.Length <= 200 ? text : text[..200] + "...";

    [GeneratedRegex(@"\{\{(?:prompts|tool_result:([0-9]+))\}\}")]
    private static partial Regex Placeholder();
}
