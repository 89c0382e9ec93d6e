using System.Text;
using Stateroom.Agents.ClaudeCode.Install;
using Stateroom.Agents.Credentials;
using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Tests.Faults;

/// <summary>What must hold of a home after something died: what was told is there, what is there is true, and it all goes on and goes away.</summary>
internal sealed class FaultChecks(string home, Transcript told)
{
    private readonly HomeLayout _layout = new(home);

    public async Task RunAsync()
    {
        await using (var host = StateroomHost.Local(FaultChild.Options(home)))
        {
            var found = await host.ListAsync().ToListAsync();
            await CheckWorkExistsAsync(host, found);
            Assert.All(found, info => Assert.NotEqual(SessionState.Busy, info.State));
            Assert.DoesNotContain(found, info => info.Problem is not null && info.Id != FaultScript.Broken);
            Assert.True(found.Count(info => info.Id == FaultScript.Broken) == 1 || !told.IsDone("createbroken") || told.HasBegun("removebroken"));
            Assert.True(found.Count(info => info.Id == FaultScript.Old) == 1 || !told.IsDone("createold"));
            foreach (var info in found) await CheckSessionAsync(host, info);
            foreach (var info in found) await host.CleanUpAsync(info.Id, removeWorkspace: true);
        }
        // Those whose creation was cut, and those that a clean-up kept: a new session of the id takes over what is there.
        await using (var host = StateroomHost.Local(FaultChild.Options(home)))
        {
            foreach (var id in (string[])[FaultScript.Work, FaultScript.Old, FaultScript.Broken])
            {
                await using (await host.OpenOrCreateAsync(id)) { }
                await host.CleanUpAsync(id, removeWorkspace: true);
            }
        }
        await CheckAgentsAsync();
        await CheckNothingIsLeftAsync();
    }

    // A program is there whole or not at all, and so is a key; the next use goes on from there.
    private async Task CheckAgentsAsync()
    {
        var program = ClaudeCodeProgram.Path(_layout);
        Check(File.Exists(program), "install", "uninstall");
        if (File.Exists(program)) Assert.Equal(FaultScript.Program, await File.ReadAllTextAsync(program));
        Check(CredentialFile.TryRead(_layout.Credentials) is not null, "storekey", "removekey");
        await CredentialFile.WriteAsync(_layout, new ModelCredential(ModelCredentialKind.ApiKey, FaultScript.Key), CancellationToken.None);
        Assert.Equal(FaultScript.Key, CredentialFile.TryRead(_layout.Credentials)!.Value);
        await CredentialFile.RemoveAsync(_layout, CancellationToken.None);
        await new ClaudeCodeInstaller(_layout, TimeProvider.System).RemoveAsync(CancellationToken.None);
        Assert.Empty(Directory.EnumerateFileSystemEntries(_layout.Agents));

        void Check(bool isThere, string made, string removed)
        {
            if (told.IsDone(removed) || !told.HasBegun(made)) Assert.False(isThere);
            else if (told.IsDone(made) && !told.HasBegun(removed)) Assert.True(isThere);
        }
    }

    private async Task CheckWorkExistsAsync(IStateroom host, List<SessionInfo> found)
    {
        bool? exists = false;
        foreach (var (step, makes) in (ReadOnlySpan<(string, bool)>)[("create", true), ("archive", false), ("adopt", true), ("remove", false)])
        {
            if (told.IsDone(step)) exists = makes;
            else if (told.IsPending(step)) exists = null;
        }
        var isThere = found.Exists(info => info.Id == FaultScript.Work);
        Assert.True(exists is null || exists == isThere, $"The session {(isThere ? "is" : "is not")} there.");
        if (!isThere) await Assert.ThrowsAsync<SessionNotFoundException>(() => host.GetAsync(FaultScript.Work));
        if (!isThere && exists is false && !told.HasBegun("create")) return;
        // Whether the session is there or was taken apart, its files are, until they are removed.
        if (!told.HasBegun("remove")) CheckFiles();
    }

    private async Task CheckSessionAsync(IStateroom host, SessionInfo info)
    {
        if (info.Problem is not null) Assert.NotEmpty(await new LocalMaintenance(FaultChild.Options(home)).RepairAsync(info.Id));
        await CheckHistoryAsync(host, info.Id);
        await CheckRecordsAsync(host, info.Id, mayRun: true);
        await using var session = await host.OpenAsync(info.Id, new OpenOptions { KeepRunning = true });
        if (info.Id == FaultScript.Work) await CheckMessagesAsync(session);
        await CheckGoesOnAsync(session);
        await session.CloseAsync();
        var after = await session.GetInfoAsync();
        Assert.Equal(SessionState.Closed, after.State);
        Assert.DoesNotContain(Directory.GetDirectories(_layout.Run), room => Path.GetFileName(room) == after.SandboxId);
        await CheckHistoryAsync(host, info.Id);
        await CheckRecordsAsync(host, info.Id, mayRun: false);
        Assert.Equal(await host.ReadHistoryAsync(info.Id).CountAsync(entry => entry.Action == HistoryActions.Command), after.TotalCommands);
        Assert.Empty(Temporaries(info.Id));
    }

