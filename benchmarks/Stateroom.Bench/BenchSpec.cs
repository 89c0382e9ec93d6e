using System.Text.Json;

namespace Stateroom.Bench;

/// <summary>Specifications of rooms over the bench session's directories, for a runtime without sessions.</summary>
internal static class BenchSpec
{
    public static Func<SandboxSpec> Of(BenchRoom bench)
    {
        var directory = Path.Combine(bench.Home, "sessions", "bench");
        using var record = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(directory, ".stateroom", "session.json")));
        uint? user = record.RootElement.TryGetProperty("host_uid", out var value) && value.ValueKind == JsonValueKind.Number ? value.GetUInt32() : null;
        return () => new SandboxSpec
        {
            SandboxId = SessionId.New(),
            Workspace = new HostPath(Path.Combine(directory, "workspace")),
            Home = new HostPath(Path.Combine(directory, "home")),
            Executions = new HostPath(Path.Combine(directory, ".stateroom", "executions")),
            HostUid = user,
        };
    }
}
