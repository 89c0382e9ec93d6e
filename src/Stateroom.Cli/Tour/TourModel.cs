namespace Stateroom.Cli.Tour;

/// <summary>The model that answers on the tour. The agent finds it through the environment, here and in the processes that the tour starts.</summary>
internal sealed class TourModel : IAsyncDisposable
{
    public static async Task<TourModel> StartAsync(Uri? other, CancellationToken cancellationToken)
    {
        await Task.Yield();
        cancellationToken.ThrowIfCancellationRequested();
        throw new PlatformNotSupportedException($"{other}");
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
