namespace Stateroom;

/// <summary>The tools of a session for agents of others.</summary>
public static class SessionToolExtensions
{
    /// <summary>
    /// The tools that the builtin agent works with (bash, view, list, search, create, edit, insert), for any .NET agent that takes functions of
    /// Microsoft.Extensions.AI: <c>options.Tools = [.. session.AsAITools()]</c>. They act in the session's room and need nothing but <see cref="ISession"/>.
    /// </summary>
    /// <param name="session">The session; it is not disposed with the tools.</param>
    /// <returns>The tools. Those of one set share one shell; two sets have two.</returns>
    public static SessionTools AsAITools(this ISession session)
    {
        ArgumentNullException.ThrowIfNull(session);
        return new SessionTools(session);
    }
}
