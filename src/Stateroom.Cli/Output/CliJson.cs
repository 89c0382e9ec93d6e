using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Stateroom.Cli.Output;

/// <summary>JSON of the command line: snake_case, times in UTC, text as it is.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
[JsonSerializable(typeof(SessionView[]))]
[JsonSerializable(typeof(ExecView))]
[JsonSerializable(typeof(ExecutionView[]))]
[JsonSerializable(typeof(RecordedOutputView))]
[JsonSerializable(typeof(ProcessView[]))]
[JsonSerializable(typeof(TurnView))]
[JsonSerializable(typeof(TurnEvent))]
[JsonSerializable(typeof(HistoryEntry[]))]
[JsonSerializable(typeof(SessionMessage[]))]
[JsonSerializable(typeof(NetworkDecision[]))]
[JsonSerializable(typeof(RemovedView))]
[JsonSerializable(typeof(CopyView))]
[JsonSerializable(typeof(DoctorView))]
[JsonSerializable(typeof(AgentView[]))]
[JsonSerializable(typeof(AgentView))]
[JsonSerializable(typeof(AgentRemovedView))]
[JsonSerializable(typeof(AgentKeyView))]
[JsonSerializable(typeof(FindingView[]))]
[JsonSerializable(typeof(VersionView))]
[JsonSerializable(typeof(CompletionView))]
[JsonSerializable(typeof(TourView))]
[JsonSerializable(typeof(ErrorView))]
internal sealed partial class CliJson : JsonSerializerContext
{
    private static readonly JsonWriterOptions CompactOptions = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
    private static readonly JsonWriterOptions IndentedOptions = CompactOptions with { Indented = true };

    /// <summary>One line without the newline.</summary>
    public static string Compact<T>(T value, JsonTypeInfo<T> type) => Write(value, type, CompactOptions);

    public static string Indented<T>(T value, JsonTypeInfo<T> type) => Write(value, type, IndentedOptions);

    private static string Write<T>(T value, JsonTypeInfo<T> type, JsonWriterOptions options)
    {
        var buffer = new System.Buffers.ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(buffer, options)) JsonSerializer.Serialize(writer, value, type);
        return System.Text.Encoding.UTF8.GetString(buffer.WrittenSpan);
    }
}
