namespace Stateroom.Bench;

/// <summary>A home of its own with one session, removed at the end.</summary>
internal sealed class BenchRoom : IAsyncDisposable
{
    private BenchRoom(string home, IStateroom stateroom, ISession session) => (Home, Stateroom, Session) = (home, stateroom, session);

    public string Home { get; }

    public IStateroom Stateroom { get; }

    public ISession Session { get; }

    public ISandbox Room => Session.Sandbox;

    public static async Task<BenchRoom> CreateAsync()
    {
        var home = Path.Combine("/tmp", "stateroom-bench-" + SessionId.New());
        var stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = home });
        return new BenchRoom(home, stateroom, await stateroom.CreateAsync("bench"));
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await Stateroom.CleanUpAsync("bench", removeWorkspace: true);
        await Stateroom.DisposeAsync();
        Directory.Delete(Home, recursive: true);
    }
}
