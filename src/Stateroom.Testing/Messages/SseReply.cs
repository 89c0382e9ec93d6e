using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Stateroom.Testing.Messages;

/// <summary>Writes a reply as the stream of events that the Messages API sends, text and arguments in several pieces.</summary>
internal static class SseReply
{
    private const int PieceLength = 24;

    // Of long texts the pieces are larger, so that their number stays small.
    private const int MostPieces = 2000;

    /// <summary>Sends the beginning of a stream.</summary>
    public static async Task StartAsync(HttpResponse response, PlannedReply reply, CancellationToken cancellationToken)
    {
        response.ContentType = "text/event-stream; charset=utf-8";
        response.Headers.CacheControl = "no-cache";
        await SendAsync(response, "message_start", new JsonObject { ["message"] = reply.ToMessage(isStart: true) }, cancellationToken).ConfigureAwait(false);
        await response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends the content, the last block without its end if the stream is to break off.</summary>
    public static async Task WriteAsync(HttpResponse response, PlannedReply reply, bool isCutOff, TimeProvider time, CancellationToken cancellationToken)
    {
        for (var i = 0; i < reply.Blocks.Count; i++)
        {
            await SendAsync(response, "content_block_start", new JsonObject { ["index"] = i, ["content_block"] = Start(reply.Blocks[i]) }, cancellationToken).ConfigureAwait(false);
            if (i == 0)
                await SendAsync(response, "ping", [], cancellationToken).ConfigureAwait(false);
            foreach (var delta in Deltas(reply.Blocks[i]))
            {
                if (reply.Script.PaceMs > 0)
                    await Task.Delay(TimeSpan.FromMilliseconds(reply.Script.PaceMs), time, cancellationToken).ConfigureAwait(false);
                await SendAsync(response, "content_block_delta", new JsonObject { ["index"] = i, ["delta"] = delta }, cancellationToken).ConfigureAwait(false);
            }

            if (!isCutOff || i < reply.Blocks.Count - 1)
                await SendAsync(response, "content_block_stop", new JsonObject { ["index"] = i }, cancellationToken).ConfigureAwait(false);
        }

        await response.Body.FlushAsync(cancellationToken).ConfigureAwait(false);
    }

    public static async Task EndAsync(HttpResponse response, PlannedReply reply, CancellationToken cancellationToken)
    {
        var delta = new JsonObject
        {
            ["delta"] = new JsonObject { ["stop_reason"] = reply.StopReason, ["stop_sequence"] = null },
            ["usage"] = reply.Usage(reply.OutputTokens),
        };
        await SendAsync(response, "message_delta", delta, cancellationToken).ConfigureAwait(false);
        await SendAsync(response, "message_stop", [], cancellationToken).ConfigureAwait(false);
    }

    public static Task ErrorAsync(HttpResponse response, ScenarioError error, CancellationToken cancellationToken) =>
        SendAsync(response, "error", new JsonObject { ["error"] = new JsonObject { ["type"] = error.Type, ["message"] = error.Message } }, cancellationToken);

    /// <summary>Sends an event that is no JSON.</summary>
    public static Task MalformedAsync(HttpResponse response, CancellationToken cancellationToken) =>
        response.WriteAsync("event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"ind\n\n", cancellationToken);

    private static JsonObject Start(JsonObject block) => (string)block["type"]! switch
    {
        "text" => new() { ["type"] = "text", ["text"] = "" },
        "thinking" => new() { ["type"] = "thinking", ["thinking"] = "", ["signature"] = "" },
        "redacted_thinking" => new() { ["type"] = "redacted_thinking", ["data"] = (string)block["data"]! },
        _ => new() { ["type"] = "tool_use", ["id"] = (string)block["id"]!, ["name"] = (string)block["name"]!, ["input"] = new JsonObject() },
    };

    private static IEnumerable<JsonObject> Deltas(JsonObject block)
    {
        switch ((string)block["type"]!)
        {
            case "text":
                return Pieces((string)block["text"]!).Select(p => new JsonObject { ["type"] = "text_delta", ["text"] = p });
            case "thinking":
                return Pieces((string)block["thinking"]!).Select(p => new JsonObject { ["type"] = "thinking_delta", ["thinking"] = p })
                    .Append(new JsonObject { ["type"] = "signature_delta", ["signature"] = (string)block["signature"]! });
            case "redacted_thinking":
                return [];
            default:
                return Pieces(block["input"]!.ToJsonString()).Prepend("").Select(p => new JsonObject { ["type"] = "input_json_delta", ["partial_json"] = p });
        }
    }

    // Never cuts between the two halves of a surrogate pair.
    private static IEnumerable<string> Pieces(string text)
    {
        for (var at = 0; at < text.Length;)
        {
            var end = Math.Min(at + Math.Max(PieceLength, text.Length / MostPieces), text.Length);
            if (end < text.Length && char.IsLowSurrogate(text[end]))
                end++;
            yield return text[at..end];
            at = end;
        }
    }

    private static Task SendAsync(HttpResponse response, string type, JsonObject data, CancellationToken cancellationToken)
    {
        data.Insert(0, "type", type);
        return response.WriteAsync($"event: {type}\ndata: {data.ToJsonString()}\n\n", cancellationToken);
    }
}
