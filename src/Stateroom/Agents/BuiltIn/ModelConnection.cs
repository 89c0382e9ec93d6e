using Microsoft.Extensions.AI;

namespace Stateroom.Agents.BuiltIn;

/// <summary>A client for one turn, and what is known of it.</summary>
/// <param name="Client">The client.</param>
/// <param name="RetryAfter">What the provider says about when to come back; null if the client does not let us hear.</param>
/// <param name="Credential">Where its key came from; null if that is not ours to know.</param>
/// <param name="SaysItsEnd">True if a whole reply always has a finish reason, so that one without was cut off.</param>
/// <param name="Address">Its host and port and what names them; null if that is not ours to know.</param>
internal sealed record ModelConnection(IChatClient Client, RetryAfter? RetryAfter = null, string? Credential = null, bool SaysItsEnd = false, string? Address = null);
