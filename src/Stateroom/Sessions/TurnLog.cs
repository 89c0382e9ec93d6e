using Microsoft.Extensions.Logging;

namespace Stateroom.Sessions;

/// <summary>What a host's log gets to know of turns: that and how, never what was said.</summary>
internal static partial class TurnLog
{
    public const string Category = "Stateroom";

    /// <summary>Logs an event of a turn that runs.</summary>
    public static void Happened(ILogger log, string sessionId, TurnEvent item)
    {
        if (!log.IsEnabled(LogLevel.Debug)) return;
        switch (item)
        {
            case ToolCallStarted call: ToolStarted(log, sessionId, call.Tool, call.CallId); break;
            case ToolCallCompleted call: ToolCompleted(log, sessionId, call.CallId, call.IsError, call.Output.Length); break;
            case PermissionDecided decided: Decided(log, sessionId, decided.Tool, decided.CallId, decided.Decision.IsAllowed); break;
            case NetworkDecided decided: Connected(log, sessionId, decided.Decision.Host, decided.Decision.Port, decided.Decision.IsAllowed); break;
            case Notice notice: Noticed(log, sessionId, notice.Text); break;
        }
    }

    [LoggerMessage(1, LogLevel.Debug, "Session {SessionId}: a turn of {Agent} begins, with a prompt of {Characters} characters in room {SandboxId}.")]
    public static partial void Began(ILogger log, string sessionId, string agent, int characters, string sandboxId);

    [LoggerMessage(2, LogLevel.Information, "Session {SessionId}: a turn of {Agent} ended after {Duration}: success {Success}, code {ErrorCode}, requests {Turns}, tokens read {InputTokens}, written {OutputTokens}.")]
    public static partial void Ended(ILogger log, string sessionId, string agent, TimeSpan duration, bool success, string? errorCode, int turns, long? inputTokens, long? outputTokens);

    [LoggerMessage(3, LogLevel.Debug, "Session {SessionId}: {Tool} is called ({CallId}).")]
    private static partial void ToolStarted(ILogger log, string sessionId, string tool, string callId);

    [LoggerMessage(4, LogLevel.Debug, "Session {SessionId}: {CallId} has ended, error {IsError}, {Characters} characters.")]
    private static partial void ToolCompleted(ILogger log, string sessionId, string callId, bool isError, int characters);

    [LoggerMessage(5, LogLevel.Debug, "Session {SessionId}: permission for {Tool} ({CallId}): {IsAllowed}.")]
    private static partial void Decided(ILogger log, string sessionId, string tool, string callId, bool isAllowed);

    [LoggerMessage(6, LogLevel.Debug, "Session {SessionId}: connection to {Host}:{Port}: {IsAllowed}.")]
    private static partial void Connected(ILogger log, string sessionId, string host, int port, bool isAllowed);

    [LoggerMessage(7, LogLevel.Debug, "Session {SessionId}: {Notice}")]
    private static partial void Noticed(ILogger log, string sessionId, string notice);
}
