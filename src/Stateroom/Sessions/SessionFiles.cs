using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Workspaces;

namespace Stateroom.Sessions;

/// <summary>Makes a session's directories, and takes back what a failed creation made.</summary>
internal sealed class SessionFiles(SessionPaths paths, uint? hostUid)
{
    private const int Private = 0x1C0; // 0700

    private readonly List<string> _made = [];

    /// <summary>What could not be had, one line each.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Makes everything for a new session. A workspace and a home that are there are adopted.</summary>
    /// <exception cref="SessionConflictException">Something that is no directory is in the way.</exception>
    public void Create(string id, DateTimeOffset now, CancellationToken cancellationToken)
    {
        Make(paths.Directory, HomeSetup.WayMode);
        Adopt(id, paths.Workspace, cancellationToken);
        Adopt(id, paths.Home, cancellationToken);
        // Without session.json it is no session, but somebody may want to see the old history.
        if (HostFile.TryStat(paths.Metadata) is not null)
        {
            HostFile.Rename(paths.Metadata, ArchiveName(paths, now));
            Failpoint.Hit(HostFailpoint.MetadataSetAside);
        }
        Make(paths.Metadata, Private);
        Make(paths.Executions, Private);
        if (hostUid is { } uid && PosixAcl.GrantFuture(paths.Workspace, uid) is { } note) Notes.Add(note);
    }

    /// <summary>Makes what somebody removed by hand from a session that exists.</summary>
    public void Complete()
    {
        foreach (var tree in (ReadOnlySpan<string>)[paths.Workspace, paths.Home])
        {
            if (!HostFile.TryMakeDirectory(tree, Private)) continue;
            Give(tree, null, CancellationToken.None);
            if (hostUid is { } uid && tree == paths.Workspace && PosixAcl.GrantFuture(tree, uid) is { } note) Notes.Add(note);
        }
        HostFile.TryMakeDirectory(paths.Executions, Private);
    }

    /// <summary>Removes what <see cref="Create"/> made; what was adopted stays.</summary>
    public void TakeBack()
    {
        for (var i = _made.Count - 1; i >= 0; i--)
        {
            if (_made[i] != paths.Directory) TreeRemover.Remove(_made[i]);
            // It may hold an adopted workspace or an archive.
            else if (Libc.rmdir(_made[i]) < 0 && Libc.Errno is var errno and not (Libc.ENOTEMPTY or Libc.EEXIST or Libc.ENOENT))
                throw Libc.Failure("Cannot remove", _made[i], errno);
        }
        _made.Clear();
    }

    public static string ArchiveName(SessionPaths paths, DateTimeOffset now)
    {
        var name = $"{paths.Metadata}.archive-{now.UtcDateTime:yyyyMMdd'T'HHmmssfff'Z'}";
        var free = name;
        for (var i = 2; HostFile.TryStat(free) is not null; i++) free = $"{name}-{i}";
        return free;
    }

    private void Make(string directory, int mode)
    {
        if (HostFile.TryMakeDirectory(directory, mode)) _made.Add(directory);
    }

    private void Adopt(string id, string tree, CancellationToken cancellationToken)
    {
        var before = HostFile.TryStat(tree);
        if (before is { IsDirectory: false })
            throw new SessionConflictException(id, $"'{tree}' is not a directory. Move it away; a link is not followed.");
        Make(tree, Private);
        Give(tree, before, cancellationToken);
    }

    private void Give(string tree, Libc.Statx? before, CancellationToken cancellationToken)
    {
        if (hostUid is not { } uid) return;
        uint? earlier = before is { } stat && HostUids.IsOurs(stat.Uid) ? stat.Uid : null;
        TreeOwner.Give(tree, uid, earlier, Notes, cancellationToken);
        if (Libc.chmod(tree, Private) < 0) throw Libc.Failure("Cannot set the mode of", tree, Libc.Errno);
    }
}
