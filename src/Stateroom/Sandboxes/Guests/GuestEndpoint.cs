namespace Stateroom.Sandboxes.Guests;

/// <summary>Where a guest is to be reached, and what is known of its room.</summary>
/// <param name="SandboxId">The sandbox's id.</param>
/// <param name="SocketPath">The guest's socket on the host.</param>
/// <param name="ExecutionsDirectory">Host-only directory for the logs of execs and shells.</param>
/// <param name="LogLimit">The most bytes to keep of one log.</param>
/// <param name="Report">What the room enforces.</param>
/// <param name="ReadEnd">Reads how the room ended; called after the connection broke.</param>
internal sealed record GuestEndpoint(
    string SandboxId, string SocketPath, string ExecutionsDirectory, long LogLimit, SandboxReport Report, Func<SandboxEnd> ReadEnd);