    // The next command, the next shell and the next prompt.
    private static async Task CheckGoesOnAsync(ISession session)
    {
        var result = await session.RunAsync("echo alive").WaitAsync(Patience.Limit);
        Assert.Equal((ExecOutcome.Exited, 0, "alive\n"), (result.Outcome, result.ExitCode, result.StdoutText));
        await using (var shell = await session.OpenShellAsync())
            Assert.Equal("2\n", (await shell.RunAsync("echo $((1 + 1))").WaitAsync(Patience.Limit)).StdoutText);
        Assert.True((await session.CodeAsync("after").WaitAsync(Patience.Limit)).Success);
    }

    private async Task CheckHistoryAsync(IStateroom host, string id)
    {
        var entries = await host.ReadHistoryAsync(id).ToListAsync();
        var rooms = new HashSet<string>();
        var ended = new HashSet<string>();
        var turns = new List<string>();
        Assert.Equal(HistoryActions.SessionCreated, entries[0].Action);
        foreach (var entry in entries)
        {
            if (entry.Action is HistoryActions.SessionCreated or HistoryActions.Restored) Assert.True(rooms.Add(Text(entry, "box_id")!), "A room was started twice.");
            if (entry.Action == HistoryActions.Closed)
            {
                Assert.True(ended.Add(Text(entry, "box_id")!), "A room ended twice.");
                Assert.Contains(Text(entry, "box_id")!, rooms);
            }
            if (entry.Action is HistoryActions.CodeExecution or HistoryActions.TurnInterrupted) turns.Add(Text(entry, "prompt")!);
        }
        Assert.Equal(turns.Where(prompt => prompt != "after").Distinct(), turns.Where(prompt => prompt != "after"));
        if (id != FaultScript.Work || told.HasBegun("archive")) return;
        foreach (var (step, run) in Expected.Runs.Select(r => (r.Key, r.Value)).Where(r => told.IsDone(r.Key) && !r.Key.StartsWith("old", StringComparison.Ordinal)))
            Assert.Contains(entries, entry => entry.Action == HistoryActions.Command && Text(entry, "command") == CommandText.Of(run.Arguments));
        foreach (var (step, run) in Expected.Commands.Where(c => told.IsDone(c.Step)))
            Assert.Contains(entries, entry => entry.Action == HistoryActions.Command && Text(entry, "command") == run.Arguments[0]);
        foreach (var turn in (string[])["turn1", "turn2"])
        {
            if (told.Outcome(turn) is not { } outcome) continue;
            var entry = Assert.Single(entries, entry => entry.Action == HistoryActions.CodeExecution && Text(entry, "prompt") == turn);
            Assert.Equal(outcome.Split(' ')[0] == "True", entry.Context.GetProperty("success").GetBoolean());
        }
    }

    private static string? Text(HistoryEntry entry, string name) => entry.Context.TryGetProperty(name, out var value) ? value.GetString() : null;

    private async Task CheckMessagesAsync(ISession session)
    {
        var messages = await session.ReadMessagesAsync().Select(message => message.Content[0].GetProperty("text").GetString()!).ToListAsync();
        if (told.HasBegun("archive"))
        {
            Assert.True(messages.Count == 0 || !told.HasBegun("adopt"));
            return;
        }
        string[] all = ["turn1", FaultAgent.AnswerTo("turn1"), "turn2", FaultAgent.AnswerTo("turn2")];
        // In their order, none twice; of a turn that was told all, of another as far as it came.
        Assert.Equal(all.Where(messages.Contains), messages);
        foreach (var turn in (string[])["turn1", "turn2"])
        {
            if (told.Outcome(turn)?.StartsWith("True", StringComparison.Ordinal) == true) Assert.Contains(FaultAgent.AnswerTo(turn), messages);
            if (messages.Contains(FaultAgent.AnswerTo(turn))) Assert.Contains(turn, messages);
        }
    }

    // What a record says is what happened, or that nobody knows.
    private async Task CheckRecordsAsync(IStateroom host, string session, bool mayRun)
    {
        var records = await host.ListExecutionsAsync(session).ToListAsync();
        foreach (var record in records)
        {
            if (mayRun && record.IsRunning) continue;
            Assert.False(record.IsRunning, $"'{record.Id}' is said to run.");
            var result = Assert.IsType<ExecResult>(record.Result);
            if (result.Outcome is ExecOutcome.Lost) Assert.True(result is { ExitCode: null, Signal: null, Error: not null });
            if (record.IsShell) continue;
            var (step, run) = Expected.Runs.Select(r => (r.Key, r.Value)).SingleOrDefault(r => r.Value.Arguments.SequenceEqual(record.Arguments));
            if (run is null) continue;
            await CheckRecordAsync(host, session, result, run);
        }
        foreach (var step in told.Steps.Where(step => step.Outcome is not null && Expected.Runs.ContainsKey(step.Name)))
        {
            if (!IsOf(step.Name, session, mayRun)) continue;
            var record = Assert.Single(records, record => Expected.Runs[step.Name].Arguments.SequenceEqual(record.Arguments));
            Assert.Equal(string.Join(' ', step.Outcome!.Split(' ')[..2]), $"{record.Result!.Outcome} {record.Result.ExitCode?.ToString() ?? "-"}");
        }
    }

