namespace Stateroom.Cli.Tour;

/// <summary>One step of the tour.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="RunAsync">Shows it, and checks it: throws <see cref="TourFailedException"/> if something is not as it should be.</param>
internal sealed record TourStep(string Name, Func<TourContext, Task> RunAsync);

/// <summary>Something on the tour is not as it should be.</summary>
internal sealed class TourFailedException(string message) : Exception(message);
