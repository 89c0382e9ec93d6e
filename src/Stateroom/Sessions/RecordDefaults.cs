using System.Text.Json;
using System.Text.Json.Nodes;

namespace Stateroom.Sessions;

/// <summary>
/// Reads a record of another version: members that it lacks get the defaults of this one. Generated deserialisation alone would make them zero, which
/// for a limit is not its default.
/// </summary>
internal static class RecordDefaults
{
    public static SessionRecord? Read(byte[] json)
    {
        if (JsonNode.Parse(json) is not JsonObject stored) return null;
        Fill(stored, "agent", JsonSerializer.SerializeToNode(new AgentOptions(), SessionJson.Line.AgentOptions));
        Fill(stored, "sandbox", JsonSerializer.SerializeToNode(new SandboxOptions(), SessionJson.Line.SandboxOptions));
        Fill(stored, "metadata", new JsonObject());
        Fill(stored, "agent_state", new JsonObject());
        Fill(stored, "notes", new JsonArray());
        return stored.Deserialize(SessionJson.Pretty.SessionRecord);
    }

    private static void Fill(JsonObject target, string name, JsonNode? defaults)
    {
        if (target[name] is null)
        {
            target[name] = defaults;
            return;
        }
        if (target[name] is not JsonObject given || defaults is not JsonObject known) return;
        foreach (var member in known.Select(m => m.Key).ToList()) Fill(given, member, known[member]?.DeepClone());
    }
}
