using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;
using Stateroom.Cli.Terminals;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session rm ID</c></summary>
internal static class RemoveVerb
{
    private static readonly Option<bool> KeepFiles = new("--keep-files")
    {
        Description = "Keep the workspace on disk and archive the metadata; a new session of this id adopts the files.",
    };

    private static readonly Option<bool> Yes = new("--yes", "-y") { Description = "Do not ask. Needed to remove files where nobody can be asked." };

    public static Command Create() =>
        new Command("rm", "Remove a session: its room, its conversation and its files.") { CommonOptions.Id, KeepFiles, Yes }
            .WithExamples("stateroom session rm web", "stateroom session rm web --yes", "stateroom session rm web --keep-files")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.SessionId();
        var keep = invocation.Get(KeepFiles);
        await using var stateroom = StateroomHost.Local();
        if (!await ExistsAsync(stateroom, id, invocation.Cancellation))
        {
            // What was asked for is so: scripts may remove twice, and whoever mistyped an id reads that.
            Diagnostics.Line($"Session '{id}' does not exist; nothing to remove.");
            if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented(new RemovedView(id, false, false), CliJson.Default.RemovedView));
            return ExitCodes.Ok;
        }
        var removed = keep || invocation.Get(Yes) || await ConfirmAsync(id, invocation.Cancellation);
        if (removed) await stateroom.CleanUpAsync(id, removeWorkspace: !keep, invocation.Cancellation);

        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented(new RemovedView(id, removed, removed && keep), CliJson.Default.RemovedView));
        else if (removed) invocation.Out.WriteLine(keep ? $"Session '{id}' is removed; its files are kept." : $"Session '{id}' and its files are removed.");
        else Diagnostics.Line("Nothing was removed.");
        return removed ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static async Task<bool> ExistsAsync(IStateroom stateroom, string id, CancellationToken cancellationToken)
    {
        try
        {
            await stateroom.GetAsync(id, cancellationToken);
            return true;
        }
        catch (SessionNotFoundException)
        {
            return false;
        }
        catch (CorruptSessionException)
        {
            // Removing it is one way out.
            return true;
        }
    }

    private static Task<bool> ConfirmAsync(string id, CancellationToken cancellationToken) => Confirmation.AskAsync(
        $"Remove session '{id}' with all its files?", $"Removing session '{id}' removes its files. Add --yes, or --keep-files to keep them.", cancellationToken);
}
