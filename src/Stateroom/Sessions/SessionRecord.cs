using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom.Sessions;

/// <summary>What session.json holds. The first seven members are named and ordered as its documentation has them.</summary>
internal sealed record SessionRecord
{
    /// <summary>Rises whenever a member with a default other than zero or null is added.</summary>
    public const int CurrentVersion = 3;

    public required string SessionId { get; init; }

    /// <summary>The sandbox, the last one if the session is closed.</summary>
    public required string? BoxId { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    public required DateTimeOffset UpdatedAt { get; init; }

    public long TotalCommands { get; init; }

    public long TotalFilesCreated { get; init; }

    public string WorkspacePath { get; init; } = "";

    public required SessionState State { get; init; }

    public required bool Persistent { get; init; }

    public AgentOptions Agent { get; init; } = new();

    public SandboxOptions Sandbox { get; init; } = new();

    public IReadOnlyDictionary<string, string> Metadata { get; init; } = new Dictionary<string, string>();

    /// <summary>What each agent saved, by its name.</summary>
    public IReadOnlyDictionary<string, JsonElement> AgentState { get; init; } = new Dictionary<string, JsonElement>();

    public long TotalTurns { get; init; }

    public long TotalDurationMs { get; init; }

    public decimal TotalCostUsd { get; init; }

    /// <summary>The user that the rooms of a root host run under.</summary>
    public uint? HostUid { get; init; }

    /// <summary>What the host could not give this session, one line each.</summary>
    public IReadOnlyList<string> Notes { get; init; } = [];

    /// <summary>The running turn.</summary>
    public TurnMark? Turn { get; init; }

    /// <summary>The version that wrote the record; 0 if it does not say.</summary>
    public int Version { get; init; } = CurrentVersion;

    /// <summary>Rises with every write.</summary>
    public long Epoch { get; init; }

    /// <summary>Rises with every creation under this id: a handle of an earlier session of the same id finds another number.</summary>
    public required long Generation { get; init; }

    /// <summary>Bytes of history.jsonl that the counters above have counted.</summary>
    public long HistoryOffset { get; init; }
}

/// <summary>A turn that was begun.</summary>
/// <param name="Id">Sets it apart from a later one.</param>
/// <param name="Prompt">The prompt, cut.</param>
/// <param name="StartedAt">When.</param>
internal sealed record TurnMark(string Id, string Prompt, DateTimeOffset StartedAt);

/// <summary>States as they are written: idle, busy, ...</summary>
internal sealed class SessionStateConverter() : JsonStringEnumConverter<SessionState>(JsonNamingPolicy.SnakeCaseLower, allowIntegerValues: false);
