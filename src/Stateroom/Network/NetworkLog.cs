using System.Text.Json;
using Stateroom.Sessions;

namespace Stateroom.Network;

/// <summary>network.jsonl: the connections that a session's rooms asked for.</summary>
internal static class NetworkLog
{
    /// <summary>What the file holds, oldest first. A line that is not whole, or not ours, is left out: this log records, and nothing is decided by it.</summary>
    public static IReadOnlyList<NetworkDecision> Read(string path)
    {
        var decisions = new List<NetworkDecision>();
        using var lines = new JsonLineReader(path);
        while (lines.Read() && lines.IsComplete)
        {
            if (Parse(lines.Line.Span) is { } decision) decisions.Add(decision);
        }
        return decisions;
    }

    private static NetworkDecision? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, SessionJson.Line.NetworkDecision);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
