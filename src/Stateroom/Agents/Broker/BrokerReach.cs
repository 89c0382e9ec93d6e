using System.Buffers;
using System.Text;
using System.Text.Json;

namespace Stateroom.Agents.Broker;

/// <summary>
/// Keeps a request from reaching out by way of the provider: tools that the provider runs, and content that it fetches, would bring the network into a room
/// that has none, and carry out what is in an address or a search. It reads along the body and builds nothing: a tree would be many times as large.
/// </summary>
internal static class BrokerReach
{
    // Names of tools' types have some twenty characters.
    private const int MostTypeBytes = 256;

    // Tools that the client runs: without a type or "custom" its own, and those whose form the provider knows (Messages API, "Tool use").
    private static readonly string[] RunByClient = ["custom", "bash_", "text_editor_", "computer_", "memory_"];

    private static readonly JsonReaderOptions Reading = new() { MaxDepth = 512 };

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Why a request does not go on; null if it does.</summary>
    /// <param name="body">The request's body.</param>
    /// <param name="allowed">Beginnings of the types of the provider's tools that the session has.</param>
    public static BrokerRefusal? Check(ReadOnlySequence<byte> body, IReadOnlyList<string> allowed)
    {
        try
        {
            CheckEncoding(body);
            var reader = new Utf8JsonReader(body, Reading);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject) return BrokerRefusal.NotReadable;
            // Each of several members of one name: which of them the provider takes is its own affair.
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (CheckMember(ref reader, allowed) is { } refusal) return refusal;
            }
            // Throws if something follows the object.
            reader.Read();
            return null;
        }
        catch (Exception e) when (e is JsonException or DecoderFallbackException or InvalidOperationException)
        {
            // The last one is how the reader tells of text with half a character (\ud800).
            return BrokerRefusal.NotReadable;
        }
    }

    private static BrokerRefusal? CheckMember(ref Utf8JsonReader reader, IReadOnlyList<string> allowed)
    {
        if (reader.ValueTextEquals("tools"u8)) return CheckTools(ref reader, allowed);
        if (reader.ValueTextEquals("mcp_servers"u8))
        {
            if (reader.Read() && reader.TokenType == JsonTokenType.StartArray && reader.Read() && reader.TokenType != JsonTokenType.EndArray)
                return BrokerRefusal.Reaches("MCP servers that the provider calls");
        }
        else if (reader.ValueTextEquals("messages"u8) || reader.ValueTextEquals("system"u8))
        {
            reader.Read();
            return HasFetched(ref reader) ? BrokerRefusal.Reaches("content that the provider fetches from an address") : null;
        }
        reader.Skip();
        return null;
    }

    private static BrokerRefusal? CheckTools(ref Utf8JsonReader reader, IReadOnlyList<string> allowed)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartArray) reader.Skip();
        else
        {
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                if (reader.TokenType != JsonTokenType.StartObject) reader.Skip();
                else if (RunByProvider(ref reader, allowed) is { } what) return BrokerRefusal.Reaches(what);
            }
        }
        return null;
    }

    private static string? RunByProvider(ref Utf8JsonReader reader, IReadOnlyList<string> allowed)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isType = reader.ValueTextEquals("type"u8);
            reader.Read();
            if (!isType || reader.TokenType != JsonTokenType.String)
            {
                reader.Skip();
                continue;
            }
            if ((reader.HasValueSequence ? reader.ValueSequence.Length : reader.ValueSpan.Length) > MostTypeBytes) return $"a tool whose type is longer than {MostTypeBytes} bytes";
            var type = reader.GetString()!;
            if (!RunByClient.Concat(allowed).Any(known => type.StartsWith(known, StringComparison.Ordinal))) return $"the tool '{type}', which the provider runs";
        }
        return null;
    }

    // Content blocks have sources, also within the content of tool results; the arguments of tools are not content.
    private static bool HasFetched(ref Utf8JsonReader reader)
    {
        if (reader.TokenType == JsonTokenType.StartObject) return HasFetchedMember(ref reader, isSource: false);
        if (reader.TokenType != JsonTokenType.StartArray) return false;
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
        {
            if (HasFetched(ref reader)) return true;
        }
        return false;
    }

    private static bool HasFetchedMember(ref Utf8JsonReader reader, bool isSource)
    {
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var (isType, isInput, opensSource) = (isSource && reader.ValueTextEquals("type"u8), reader.ValueTextEquals("input"u8), reader.ValueTextEquals("source"u8));
            reader.Read();
            if (isInput) reader.Skip();
            else if (isType && reader.TokenType == JsonTokenType.String)
            {
                if (reader.ValueTextEquals("url"u8)) return true;
            }
            else if (isType && reader.TokenType != JsonTokenType.Null) throw new JsonException("The type of a source is no text.");
            else if (opensSource && reader.TokenType == JsonTokenType.StartObject ? HasFetchedMember(ref reader, isSource: true) : HasFetched(ref reader)) return true;
        }
        return false;
    }

    // The reader takes text as it is, and readers disagree on what wrong bytes mean.
    private static void CheckEncoding(ReadOnlySequence<byte> body)
    {
        var decoder = Strict.GetDecoder();
        var characters = ArrayPool<char>.Shared.Rent(4096);
        try
        {
            foreach (var piece in body)
            {
                for (var rest = piece.Span; !rest.IsEmpty;)
                {
                    decoder.Convert(rest, characters, flush: false, out var used, out _, out _);
                    rest = rest[used..];
                }
            }
            decoder.Convert([], characters, flush: true, out _, out _, out _);
        }
        finally
        {
            ArrayPool<char>.Shared.Return(characters);
        }
    }
}
