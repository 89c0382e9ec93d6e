using Stateroom.Sessions;

namespace Stateroom;

/// <summary>The way to sessions on this host, without a daemon.</summary>
public static class StateroomHost
{
    /// <summary>Sessions beneath a directory of this host. Several objects, in one process or many, may share a directory. Nothing is made or
    /// looked at before the first call; that call also removes what killed processes left of ephemeral sessions.</summary>
    /// <param name="options">Null means the defaults.</param>
    /// <returns>The sessions. Disposing it disposes all handles that it opened.</returns>
    public static IStateroom Local(StateroomLocalOptions? options = null) => new LocalStateroom(new LocalServices(options ?? new StateroomLocalOptions()));
}
