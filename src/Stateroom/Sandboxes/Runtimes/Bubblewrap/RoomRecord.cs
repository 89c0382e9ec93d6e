using System.Text.Json;
using System.Text.Json.Serialization;
using Stateroom.Faults;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>What <c>room.json</c> holds: enough for another process to adopt the room.</summary>
internal sealed record RoomRecord(
    string SandboxId, string Workspace, DateTimeOffset CreatedAt, int ProtocolVersion, string Etc, SandboxReport Report, string? MemoryGroup)
{
    /// <summary>Writes it, once. The caller holds the run directory's lock, so no sweep reads the half of it; it is not synced, since a room does not
    /// survive the power loss that would make it matter.</summary>
    public void Write(RoomDirectory room)
    {
        var content = JsonSerializer.SerializeToUtf8Bytes(this, RoomRecordJson.Default.RoomRecord);
        using var file = File.OpenHandle(room.Record, FileMode.CreateNew, FileAccess.Write, FileShare.ReadWrite);
        Failpoint.Torn(HostFailpoint.RoomRecordTorn, file, content);
        RandomAccess.Write(file, content, 0);
    }

    /// <summary>Reads it; null if there is none or it is damaged, in which case the room can only be killed.</summary>
    public static RoomRecord? Read(RoomDirectory room)
    {
        try
        {
            using var file = File.OpenRead(room.Record);
            return JsonSerializer.Deserialize(file, RoomRecordJson.Default.RoomRecord);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException or JsonException)
        {
            return null;
        }
    }
}

[JsonSerializable(typeof(RoomRecord))]
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower)]
internal sealed partial class RoomRecordJson : JsonSerializerContext;
