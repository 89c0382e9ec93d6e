#!/usr/bin/env dotnet
#:project ../src/Stateroom.Testing/Stateroom.Testing.csproj
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591;CA2007;CA1515

// Patterns of work with sessions: ephemeral and persistent ones, reconnecting, finding, clean-up, metadata and history, a pool, a chain, version
// control, and what to do when something is wrong. Offline: the model is a script on loopback, all else is real. Ends with an error at the first surprise.
//
//     dotnet run samples/patterns.cs

using System.Text.Json;
using Stateroom;
using Stateroom.Agents.BuiltIn;
using Stateroom.Testing;

const string Script = """
    { "turns": [
      { "prompt": "Create hello.py", "replies": [ { "tools": [ { "name": "create", "input": { "path": "hello.py", "content": "print('hello')\n" } } ] }, { "text": "hello.py is there." } ] },
      { "prompt": "Create project structure", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "mkdir -p src tests && touch src/app.py tests/test_app.py" } } ] }, { "text": "Made." } ] },
      { "prompt": "Add feature", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "echo 'x = 1' >> src/app.py; ls src" } } ] }, { "text": "Added to {{tool_result:1}}." } ] },
      { "prompt": "Build API", "replies": [ { "tools": [ { "name": "create", "input": { "path": "api.py", "content": "# api\n" } } ] }, { "text": "API built." } ] },
      { "prompt": "Build UI", "replies": [ { "tools": [ { "name": "create", "input": { "path": "ui.html", "content": "<p>ui</p>\n" } } ] }, { "text": "UI built." } ] },
      { "prompt": "Clean dataset", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "printf '3\n1\n\n2\n' | grep . | sort > clean.csv; wc -l < clean.csv" } } ] }, { "text": "{{tool_result:1}} rows." } ] },
      { "prompt": "Run analysis", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "awk '{ s += $1 } END { print s }' clean.csv | tee sum.txt" } } ] }, { "text": "The sum is {{tool_result:1}}." } ] },
      { "prompt": "Create visualizations", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "for i in $(seq $(cat sum.txt)); do printf '#'; done | tee chart.txt" } } ] }, { "text": "{{tool_result:1}}" } ] },
      { "prompt": "Commit", "replies": [ { "tools": [ { "name": "bash", "input": { "command": "git init -q && git add . && git -c user.name=r -c user.email=r@localhost commit -qm 'Initial commit' && git log --oneline | wc -l" } } ] }, { "text": "{{tool_result:1}} commit." } ] } ] }
    """;

await using var model = await ScriptedModelServer.StartAsync(Scenario.Parse(Script));
var agent = new BuiltInAgent(new BuiltInAgentOptions { BaseAddress = model.BaseAddress, ApiKey = "scripted" });
var home = Directory.CreateTempSubdirectory("stateroom-sample-").FullName;
File.SetUnixFileMode(home, (UnixFileMode)Convert.ToInt32("711", 8)); // The rooms of a root host run under other users.
await using var stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = home, Agents = new Dictionary<string, IAgent> { [agent.Name] = agent } });

Title("Ephemeral: gone with its handle");
string gone;
await using (var session = await stateroom.CreateAsync())
{
    Expect((await session.CodeAsync("Create hello.py")).FilesCreated is ["hello.py"], "hello.py was not created");
    gone = session.WorkspacePath!.Value;
}
Expect(!Directory.Exists(gone), "the workspace is still there");

Title("Persistent: created on one day, taken up on another");
await using (var session = await stateroom.CreateAsync("my-project"))
{
    await session.CodeAsync("Create project structure");
    Console.WriteLine($"Workspace: {session.WorkspacePath}");
}
await using (var session = await stateroom.OpenAsync("my-project"))
    Show(await session.CodeAsync("Add feature A"), "Added to app.py.");
await using (var session = await stateroom.OpenOrCreateAsync("my-project"))
    Show(await session.CodeAsync("Add feature B"), "Added to app.py.");
Expect((await File.ReadAllLinesAsync($"{home}/sessions/my-project/workspace/src/app.py")).Length == 2, "the file is not as the host sees it");

Title("What is there already, and what is not");
Console.WriteLine((await FailsAsync<SessionAlreadyExistsException>(() => stateroom.CreateAsync("my-project"))).Message);
Console.WriteLine((await FailsAsync<SessionNotFoundException>(() => stateroom.OpenAsync("no-such-project"))).Message);
Console.WriteLine((await FailsAsync<InvalidSessionIdException>(() => stateroom.CreateAsync("my project"))).Message);

Title("Finding, metadata and history");
await foreach (var found in stateroom.ListAsync(new SessionQuery { Contains = "proj" }))
    Console.WriteLine($"  - {found.Id} ({(found.IsRunning ? "running" : "stopped")}, created {found.CreatedAt:yyyy-MM-dd}, {found.TotalCommands} commands)");
