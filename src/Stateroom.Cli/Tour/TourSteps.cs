namespace Stateroom.Cli.Tour;

/// <summary>The steps in the tutorial's order.</summary>
internal static class TourSteps
{
    public static IEnumerable<TourStep> All(bool keep) =>
    [
        new("create a persistent session", Steps.CreateStep.RunAsync),
        new("explore the workspace", Steps.ExploreStep.RunAsync),
        new("view session metadata", Steps.MetadataStep.RunAsync),
        new("reconnect and add features", Steps.ReconnectStep.RunAsync),
        new("list all sessions", Steps.ListStep.RunAsync),
        new("test the API", Steps.TestApiStep.RunAsync),
        new("add tests", Steps.AddTestsStep.RunAsync),
        new("session lifecycle summary", Steps.SummaryStep.RunAsync),
        new("workspace persistence", Steps.PersistenceStep.RunAsync),
        keep ? new("keep the session", Steps.KeepStep.RunAsync) : new("clean up", Steps.CleanUpStep.RunAsync),
    ];
}
