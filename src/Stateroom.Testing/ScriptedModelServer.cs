using System.Net;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.Extensions.DependencyInjection;

namespace Stateroom.Testing;

/// <summary>
/// A model that answers by a script, over real HTTP on loopback: it speaks Anthropic's Messages API (<c>POST /v1/messages</c>, streamed or not, and
/// <c>POST /v1/messages/count_tokens</c>) and refuses what the real service refuses, so that every path of an agent runs offline and its mistakes
/// show. The reply that is due is found from the request alone: a client may restart, and a new server with the same scenario carries on.
/// Token counts are estimates by size: one token for four characters of JSON.
/// </summary>
public sealed class ScriptedModelServer : IAsyncDisposable
{
    private readonly WebApplication _app;
    private readonly ScriptedModel _model;
    private bool _isDisposed;

    private ScriptedModelServer(WebApplication app, ScriptedModel model)
    {
        _app = app;
        _model = model;
        var address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
        BaseAddress = new Uri(address);
    }

    /// <summary>Where the server listens, such as <c>http://127.0.0.1:39911/</c>. What clients know as ANTHROPIC_BASE_URL.</summary>
    public Uri BaseAddress { get; }

    /// <summary>The requests so far, in the order in which they came.</summary>
    public IReadOnlyList<RecordedRequest> Requests => _model.Log.Snapshot();

    /// <summary>Starts a server on a free port of 127.0.0.1.</summary>
    /// <param name="scenario">What it answers.</param>
    /// <param name="apiKey">The one key that it takes, as <c>x-api-key</c> or as a bearer token. Null, the default, takes any but none.</param>
    /// <param name="time">The clock for <see cref="ScenarioReply.DelayMs"/>. Null means the system's.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <exception cref="FormatException">The scenario breaks a rule; says which.</exception>
    public static async Task<ScriptedModelServer> StartAsync(
        Scenario scenario, string? apiKey = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        ScenarioRules.Check(scenario);
        // The empty builder reads no settings from the environment or the working directory.
        var builder = WebApplication.CreateEmptyBuilder(new WebApplicationOptions());
        builder.WebHost.UseKestrelCore().ConfigureKestrel(kestrel => kestrel.Listen(IPAddress.Loopback, 0));
        var app = builder.Build();
        var model = new ScriptedModel(scenario, apiKey, time ?? TimeProvider.System);
        app.Run(model.AnswerAsync);
        try
        {
            await app.StartAsync(cancellationToken).ConfigureAwait(false);
            return new ScriptedModelServer(app, model);
        }
        catch
        {
            await app.DisposeAsync().ConfigureAwait(false);
            model.Dispose();
            throw;
        }
    }

    /// <summary>Waits until that many requests have come since the start; their answers may not have been sent yet.</summary>
    /// <param name="count">The number of requests.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public Task WaitForRequestsAsync(int count, CancellationToken cancellationToken = default) => _model.Log.WaitAsync(count, cancellationToken);

    /// <summary>Ends the answers under way and the server. Idempotent.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _isDisposed, true))
            return;
        await _model.StopAsync().ConfigureAwait(false);
        await _app.DisposeAsync().ConfigureAwait(false);
        _model.Dispose();
    }
}
