namespace Stateroom;

/// <summary>A room could not be started.</summary>
/// <param name="message">What the host cannot give, and the way out.</param>
/// <param name="innerException">The cause.</param>
public sealed class SandboxStartException(string message, Exception? innerException = null)
    : StateroomException("sandbox_start_failed", message, innerException);

/// <summary>The room has ended, or the connection to it broke.</summary>
/// <param name="sandboxId">The sandbox's id.</param>
/// <param name="reason">What is known.</param>
public sealed class SandboxLostException(string sandboxId, string reason)
    : StateroomException("sandbox_lost", $"Sandbox '{sandboxId}' is gone: {reason}. Open the session again to get a new one.");

/// <summary>Host and guest speak different versions of the protocol.</summary>
/// <param name="sandboxId">The sandbox's id.</param>
/// <param name="host">The version that this program speaks.</param>
/// <param name="guest">The version, or versions, that the guest speaks.</param>
public sealed class ProtocolMismatchException(string sandboxId, int host, string guest)
    : StateroomException("protocol_mismatch",
        $"Sandbox '{sandboxId}' was started by another version of Stateroom: it speaks protocol {guest}, this is {host}. Close its session and restore it.");
