using System.Text;
using System.Text.Json;
using Stateroom.Agents;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Sessions;

/// <summary>One turn of one agent, from the stored prompt to the outcome.</summary>
internal sealed class TurnRun(LocalServices services, IAgent agent, AgentOptions options, string sessionId, SessionPaths paths, ISandbox room)
{
    private readonly StringBuilder _text = new();

    /// <value>Answers the agent's requests for permission; null means that nobody does.</value>
    public Func<PermissionRequest, CancellationToken, ValueTask<PermissionDecision>>? OnPermission { get; init; }

    /// <value>What the agent saved in an earlier turn.</value>
    public JsonElement? State { get; init; }

    /// <value>The session's files.</value>
    public required ISessionFiles Files { get; init; }

    /// <value>Keeps what the agent saves.</value>
    public required Func<JsonElement, CancellationToken, ValueTask> SaveStateAsync { get; init; }

    /// <summary>Runs the turn. What goes wrong in it is an outcome, not an exception.</summary>
    public async Task<TurnOutcome> RunAsync(string prompt, Action<TurnEvent> emit, CancellationToken interrupt)
    {
        var started = services.Time.GetTimestamp();
        WorkspaceScan? before = null;
        TurnResult? result = null;
        var interrupted = false;
        using var stop = new RoomBoundCancellation(room, interrupt);
        using var permissions = new TurnPermissions(options, OnPermission, emit);
        try
        {
            before = await WorkspaceScan.TakeAsync(paths.Workspace, stop.Token).ConfigureAwait(false);
            using var messages = new MessageLog(sessionId, paths.Messages, services.Time);
            messages.Append("user", TextBlock(prompt));
            result = await DriveAsync(messages, permissions, emit, stop.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.Token.IsCancellationRequested)
        {
            // Told apart below: the caller interrupted, or the room has gone.
        }
        catch (Exception failure)
        {
            result = Failed(failure switch
            {
                StateroomException known => known.Code,
                IOException { HResult: Libc.ENOSPC } => "disk_full",
                _ => "agent_error",
            }, ErrorText.Of(failure));
        }
        if (result is null)
        {
            interrupted = interrupt.IsCancellationRequested;
            result = interrupted ? Failed("interrupted", "The turn was interrupted.")
                : room.Ended.IsCompleted ? Failed("sandbox_lost", $"The session's room ended during the turn ({Describe(await room.Ended.ConfigureAwait(false))}).")
                : Failed("no_result", "The agent ended without a result.");
        }
        result = result with { Duration = services.Time.GetElapsedTime(started), PermissionsDenied = permissions.Denied };
        return new TurnOutcome(await WithFilesAsync(result, before).ConfigureAwait(false), interrupted);
    }

    private async Task<TurnResult?> DriveAsync(MessageLog messages, TurnPermissions permissions, Action<TurnEvent> emit, CancellationToken cancellationToken)
    {
        var turn = new AgentTurn
        {
            SessionId = sessionId,
            Sandbox = room,
            Files = Files,
            Options = options,
            Messages = messages.Messages,
            AppendMessageAsync = (role, content, token) =>
            {
                token.ThrowIfCancellationRequested();
                return ValueTask.FromResult(messages.Append(role, content));
            },
            RequestPermissionAsync = permissions.DecideAsync,
            State = State,
            SaveStateAsync = SaveStateAsync,
        };
        await foreach (var turnEvent in agent.RunTurnAsync(turn, cancellationToken).WithCancellation(cancellationToken).ConfigureAwait(false))
        {
            if (turnEvent is TurnCompleted completed) return completed.Result;
            if (turnEvent is TextDelta text) _text.Append(text.Text);
            emit(turnEvent);
        }
        return null;
    }

    private async Task<TurnResult> WithFilesAsync(TurnResult result, WorkspaceScan? before)
    {
        if (before is null) return result;
        var after = await WorkspaceScan.TakeAsync(paths.Workspace, CancellationToken.None).ConfigureAwait(false);
        return result with { FilesCreated = after.CreatedSince(before), FilesChanged = after.ChangedSince(before) };
    }

    private TurnResult Failed(string code, string error) => new() { Success = false, Response = _text.ToString(), ErrorCode = code, Error = error };

    private static string Describe(SandboxEnd end) => end.Detail is null ? end.Reason.ToString() : $"{end.Reason}: {end.Detail}";

    private static JsonElement TextBlock(string text)
    {
        using var buffer = new MemoryStream();
        using (var json = new Utf8JsonWriter(buffer, SessionJson.Writer))
        {
            json.WriteStartArray();
            json.WriteStartObject();
            json.WriteString("type"u8, "text"u8);
            json.WriteString("text"u8, text);
            json.WriteEndObject();
            json.WriteEndArray();
        }
        using var document = JsonDocument.Parse(buffer.GetBuffer().AsMemory(0, (int)buffer.Length));
        return document.RootElement.Clone();
    }
}