    private static async Task CheckRecordAsync(IStateroom host, string session, ExecResult result, Expected.Run run)
    {
        if (result.Outcome != ExecOutcome.Lost) Assert.Equal((run.Outcome, run.ExitCode), (result.Outcome, result.ExitCode));
        if (result.Outcome == ExecOutcome.Exited) Assert.Equal(Encoding.UTF8.GetByteCount(run.Stdout), result.StdoutBytes);
        foreach (var (stream, expected) in ((OutputStream, string)[])[(OutputStream.Stdout, run.Stdout), (OutputStream.Stderr, run.Stderr)])
        {
            long at = 0;
            await foreach (var piece in host.ReadRecordedOutputAsync(session, result.ExecId).Where(piece => piece.Stream == stream))
            {
                Assert.Equal(at + piece.Missing, piece.Offset);
                Assert.Equal(expected.Substring((int)piece.Offset, piece.Data.Length), Encoding.UTF8.GetString(piece.Data.Span));
                at = piece.Offset + piece.Data.Length;
            }
            if (result.Outcome != ExecOutcome.Lost && run.Stdout.Length < Expected.OldBytes) Assert.Equal(expected.Length, at);
        }
    }

    // Records that a retention or another session of the id may have taken are not asked for.
    private bool IsOf(string step, string session, bool atFirst) => session switch
    {
        FaultScript.Work when told.HasBegun("archive") => step == "adopted" && told.IsDone("adopt"),
        FaultScript.Work => !step.StartsWith("old", StringComparison.Ordinal) && step is not ("ephemeral" or "repaired" or "adopted"),
        FaultScript.Old => step == "old3" && atFirst,
        FaultScript.Broken => step == "repaired",
        _ => false,
    };

    private void CheckFiles()
    {
        foreach (var file in Expected.Files.GroupBy(file => file.Path))
        {
            var allowed = new List<string?> { null };
            foreach (var (step, _, content) in file)
            {
                if (told.IsDone(step)) allowed = [content];
                else if (told.IsPending(step)) allowed.Add(content);
            }
            var path = $"{_layout.Session(FaultScript.Work).Workspace}/{file.Key}";
            var is_ = File.Exists(path) ? File.ReadAllText(path) : null;
            // An append adds from its beginning, and may have been cut.
            Assert.True(allowed.Contains(is_) || told.IsPending("append") && is_ is not null && allowed.Exists(whole => whole?.StartsWith(is_, StringComparison.Ordinal) == true) || IsMade(file.Key, is_),
                $"'{file.Key}' holds '{is_}', not one of: {string.Join(", ", allowed.Select(a => $"'{a}'"))}");
        }
    }

    // What a command that was cut had opened.
    private bool IsMade(string path, string? content) => path.EndsWith(".made", StringComparison.Ordinal) && content == "" && !told.IsDone(path[..^5]);

    // A removal of many files is no one step: what is left of a directory may hold some that were moved up.
    private List<string> Temporaries(string id) =>
        [.. Directory.EnumerateFileSystemEntries(_layout.Session(id).Directory, ".stateroom-*", SearchOption.AllDirectories)
            .Where(path => !told.IsPending("rmdeep") || !path.Contains("/deep/.stateroom-removed-", StringComparison.Ordinal)),
            .. Directory.EnumerateFileSystemEntries(_layout.Session(id).Metadata).Where(path => path.EndsWith("/unfinished", StringComparison.Ordinal)).SelectMany(Directory.EnumerateFileSystemEntries)];

    private async Task CheckNothingIsLeftAsync()
    {
        var maintenance = new LocalMaintenance(FaultChild.Options(home));
        await maintenance.SweepAsync();
        Assert.Empty(await maintenance.SweepAsync());
        foreach (var directory in (ReadOnlySpan<string>)[_layout.Sessions, _layout.Trash, _layout.Ephemeral]) Assert.Empty(Directory.GetFileSystemEntries(directory));
        Assert.Single(Directory.GetDirectories(_layout.Run), path => Path.GetFileName(path).StartsWith("etc-", StringComparison.Ordinal));
        Assert.DoesNotContain(Directory.GetFiles(_layout.Locks), FileLock.IsHeld);
        Assert.DoesNotContain(home, await File.ReadAllTextAsync("/proc/self/mounts"), StringComparison.Ordinal);
        Assert.Empty(Processes());
    }

    // Whoever sees the home in its mounts is in a room of it. Of another user's processes this is not to be seen.
    private IEnumerable<string> Processes()
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(path => char.IsAsciiDigit(Path.GetFileName(path)[0])))
        {
            string mounts;
            try
            {
                mounts = File.ReadAllText(process + "/mountinfo");
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended, or is not ours.
                continue;
            }
            if (mounts.Contains(home, StringComparison.Ordinal)) yield return $"{process}: {File.ReadAllText(process + "/cmdline")}";
        }
    }
}
