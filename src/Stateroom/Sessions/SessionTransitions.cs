namespace Stateroom.Sessions;

/// <summary>Which recorded state may follow which. The only place where this is said.</summary>
internal static class SessionTransitions
{
    /// <summary>Whether <paramref name="to"/> may follow <paramref name="from"/>.</summary>
    public static bool IsAllowed(SessionState from, SessionState to) => (from, to) switch
    {
        (SessionState.Init, SessionState.Idle or SessionState.Closed) => true,
        (SessionState.Idle, SessionState.Busy or SessionState.Closed) => true,
        (SessionState.Busy, SessionState.Idle or SessionState.Closed) => true,
        // A restore starts a sandbox, as a creation does.
        (SessionState.Closed, SessionState.Init) => true,
        _ => from == to && from != SessionState.Deleted,
    };

    /// <summary>The record in its next state.</summary>
    /// <exception cref="SessionConflictException">That state may not follow.</exception>
    public static SessionRecord Move(SessionRecord record, SessionState to)
    {
        if (!IsAllowed(record.State, to))
            throw new SessionConflictException(record.SessionId, $"it is {Word(record.State)} and cannot become {Word(to)}.");
        return record with { State = to, Turn = to == SessionState.Busy ? record.Turn : null };
    }

    private static string Word(SessionState state) => state.ToString().ToLowerInvariant();
}
