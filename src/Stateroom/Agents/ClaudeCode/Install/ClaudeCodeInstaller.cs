using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Sessions;
using Stateroom.Workspaces;

namespace Stateroom.Agents.ClaudeCode.Install;

/// <summary>Puts the Claude Code command line of the pinned version into the home directory, whole or not at all, and takes it out again.</summary>
internal sealed class ClaudeCodeInstaller(HomeLayout layout, TimeProvider time)
{
    private const int Directories = 0x1ED /* 0755 */, Program = 0x16D /* 0555 */;

    /// <value>Where environment variables are looked up; tests set it.</value>
    public Func<string, string?> Environment { get; init; } = System.Environment.GetEnvironmentVariable;

    /// <value>The package. Null, the default, means that of this machine.</value>
    public ClaudeCodePackage? Package { get; init; }

    // Its holder alone uses it; what it holds when the lock is taken was left by somebody who was killed.
    private string Unfinished => $"{ClaudeCodeProgram.Directory(layout)}/.new";

    /// <summary>Installs it, if it is not there.</summary>
    /// <param name="archive">Path of the package's archive; null fetches it from the npm registry.</param>
    /// <param name="progress">How much of the archive is there.</param>
    /// <param name="cancellationToken">Cancels; nothing is left.</param>
    /// <exception cref="AgentInstallException">It cannot be had, or is another.</exception>
    public async Task InstallAsync(string? archive, IProgress<AgentInstallProgress>? progress, CancellationToken cancellationToken)
    {
        var package = Package ?? ClaudeCodePackage.OfThisMachine();
        var address = archive is null ? package.At(NpmRegistry.Find(Environment)) : null;
        using var only = await FileLock.AcquireAsync(layout.AgentsLock, cancellationToken).ConfigureAwait(false);
        if (ClaudeCodeProgram.IsInstalled(layout)) return;
        try
        {
            HostFile.TryMakeDirectory(ClaudeCodeProgram.Directory(layout), Directories);
            TreeRemover.Remove(Unfinished, CancellationToken.None);
            HostFile.TryMakeDirectory(Unfinished, Directories);
            var copy = Unfinished + "/package.tgz";
            if (address is not null) await ClaudeCodeDownload.FetchAsync(address, FetchedAsync, time, cancellationToken).ConfigureAwait(false);
            else await CopyAsync(archive!, copy, package.Sha512, progress, cancellationToken).ConfigureAwait(false);
            await PutInPlaceAsync(copy, cancellationToken).ConfigureAwait(false);

            Task FetchedAsync(Stream from, long? total, Action isAlive, CancellationToken token) =>
                ClaudeCodeArchive.KeepAsync(from, total, copy, package.Sha512, new Lively(progress, isAlive), token);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new AgentInstallException($"Claude Code {ClaudeCodeProgram.Version} was not installed. {failure.Message}");
        }
        finally
        {
            TreeRemover.Remove(Unfinished, CancellationToken.None);
        }
    }

    /// <summary>Removes all versions of it. Programs that run go on.</summary>
    /// <returns>False if there was nothing.</returns>
    public async Task<bool> RemoveAsync(CancellationToken cancellationToken)
    {
        using var only = await FileLock.AcquireAsync(layout.AgentsLock, cancellationToken).ConfigureAwait(false);
        if (HostFile.TryStat(ClaudeCodeProgram.Directory(layout)) is null) return false;
        var was = ClaudeCodeProgram.IsInstalled(layout);
        TreeRemover.Remove(ClaudeCodeProgram.Directory(layout), CancellationToken.None);
        return was;
    }

    private async Task PutInPlaceAsync(string archive, CancellationToken cancellationToken)
    {
        var version = $"{Unfinished}/{ClaudeCodeProgram.Version}";
        HostFile.TryMakeDirectory(version, Directories);
        var program = $"{version}/{Path.GetFileName(ClaudeCodeProgram.Path(layout))}";
        await ClaudeCodeArchive.UnpackAsync(archive, program, cancellationToken).ConfigureAwait(false);
        if (Libc.chmod(program, Program) < 0) throw Libc.Failure("Cannot set the mode of", program, Libc.Errno);
        // A directory of that name without the program is not what we made.
        TreeRemover.Remove(ClaudeCodeProgram.VersionDirectory(layout), CancellationToken.None);
        HostFile.Rename(version, ClaudeCodeProgram.VersionDirectory(layout));
        Failpoint.Hit(HostFailpoint.AgentInstalled);
        HostFile.SyncDirectory(ClaudeCodeProgram.Directory(layout));
    }

    private static async Task CopyAsync(string archive, string copy, string sha512, IProgress<AgentInstallProgress>? progress, CancellationToken cancellationToken)
    {
        var from = new FileStream(archive, new FileStreamOptions { Mode = FileMode.Open, Access = FileAccess.Read, Share = FileShare.ReadWrite, Options = FileOptions.SequentialScan });
        await using var opened = from.ConfigureAwait(false);
        await ClaudeCodeArchive.KeepAsync(from, from.CanSeek ? from.Length : null, copy, sha512, progress, cancellationToken).ConfigureAwait(false);
    }

    // Progress<T> would tell on another thread, and late.
    private sealed class Lively(IProgress<AgentInstallProgress>? progress, Action isAlive) : IProgress<AgentInstallProgress>
    {
        public void Report(AgentInstallProgress value)
        {
            isAlive();
            progress?.Report(value);
        }
    }
}
