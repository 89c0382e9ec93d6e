using System.Reflection;
using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Agents.Credentials;
using Stateroom.Sessions;

namespace Stateroom;

/// <summary>The agents of this host, their programs and their credential: what <c>stateroom agent</c> does.</summary>
/// <param name="options">The same options as <see cref="StateroomHost.Local"/>; null means the defaults.</param>
public sealed class LocalAgents(StateroomLocalOptions? options = null)
{
    private readonly LocalServices _services = new(options ?? new StateroomLocalOptions());

    /// <summary>The agents that Stateroom brings, whether they can be used, and where their credential would come from. Nothing is made or contacted.</summary>
    public IReadOnlyList<LocalAgent> List() =>
    [
        Look(AgentOptions.BuiltIn, isInstalled: true, OwnVersion, takesSubscription: false),
        Look(AgentOptions.ClaudeCode, ClaudeCodeProgram.IsInstalled(_services.Layout), ClaudeCodeProgram.Version, takesSubscription: true),
    ];

    /// <summary>Looks whether agents can work here: their programs, their credentials and the file of those. Nothing is made or contacted, and no credential is told.</summary>
    /// <returns>One finding per thing looked at. That something is not set up is no warning: not everybody needs it.</returns>
    public IReadOnlyList<HostFinding> Check()
    {
        const string Remedy = "mend that, or store the key anew with 'stateroom agent key'";
        var findings = new List<HostFinding>();
        var broken = FileProblem();
        if (broken is not null) findings.Add(new HostFinding("credentials", FindingLevel.Warning, broken, Remedy));
        foreach (var agent in List())
        {
            var program = agent.IsInstalled ? $"{agent.Name} {agent.Version} is installed" : $"{agent.Name} is not installed ('stateroom agent install {agent.Name}')";
            if (agent.Problem is not { } problem)
                findings.Add(new HostFinding("agent", FindingLevel.Ok, $"{program}; {(agent.CredentialFrom is { } place ? $"its key comes from {place}" : "it has no key yet ('stateroom agent key')")}"));
            else if (problem == broken)
                findings.Add(new HostFinding("agent", FindingLevel.Ok, $"{program}; its key cannot be used"));
            else
                findings.Add(new HostFinding("agent", FindingLevel.Warning, $"{program}. {problem}", Remedy));
        }
        return findings;
    }

    /// <summary>Throws if a new session's agent could not work here, so that it is known before the session is made.</summary>
    /// <param name="options">The agent's configuration.</param>
    /// <exception cref="AgentConfigurationException">There is no such agent, it is not installed, or it has no credential; says what to do.</exception>
    public void CheckConfiguration(AgentOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _services.AgentOf(options).CheckConfiguration(options);
    }

    /// <summary>Stores the credential of the model in the home directory, readable by its owner alone, in place of what was there.</summary>
    /// <param name="credential">The credential.</param>
    /// <param name="cancellationToken">Cancels before anything is stored.</param>
    /// <exception cref="IOException">It cannot be stored.</exception>
    public Task StoreCredentialAsync(ModelCredential credential, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(credential);
        _services.EnsureHome();
        return CredentialFile.WriteAsync(_services.Layout, credential, cancellationToken);
    }

    /// <summary>Removes the stored credential. Idempotent.</summary>
    /// <param name="cancellationToken">Cancels before anything is removed.</param>
    /// <returns>False if none was stored.</returns>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public Task<bool> RemoveCredentialAsync(CancellationToken cancellationToken = default)
    {
        _services.EnsureHome();
        return CredentialFile.RemoveAsync(_services.Layout, cancellationToken);
    }

    /// <summary>Installs the program of an agent into the home directory, where all rooms see it, read-only; those that run at once. An agent that is
    /// installed stays as it is.</summary>
    /// <param name="name">The agent's name.</param>
    /// <param name="archivePath">Path of the archive of its npm package for this machine. Null, the default, fetches it from the npm registry: that of
    /// NPM_CONFIG_REGISTRY, else of ~/.npmrc, else https://registry.npmjs.org/. Either must have the SHA-512 that Stateroom knows.</param>
    /// <param name="progress">Told how much of the archive is there, from the thread that reads it. Null means nobody is told.</param>
    /// <param name="cancellationToken">Cancels the installation; nothing is left of it.</param>
    /// <exception cref="AgentInstallException">It cannot be fetched, is another archive, cannot be stored, or the agent has no program of its own.</exception>
    public async Task<LocalAgent> InstallAsync(string name, string? archivePath = null, IProgress<AgentInstallProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        CheckHasProgram(name);
        if (!ClaudeCodeProgram.IsInstalled(_services.Layout))
        {
            _services.EnsureHome();
            await new ClaudeCodeInstaller(_services.Layout, _services.Time).InstallAsync(archivePath, progress, cancellationToken).ConfigureAwait(false);
        }
        return List().Single(agent => agent.Name == name);
    }

    /// <summary>Removes the program of an agent. What runs of it goes on. Idempotent.</summary>
    /// <param name="name">The agent's name.</param>
    /// <param name="cancellationToken">Cancels before anything is removed.</param>
    /// <returns>False if it was not installed.</returns>
    /// <exception cref="AgentInstallException">The agent has no program of its own.</exception>
    /// <exception cref="IOException">It cannot be removed.</exception>
    public Task<bool> RemoveAsync(string name, CancellationToken cancellationToken = default)
    {
        CheckHasProgram(name);
        _services.EnsureHome();
        return new ClaudeCodeInstaller(_services.Layout, _services.Time).RemoveAsync(cancellationToken);
    }

    private static void CheckHasProgram(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (name == AgentOptions.BuiltIn) throw new AgentInstallException($"The agent '{name}' is a part of Stateroom: there is nothing to install or remove.");
        if (name != AgentOptions.ClaudeCode) throw new AgentInstallException($"There is no agent '{name}' to install. Choose: {AgentOptions.ClaudeCode}.");
    }

    private static string OwnVersion =>
        typeof(LocalAgents).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    // Also while an environment variable comes before it: it counts when that is gone.
    private string? FileProblem()
    {
        try
        {
            CredentialFile.TryRead(_services.Layout.Credentials);
            return null;
        }
        catch (AgentConfigurationException problem)
        {
            return problem.Message;
        }
    }

    private LocalAgent Look(string name, bool isInstalled, string version, bool takesSubscription)
    {
        try
        {
            return new LocalAgent(name, isInstalled, version, _services.Credentials.Locate(takesSubscription), null);
        }
        catch (AgentConfigurationException problem)
        {
            return new LocalAgent(name, isInstalled, version, null, problem.Message);
        }
    }
}

/// <summary>How far an installation has come.</summary>
/// <param name="Bytes">Bytes of the archive that are there.</param>
/// <param name="TotalBytes">Bytes that it has; null if that is not known.</param>
public readonly record struct AgentInstallProgress(long Bytes, long? TotalBytes);

/// <summary>An agent of this host.</summary>
/// <param name="Name">The name that <see cref="AgentOptions.Name"/> chooses it by.</param>
/// <param name="IsInstalled">Whether its program is there.</param>
/// <param name="Version">The version that is, or would be, installed.</param>
/// <param name="CredentialFrom">Where its credential comes from: the name of an option or of an environment variable, or the path of a file; null if there is none.</param>
/// <param name="Problem">Why the credential that was found cannot be used; null if nothing is wrong.</param>
public sealed record LocalAgent(string Name, bool IsInstalled, string Version, string? CredentialFrom, string? Problem);
