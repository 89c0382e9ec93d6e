using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session list</c></summary>
internal static class ListVerb
{
    private static readonly SessionState[] Listed = [SessionState.Init, SessionState.Idle, SessionState.Busy, SessionState.Closed, SessionState.Failed];

    private static readonly Option<string?> State = new("--state") { HelpName = "STATE", Description = "Only sessions in this state." };

    private static readonly Option<string?> Contains = new("--contains") { HelpName = "TEXT", Description = "Only sessions with this text in their id." };

    private static readonly Option<TimeSpan?> OlderThan = new("--older-than")
    {
        HelpName = "AGE",
        Description = "Only sessions created at least this long ago, such as 30m, 12h, 7d.",
        CustomParser = Durations.ParseAge,
    };

    private static readonly Option<int?> Limit = new("--limit") { HelpName = "N", Description = "At most this many, the newest; from 1 up. The default is all." };

    public static Command Create()
    {
        State.AcceptOnlyFromAmong([.. Listed.Select(SessionView.Name)]);
        return new Command("list", "List sessions, newest first.") { State, Contains, OlderThan, Limit }
            .WithExamples("stateroom session list", "stateroom session list --state closed --older-than 7d", "stateroom session list --limit 10", "stateroom session list --json | jq -r '.[] | select(.status == \"running\") | .id'")
            .Runs(RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        if (invocation.Get(Limit) < 1) throw new UsageException("--limit is a number from 1 up.");
        var query = new SessionQuery
        {
            State = invocation.Get(State) is { } state ? Listed.Single(s => SessionView.Name(s) == state) : null,
            Contains = invocation.Get(Contains),
            CreatedBefore = invocation.Get(OlderThan) is { } age ? TimeProvider.System.GetUtcNow() - age : null,
            Limit = invocation.Get(Limit),
        };
        await using var stateroom = StateroomHost.Local();
        var sessions = new List<SessionView>();
        await foreach (var info in stateroom.ListAsync(query, invocation.Cancellation)) sessions.Add(SessionView.Of(info));

        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented([.. sessions], CliJson.Default.SessionViewArray));
        else if (sessions.Count == 0) invocation.Out.WriteLine("No sessions found.");
        else Table.Write(invocation.Out, [["SESSION", "STATUS", "STATE", "CREATED", "WORKSPACE"], .. sessions.Select(Row)]);
        return ExitCodes.Ok;
    }

    private static string[] Row(SessionView session) =>
        [session.Id, session.Status, session.State, SessionPrinter.Time(session.CreatedAt), session.Problem ?? session.WorkspacePath ?? "-"];
}
