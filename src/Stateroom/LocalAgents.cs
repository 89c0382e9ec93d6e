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

    private static string OwnVersion =>
        typeof(LocalAgents).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

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

/// <summary>An agent of this host.</summary>
/// <param name="Name">The name that <see cref="AgentOptions.Name"/> chooses it by.</param>
/// <param name="IsInstalled">Whether its program is there.</param>
/// <param name="Version">The version that is, or would be, installed.</param>
/// <param name="CredentialFrom">Where its credential comes from: the name of an option or of an environment variable, or the path of a file; null if there is none.</param>
/// <param name="Problem">Why the credential that was found cannot be used; null if nothing is wrong.</param>
public sealed record LocalAgent(string Name, bool IsInstalled, string Version, string? CredentialFrom, string? Problem);
