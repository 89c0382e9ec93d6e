using Stateroom.Network.Proxy;
using Stateroom.Sessions;

namespace Stateroom.Network;

/// <summary>What a handle to a session does for its network: serves the proxy of its room, and tells turns what was decided.</summary>
internal sealed class SessionNetwork
{
    private readonly ProxyServices _proxy;
    private readonly string _log;

    private SessionNetwork(LocalServices services, SessionRecord record)
    {
        var recorder = new NetworkRecorder(services.Layout, record.SessionId, services.Time);
        _proxy = new ProxyServices(new NetworkGate(record.Sandbox.Network, services.NetworkAccess), recorder, services.Time);
        _log = services.Layout.Session(record.SessionId).Network;
    }

    /// <summary>Null if the session's rooms have no network.</summary>
    public static SessionNetwork? Of(LocalServices services, SessionRecord record) =>
        record.Sandbox.Network.Policy == NetworkPolicy.Allow ? new SessionNetwork(services, record) : null;

    /// <summary>Begins to serve a room. Disposing ends it.</summary>
    public IAsyncDisposable? Serve(ISandbox sandbox) => sandbox is IListeningSandbox listening ? new RoomProxy(listening, _proxy) : null;

    /// <summary>Tells what is decided from now on as events of a turn.</summary>
    public Telling Tell(Action<TurnEvent> emit) => new(_proxy, _log, emit);

    /// <summary>The decisions of one turn.</summary>
    internal sealed class Telling : IDisposable
    {
        private readonly HashSet<NetworkDecision> _told = [];
        private readonly Lock _sync = new();
        private readonly ProxyServices _proxy;
        private readonly string _log;
        private readonly DateTimeOffset _since;
        private readonly long _from;
        private Action<TurnEvent>? _emit;

        public Telling(ProxyServices proxy, string log, Action<TurnEvent> emit)
        {
            (_proxy, _log, _emit, _since, _from) = (proxy, log, emit, proxy.Time.GetUtcNow(), NetworkLog.Length(log));
            proxy.Recorder.Decided += Tell;
        }

        /// <summary>Tells what another process decided that had the room's port meanwhile, which only the log knows of.</summary>
        public async Task CatchUpAsync()
        {
            foreach (var decision in await Task.Run(() => NetworkLog.Read(_log, _from)).ConfigureAwait(false))
            {
                if (decision.Timestamp >= _since) Tell(decision);
            }
        }

        public void Dispose()
        {
            _proxy.Recorder.Decided -= Tell;
            // No event follows the end of a turn.
            lock (_sync) _emit = null;
        }

        private void Tell(NetworkDecision decision)
        {
            lock (_sync)
            {
                if (_told.Add(decision)) _emit?.Invoke(new NetworkDecided(decision));
            }
        }
    }
}
