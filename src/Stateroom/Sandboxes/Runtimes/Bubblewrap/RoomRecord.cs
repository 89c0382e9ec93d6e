using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>What <c>room.json</c> holds: enough for another process to adopt the room.</summary>
internal sealed record RoomRecord(
    string SandboxId, string Workspace, DateTimeOffset CreatedAt, int ProtocolVersion, string Etc, SandboxReport Report)
{
    public void Write(RoomDirectory room)
    {
        var temporary = room.Record + ".new";
        using (var file = File.Create(temporary)) JsonSerializer.Serialize(file, this, RoomRecordJson.Default.RoomRecord);
        // Whole or not at all. Not synced: a room does not survive the power loss that would make it matter.
        File.Move(temporary, room.Record);
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