using (var metadata = JsonDocument.Parse(await File.ReadAllTextAsync($"{home}/sessions/my-project/.stateroom/session.json")))
    Expect(metadata.RootElement.GetProperty("total_files_created").GetInt64() == 2, "session.json counts wrongly");
var actions = await stateroom.ReadHistoryAsync("my-project").ToListAsync();
foreach (var action in actions[^5..]) Console.WriteLine($"  {action.Timestamp:O}: {action.Action}");

Title("A pool: sessions that work at the same time");
var built = await Task.WhenAll(BuildAsync("task-a", "Build API"), BuildAsync("task-b", "Build UI"));
Console.WriteLine(string.Join(' ', built));

Title("A chain: each session goes on with the files of the one before");
await using (var prepare = await stateroom.CreateAsync("data-prep")) Show(await prepare.CodeAsync("Clean dataset"), "3 rows.");
await using (var analysis = await stateroom.CreateAsync("analysis"))
{
    await CopyAsync("data-prep", analysis);
    Show(await analysis.CodeAsync("Run analysis"), "The sum is 6.");
}
await using (var chart = await stateroom.CreateAsync("visualization"))
{
    await CopyAsync("analysis", chart);
    Show(await chart.CodeAsync("Create visualizations"), "######");
}

Title("Version control in the workspace");
await using (var session = await stateroom.OpenAsync("my-project")) Show(await session.CodeAsync("Commit"), "1 commit.");

Title("Clean-up: keep the files, remove them, by age, always");
await stateroom.CleanUpAsync("task-a", removeWorkspace: false);
Expect(File.Exists($"{home}/sessions/task-a/workspace/api.py"), "keeping the workspace keeps it");
await using (var adopted = await stateroom.CreateAsync("task-a"))
    Expect((await adopted.RunAsync("cat api.py")).StdoutText == "# api\n", "a new session of that id adopts the files");
var old = new SessionQuery { CreatedBefore = TimeProvider.System.GetUtcNow() };
foreach (var session in await stateroom.ListAsync(old).ToListAsync())
{
    Console.WriteLine($"Cleaning up: {session.Id}");
    await stateroom.CleanUpAsync(session.Id, removeWorkspace: true);
}
try
{
    await using var session = await stateroom.CreateAsync("temporary-analysis");
    await session.CodeAsync("Clean dataset");
}
finally
{
    // Also when it failed, and also when there is nothing to clean up.
    await stateroom.CleanUpAsync("temporary-analysis", removeWorkspace: true);
    await stateroom.CleanUpAsync("temporary-analysis", removeWorkspace: true);
}
Expect(await stateroom.ListAsync().CountAsync() == 0, "sessions are left");

Title("A session that was damaged");
await using (await stateroom.CreateAsync("corrupted-session")) { }
await File.WriteAllTextAsync($"{home}/sessions/corrupted-session/.stateroom/session.json", "{ not json");
Console.WriteLine((await FailsAsync<CorruptSessionException>(() => stateroom.OpenAsync("corrupted-session"))).Message);
Directory.Delete($"{home}/sessions/corrupted-session", recursive: true);
await using (var fresh = await stateroom.CreateAsync("corrupted-session")) Expect(fresh.IsPersistent, "a fresh session cannot be made");

Directory.Delete(home, recursive: true);
Console.WriteLine("\nAll as expected.");
return 0;

async Task<string> BuildAsync(string id, string prompt)
{
    await using var session = await stateroom.CreateAsync(id);
    return (await session.CodeAsync(prompt)).Response;
}

// As one stream, with modes, links and times.
async Task CopyAsync(string from, ISession to)
{
    await using var source = await stateroom.OpenAsync(from);
    var path = Path.GetTempFileName();
    await using (var tar = new FileStream(path, FileMode.Create, FileAccess.ReadWrite, FileShare.None, 1 << 16, FileOptions.DeleteOnClose))
    {
        await source.Files.ReadArchiveAsync(".", tar);
        tar.Position = 0;
        await to.Files.WriteArchiveAsync(".", tar);
    }
}

static async Task<TError> FailsAsync<TError>(Func<Task> work)
    where TError : Exception
{
    try
    {
        await work();
    }
    catch (TError error)
    {
        return error;
    }
    throw new InvalidOperationException($"There is no {typeof(TError).Name}.");
}

static void Title(string text) => Console.WriteLine($"\n=== {text} ===");

static void Show(TurnResult result, string expected)
{
    Expect(result.Success, result.Error ?? "no answer");
    Expect(result.Response == expected, $"'{expected}' was expected, not '{result.Response}'");
    Console.WriteLine(result.Response);
}

static void Expect(bool holds, string what)
{
    if (!holds) throw new InvalidOperationException(what);
}
