namespace Stateroom.Tests.Agents;

/// <summary>A room of its own for a test, gone with it.</summary>
internal sealed class TestRoom : IAsyncDisposable
{
    private readonly TempHome _home = new();
    private readonly IStateroom _host;

    private TestRoom() => _host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Path });

    public ISession Session { get; private set; } = null!;

    public string PathOf(string file) => Path.Combine(_home.Path, "sessions", Session.Id, "workspace", file);

    public static async Task<TestRoom> StartAsync()
    {
        var room = new TestRoom();
        room.Session = await room._host.CreateAsync("agent").WaitAsync(Patience.Limit);
        return room;
    }

    public async ValueTask DisposeAsync()
    {
        await Session.DisposeAsync();
        await _host.CleanUpAsync(Session.Id, removeWorkspace: true);
        await _host.DisposeAsync();
        _home.Dispose();
    }
}
