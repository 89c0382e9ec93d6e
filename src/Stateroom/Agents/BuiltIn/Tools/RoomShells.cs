using System.Collections.Concurrent;

namespace Stateroom.Agents.BuiltIn.Tools;

/// <summary>The one shell that the agent keeps in each room, so that directory, variables and servers live on from turn to turn.</summary>
internal sealed class RoomShells
{
    private readonly ConcurrentDictionary<string, IShell> _shells = new(StringComparer.Ordinal);

    /// <summary>The room's shell, a new one where there is none or the last one has ended.</summary>
    /// <returns>The shell, and whether it takes the place of one that has ended.</returns>
    public async Task<(IShell Shell, bool IsReplacement)> GetAsync(ISandbox sandbox, CancellationToken cancellationToken)
    {
        var isKnown = _shells.TryGetValue(sandbox.Id, out var shell);
        if (isKnown && !shell!.Ended.IsCompleted)
            return (shell, false);
        shell = await sandbox.OpenShellAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
        _shells[sandbox.Id] = shell;
        _ = ForgetWithRoomAsync(sandbox, shell);
        return (shell, isKnown);
    }

    /// <summary>Forgets a shell of whose end the model has been told.</summary>
    public void Forget(ISandbox sandbox, IShell shell) => _shells.TryRemove(new KeyValuePair<string, IShell>(sandbox.Id, shell));

    private async Task ForgetWithRoomAsync(ISandbox sandbox, IShell shell)
    {
        await sandbox.Ended.ConfigureAwait(false);
        Forget(sandbox, shell);
    }
}
