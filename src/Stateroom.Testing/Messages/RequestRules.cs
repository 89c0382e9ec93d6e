using System.Text.Json;
using System.Text.RegularExpressions;

namespace Stateroom.Testing.Messages;

/// <summary>What the Messages API refuses with an invalid_request_error, as far as an agent's mistakes go.</summary>
internal static partial class RequestRules
{
    public static IReadOnlyList<WireMessage> Check(JsonElement body, bool countOnly)
    {
        if (body.ValueKind != JsonValueKind.Object)
            throw ApiErrorException.Invalid("The request body is not a JSON object.");
        if (!body.TryGetProperty("model", out var model) || model.ValueKind != JsonValueKind.String || model.GetString()!.Length == 0)
            throw ApiErrorException.Invalid("model: Field required");
        if (!countOnly)
            CheckMaxTokens(body);
        CheckTools(body);
        if (!body.TryGetProperty("messages", out var list) || list.ValueKind != JsonValueKind.Array)
            throw ApiErrorException.Invalid("messages: Field required");
        if (list.GetArrayLength() == 0)
            throw ApiErrorException.Invalid("messages: at least one message is required");

        var messages = new List<WireMessage>();
        foreach (var message in list.EnumerateArray())
            messages.Add(ReadMessage($"messages.{messages.Count}", message));
        var merged = WireMessage.Merge(messages);
        if (merged[0].Role != "user")
            throw ApiErrorException.Invalid("messages: first message must use the \"user\" role");
        if (merged[^1].Role != "user")
            throw ApiErrorException.Invalid("messages: the conversation must end with a user message");
        ToolPairRules.Check(merged);
        return merged;
    }

    private static void CheckMaxTokens(JsonElement body)
    {
        if (!body.TryGetProperty("max_tokens", out var most))
            throw ApiErrorException.Invalid("max_tokens: Field required");
        if (most.ValueKind != JsonValueKind.Number || !most.TryGetInt32(out var value) || value < 1)
            throw ApiErrorException.Invalid("max_tokens: Input should be greater than or equal to 1");
    }

    private static void CheckTools(JsonElement body)
    {
        if (!body.TryGetProperty("tools", out var tools) || tools.ValueKind == JsonValueKind.Null)
            return;
        var names = new HashSet<string>(StringComparer.Ordinal);
        var index = 0;
        foreach (var tool in tools.EnumerateArray())
        {
            var where = $"tools.{index++}";
            if (!tool.TryGetProperty("name", out var name) || name.GetString() is not { } text || !ToolName().IsMatch(text))
                throw ApiErrorException.Invalid($"{where}.name: String should match pattern '^[a-zA-Z0-9_-]{{1,128}}$'");
            if (!names.Add(text))
                throw ApiErrorException.Invalid("tools: Tool names must be unique.");
            // A tool that the service itself runs has a type of its own and no schema.
            var isOwn = !tool.TryGetProperty("type", out var type) || type.ValueKind == JsonValueKind.Null || type.GetString() == "custom";
            if (isOwn && (!tool.TryGetProperty("input_schema", out var schema) || schema.ValueKind != JsonValueKind.Object
                || !schema.TryGetProperty("type", out var kind) || kind.ValueKind != JsonValueKind.String || kind.GetString() != "object"))
                throw ApiErrorException.Invalid($"{where}.input_schema.type: Input should be 'object'");
        }
    }

    private static WireMessage ReadMessage(string where, JsonElement message)
    {
        if (!message.TryGetProperty("role", out var role) || role.GetString() is not ("user" or "assistant"))
            throw ApiErrorException.Invalid($"{where}.role: Input should be 'user' or 'assistant'");
        if (!message.TryGetProperty("content", out var content))
            throw ApiErrorException.Invalid($"{where}.content: Field required");
        var blocks = WireMessage.ReadBlocks(content);
        if (blocks.Count == 0)
            throw ApiErrorException.Invalid($"{where}: all messages must have non-empty content");
        for (var i = 0; i < blocks.Count; i++)
            CheckBlock($"{where}.content.{i}", role.GetString()!, blocks[i]);
        return new WireMessage(role.GetString()!, blocks);
    }

    private static void CheckBlock(string where, string role, JsonElement block)
    {
        if (block.ValueKind != JsonValueKind.Object || !block.TryGetProperty("type", out var type) || type.ValueKind != JsonValueKind.String)
            throw ApiErrorException.Invalid($"{where}.type: Field required");
        switch (type.GetString())
        {
            case "text":
                if (!block.TryGetProperty("text", out var text) || string.IsNullOrWhiteSpace(text.GetString()))
                    throw ApiErrorException.Invalid("messages: text content blocks must contain non-whitespace text");
                break;
            case "tool_use" when role == "assistant":
                if (!block.TryGetProperty("input", out var input) || input.ValueKind != JsonValueKind.Object)
                    throw ApiErrorException.Invalid($"{where}.tool_use.input: Input should be a valid dictionary");
                if (!block.TryGetProperty("name", out _))
                    throw ApiErrorException.Invalid($"{where}.tool_use.name: Field required");
                if (!block.TryGetProperty("id", out var id) || !ToolId().IsMatch(id.GetString() ?? ""))
                    throw ApiErrorException.Invalid($"{where}.tool_use.id: String should match pattern '^[a-zA-Z0-9_-]+$'");
                break;
            case "tool_result" when role == "user":
                if (!block.TryGetProperty("tool_use_id", out var of) || of.ValueKind != JsonValueKind.String)
                    throw ApiErrorException.Invalid($"{where}.tool_result.tool_use_id: Field required");
                break;
            case "thinking" when role == "assistant":
                if (!Signature.IsValid(block))
                    throw ApiErrorException.Invalid($"{where}: Invalid `signature` in `thinking` block");
                break;
            case "redacted_thinking" when role == "assistant":
                if (!block.TryGetProperty("data", out var data) || data.ValueKind != JsonValueKind.String)
                    throw ApiErrorException.Invalid($"{where}.redacted_thinking.data: Field required");
                break;
            case "tool_use" or "tool_result" or "thinking" or "redacted_thinking":
                throw ApiErrorException.Invalid($"{where}: `{type.GetString()}` blocks are not allowed in a message of role '{role}'");
        }
    }

    [GeneratedRegex("^[a-zA-Z0-9_-]{1,128}$")]
    private static partial Regex ToolName();

    [GeneratedRegex("^[a-zA-Z0-9_-]+$")]
    private static partial Regex ToolId();
}
