namespace Stateroom;

/// <summary>The base of all errors of Stateroom. A command's non-zero exit is a result, not an error.</summary>
/// <param name="code">A stable code, the same in problem details, on the command line and in logs.</param>
/// <param name="message">What failed, on which id and value, why, and what to do. Free of secrets.</param>
/// <param name="innerException">The cause, if another exception was.</param>
public abstract class StateroomException(string code, string message, Exception? innerException = null) : Exception(message, innerException)
{
    /// <summary>A stable code such as <c>session_not_found</c>.</summary>
    public string Code { get; } = code;
}
