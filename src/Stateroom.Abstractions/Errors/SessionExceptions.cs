namespace Stateroom;

/// <summary>An id breaks the rules of <see cref="SessionId"/>.</summary>
/// <param name="id">The id.</param>
public sealed class InvalidSessionIdException(string? id)
    : StateroomException("invalid_session_id", $"Session id {Show(id)} is not valid: {SessionId.Rules}.")
{
    private static string Show(string? id) => string.IsNullOrEmpty(id) ? "''" : $"'{Clean(id.Length <= 80 ? id : id[..80] + "...")}'";

    // What comes from outside must not write control sequences to a terminal.
    private static string Clean(string text) => string.Concat(text.Select(c => char.IsControl(c) ? '?' : c));
}

/// <summary>A session was to be created under an id that is taken.</summary>
/// <param name="id">The id.</param>
public sealed class SessionAlreadyExistsException(string id)
    : StateroomException("session_already_exists", $"Session '{id}' already exists. Reopen it with OpenAsync ('stateroom session restore {id}'), or use OpenOrCreateAsync.");

/// <summary>There is no session of that id.</summary>
/// <param name="id">The id.</param>
public sealed class SessionNotFoundException(string id)
    : StateroomException("session_not_found", $"Session '{id}' not found. List the sessions, or create it first.");

/// <summary>The session is closed, and the operation needs its sandbox.</summary>
/// <param name="id">The id.</param>
public sealed class SessionClosedException(string id)
    : StateroomException("session_closed", $"Session '{id}' is closed. Restore it first.");

/// <summary>A session's metadata cannot be read. Its files are untouched, and so are other sessions.</summary>
/// <param name="id">The id.</param>
/// <param name="reason">What is wrong with the metadata.</param>
/// <param name="innerException">The cause.</param>
public sealed class CorruptSessionException(string id, string reason, Exception? innerException = null)
    : StateroomException("session_corrupt",
        $"Session '{id}' has damaged metadata: {reason}. Its files are untouched. 'stateroom doctor --repair' rebuilds the metadata.", innerException);

/// <summary>Another handle holds what this operation needs, or changed the session in between.</summary>
/// <param name="id">The id.</param>
/// <param name="reason">What was found.</param>
public sealed class SessionConflictException(string id, string reason)
    : StateroomException("session_conflict", $"Session '{id}': {reason}");
