using System.Text.Json;
using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Tests.Sessions;

/// <summary>A home directory of its own for each test, and a machine to run rooms on.</summary>
public abstract class SessionHome : IAsyncLifetime
{
    private readonly List<IStateroom> _hosts = [];

    internal MemoryRuntime Machine { get; } = new();

    internal TestAgent Agent { get; } = new();

    protected string Home { get; } = $"/tmp/stateroom-test-{Guid.NewGuid():N}";

    internal StateroomLocalOptions Options => new()
    {
        HomeDirectory = Home,
        Runtimes = [Machine],
        Agents = new Dictionary<string, IAgent> { [Agent.Name] = Agent },
    };

    /// <summary>A host object; each stands for a process.</summary>
    protected IStateroom Host()
    {
        var host = StateroomHost.Local(Options);
        _hosts.Add(host);
        return host;
    }

    internal SessionPaths Paths(string id) => new HomeLayout(Home).Session(id);

    protected JsonElement Record(string id)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Paths(id).Record));
        return json.RootElement.Clone();
    }

    protected static async Task<List<HistoryEntry>> HistoryOf(IStateroom host, string id) => await host.ReadHistoryAsync(id).ToListAsync();

    protected static TimeSpan Limit => Patience.Limit;

    /// <summary>Looks until a condition holds.</summary>
    protected static async Task Until(Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Patience.Limit);
        while (!await condition()) await Task.Delay(5, limit.Token);
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (var host in _hosts) await host.DisposeAsync();
        Stateroom.Workspaces.TreeRemover.Remove(Home);
        GC.SuppressFinalize(this);
    }

    protected static bool IsRoot => Libc.geteuid() == 0;
}
