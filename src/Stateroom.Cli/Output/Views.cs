using System.Text.Json;
using System.Text.Json.Serialization;

namespace Stateroom.Cli.Output;

/// <summary>A session as <c>--json</c> shows it. A list leaves the configuration out.</summary>
internal sealed record SessionView(
    string Id, string Status, string State, bool IsPersistent, string? SandboxId, DateTimeOffset CreatedAt, long CreatedAtEpoch, DateTimeOffset UpdatedAt,
    long TotalCommands, long TotalFilesCreated, long TotalTurns, string? WorkspacePath, string Agent, IReadOnlyDictionary<string, string> Metadata,
    string? Problem, [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] ConfigurationView? Configuration = null)
{
    public static SessionView Of(SessionInfo info) => new(
        info.Id, info.IsRunning ? "running" : "stopped", Name(info.State), info.IsPersistent, info.SandboxId, info.CreatedAt,
        info.CreatedAt.ToUnixTimeSeconds(), info.UpdatedAt, info.TotalCommands, info.TotalFilesCreated, info.TotalTurns, info.WorkspacePath?.Value,
        info.Agent, info.Metadata, info.Problem);

    public static string Name<T>(T value) where T : struct, Enum => JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString());
}

/// <summary>The end of an exec, and the signal to this command for which it was ended. A stream that is not UTF-8 is given in base64 instead, never
/// changed. Missing are bytes that could be had nowhere any more.</summary>
internal sealed record ExecView(
    string ExecId, string Outcome, int? ExitCode, int? Signal, int? CanceledBy, string? Stdout, string? Stderr, string? StdoutBase64, string? StderrBase64,
    long StdoutBytes, long StderrBytes, long StdoutMissing, long StderrMissing, bool IsTruncated, double DurationMs, string? Error);

/// <summary>An exec or a shell on record. The duration is that until now if it runs, and 0 if its end is not known.</summary>
internal sealed record ExecutionView(
    string Id, string Kind, bool IsRunning, string? Outcome, int? ExitCode, int? Signal, DateTimeOffset StartedAt, double DurationMs, long OutputBytes,
    long BytesOnDisk, bool HasTerminal, IReadOnlyList<string> Arguments, string? Error)
{
    public static ExecutionView Of(ExecutionInfo info) => new(
        info.Id, info.IsShell ? "shell" : "exec", info.IsRunning, info.Result is { } result ? SessionView.Name(result.Outcome) : null, info.Result?.ExitCode,
        info.Result?.Signal, info.StartedAt, (info.Result?.Duration ?? TimeProvider.System.GetUtcNow() - info.StartedAt).TotalMilliseconds,
        info.OutputBytes, info.BytesOnDisk, info.HasTerminal, info.Arguments, info.Result?.Error);
}

/// <summary>What an execution has printed. A stream that is not UTF-8 is given in base64 instead; each ends at the bound of 16 MiB.</summary>
internal sealed record RecordedOutputView(
    string ExecutionId, string? Stdout, string? Stderr, string? StdoutBase64, string? StderrBase64, long StdoutMissing, long StderrMissing);

/// <summary>A process in a room.</summary>
internal sealed record ProcessView(
    int Pid, int ParentPid, string State, double CpuMs, long ResidentBytes, double AgeMs, string? StartedBy, string Name, IReadOnlyList<string> Arguments)
{
    public static ProcessView Of(RoomProcess process) => new(
        process.ProcessId, process.ParentId, process.State.ToString(), process.ProcessorTime.TotalMilliseconds, process.ResidentBytes,
        process.Age.TotalMilliseconds, process.StartedBy, process.Name, process.Arguments);
}

/// <summary>The end of a turn.</summary>
internal sealed record TurnView(
    string Type, string SessionId, bool Success, string Response, string? Error, string? ErrorCode, int Turns, double DurationMs, long? InputTokens,
    long? OutputTokens, decimal? CostUsd, IReadOnlyList<string> FilesCreated, IReadOnlyList<string> FilesChanged, IReadOnlyList<string> PermissionsDenied)
{
    public static TurnView Of(string sessionId, TurnResult result) => new(
        "result", sessionId, result.Success, result.Response, result.Error, result.ErrorCode, result.Turns, result.Duration.TotalMilliseconds,
        result.InputTokens, result.OutputTokens, result.CostUsd, result.FilesCreated, result.FilesChanged, result.PermissionsDenied);
}

/// <summary>What <c>rm</c> did.</summary>
internal sealed record RemovedView(string Id, bool Removed, bool KeptFiles);

/// <summary>What <c>cp</c> copied, and what it left out.</summary>
internal sealed record CopyView(long Files, long Directories, long Links, long Bytes, IReadOnlyList<LeftOutView> LeftOut);

internal sealed record LeftOutView(string Path, string Reason, bool IsCopied);

internal sealed record FindingView(string Check, string Level, string Message, string? Remedy);

internal sealed record DoctorView(bool Ok, IReadOnlyList<FindingView> Findings, IReadOnlyList<SessionView> Damaged, IReadOnlyList<string> Done);

/// <summary>An agent of this host; the credential's place, never the credential.</summary>
internal sealed record AgentView(string Name, bool IsInstalled, string Version, string? CredentialFrom, string? Problem)
{
    public static AgentView Of(LocalAgent agent) => new(agent.Name, agent.IsInstalled, agent.Version, agent.CredentialFrom, agent.Problem);
}

/// <summary>What <c>agent remove</c> did.</summary>
internal sealed record AgentRemovedView(string Name, bool Removed);

/// <summary>What <c>agent key</c> did.</summary>
internal sealed record AgentKeyView(string? Kind, bool Stored, bool Removed);

internal sealed record VersionView(string Version, string Runtime, string Os, string Architecture);

internal sealed record CompletionView(string Shell, string Script);

internal sealed record TourStepView(int Number, string Name, double DurationMs, bool Success, string? Error);

internal sealed record TourView(bool Success, string SessionId, bool Kept, IReadOnlyList<TourStepView> Steps);

internal sealed record ErrorView(ErrorDetail Error);

internal sealed record ErrorDetail(string Code, string Message);
