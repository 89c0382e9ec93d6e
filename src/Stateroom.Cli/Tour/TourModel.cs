using Stateroom.Testing;

namespace Stateroom.Cli.Tour;

/// <summary>The model that answers on the tour. The agent finds it through the environment, here and in the processes that the tour starts.</summary>
internal sealed class TourModel : IAsyncDisposable
{
    private readonly ScriptedModelServer? _scripted;

    private TourModel(ScriptedModelServer? scripted) => _scripted = scripted;

    /// <param name="other">The model that answers instead of the scripted one; its key is in the environment already.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    public static async Task<TourModel> StartAsync(Uri? other, CancellationToken cancellationToken)
    {
        var scripted = other is null ? await ScriptedModelServer.StartAsync(Scenario.FlaskTutorial(), cancellationToken: cancellationToken) : null;
        Environment.SetEnvironmentVariable("ANTHROPIC_BASE_URL", (other ?? scripted!.BaseAddress).AbsoluteUri);
        // The scripted model takes any key; the user's own has no business there.
        if (scripted is not null)
        {
            Environment.SetEnvironmentVariable("ANTHROPIC_API_KEY", "scripted");
            Environment.SetEnvironmentVariable("ANTHROPIC_AUTH_TOKEN", null);
        }
        return new TourModel(scripted);
    }

    public ValueTask DisposeAsync() => _scripted?.DisposeAsync() ?? ValueTask.CompletedTask;
}
