using System.Runtime.CompilerServices;
using Stateroom.Agents.Credentials;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Stateroom.Execution;
using Stateroom.Files;
using Stateroom.Native;
using Stateroom.Network;

namespace Stateroom.Sessions;

/// <summary>What the sessions of one host object share.</summary>
internal sealed class LocalServices
{
    private readonly Lock _sync = new();
    private bool _ready;

    public LocalServices(StateroomLocalOptions options)
    {
        Time = options.TimeProvider;
        Log = options.LoggerFactory?.CreateLogger(TurnLog.Category) ?? NullLogger.Instance;
        Store = new SessionStore(new HomeLayout(Path.TrimEndingDirectorySeparator(Path.GetFullPath(options.HomeDirectory ?? HomeSetup.DefaultHome()))), Time);
        HostUids = new HostUids(Layout);
        Rooms = new Rooms(Store, LocalDefaults.Runtimes(options, Layout.Home));
        Credentials = LocalDefaults.Credentials(options, Layout);
        Agents = LocalDefaults.Agents(options, Credentials, Layout);
        NetworkAccess = options.NetworkAccess;
        Report = new SessionReport(Store, Rooms);
    }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    public SessionStore Store { get; }

    public HomeLayout Layout => Store.Layout;

    public HostUids HostUids { get; }

    public Rooms Rooms { get; }

    public NetworkAccess NetworkAccess { get; }

    public SessionReport Report { get; }

    public ModelCredentialSource Credentials { get; }

    public IReadOnlyDictionary<string, IAgent> Agents { get; }

    /// <summary>Makes the home directory when it is first needed.</summary>
    public void EnsureHome()
    {
        lock (_sync)
        {
            if (_ready) return;
            HomeSetup.Ensure(Layout);
            _ready = true;
        }
    }

    /// <exception cref="AgentConfigurationException">There is no such agent.</exception>
    public IAgent AgentOf(AgentOptions options) => Agents.TryGetValue(options.Name, out var agent)
        ? agent
        : throw new AgentConfigurationException($"There is no agent '{options.Name}' here. Choose one of: {string.Join(", ", Agents.Keys.Order(StringComparer.Ordinal))}.");

    /// <summary>What is on record of a session's execs and shells, newest first.</summary>
    public async IAsyncEnumerable<ExecutionInfo> ListExecutionsAsync(SessionRecord record, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var records = new ExecutionRecords(Layout.Session(record.SessionId).Executions, box => Rooms.IsAlive(record with { BoxId = box }));
        foreach (var info in await Task.Run(() => records.List(cancellationToken), cancellationToken).ConfigureAwait(false)) yield return info;
    }

    public ExecutionRetention RetentionOf(SessionRecord record) => new(Layout.Session(record.SessionId).Executions, record.Sandbox.Retention, Time);

    /// <summary>Ends a session's room, and brings its records within their bounds.</summary>
    public async Task CloseAsync(LockedSession locked, SessionRecord record, CancellationToken cancellationToken)
    {
        await Rooms.CloseAsync(locked, record, cancellationToken).ConfigureAwait(false);
        await Task.Run(() =>
        {
            new UnfinishedFiles(locked.Paths).Tidy(record.HostUid);
            RetentionOf(record).Apply(cancellationToken);
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Whether a session exists; without a lock.</summary>
    public bool Exists(string id) => HostFile.TryStat(Layout.Session(id).Record) is not null;
}
