#!/usr/bin/env dotnet
#:project ../src/Stateroom.Testing/Stateroom.Testing.csproj
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591;CA2007;CA1515

// Your first session: a Flask project made, left, taken up again, extended, run and tested in a room.
// Runs offline: the builtin agent talks to a scripted model on loopback, everything else is real.
//
//     dotnet run samples/first-session.cs            (sessions live in a temporary directory; --keep leaves it)

using System.Text.Json;
using Stateroom;
using Stateroom.Agents.BuiltIn;
using Stateroom.Testing;

await using var model = await ScriptedModelServer.StartAsync(Scenario.FlaskTutorial());
var agent = new BuiltInAgent(new BuiltInAgentOptions { BaseAddress = model.BaseAddress, ApiKey = "scripted" });
var home = Directory.CreateTempSubdirectory("stateroom-sample-").FullName;
// The rooms of a root host run under user ids of their own, which must be able to pass.
File.SetUnixFileMode(home, (UnixFileMode)Convert.ToInt32("711", 8));
var options = new StateroomLocalOptions { HomeDirectory = home, Agents = new Dictionary<string, IAgent> { [agent.Name] = agent } };

Console.WriteLine("=== Creating Persistent Session ===\n");
await using (var stateroom = StateroomHost.Local(options))
await using (var session = await stateroom.CreateAsync("flask-tutorial"))
{
    Console.WriteLine($"Session ID: {session.Id}");
    Console.WriteLine($"Workspace: {session.WorkspacePath}");
    Console.WriteLine($"Persistent: {session.IsPersistent}\n");
    Console.WriteLine("Task: Initialize Flask project...");
    var result = await session.CodeAsync("""
        Create a Flask project with:
        1. app.py with a basic Flask app
        2. requirements.txt with Flask
        3. A GET / endpoint that returns {'message': 'Hello from Stateroom!'}
        4. Run pip install -r requirements.txt
        """);
    Console.WriteLine($"Success: {result.Success}\nResponse:\n{result.Response}\n");
    Expect(result.Success && result.FilesCreated.Contains("app.py"), result.Error ?? "app.py was not created");
}

// The host object is gone, and with it the room. What follows could be another process on another day.
await using (var stateroom = StateroomHost.Local(options))
{
    Console.WriteLine("=== Reconnecting to Session ===\n");
    await using (var session = await stateroom.OpenAsync("flask-tutorial"))
    {
        foreach (var (name, prompt) in ((string, string)[])
        [
            ("user endpoint", "Add a GET /users endpoint to app.py that returns:\n{'users': [{'id': 1, 'name': 'Alice'}, {'id': 2, 'name': 'Bob'}]}"),
            ("health check endpoint", "Add a GET /health endpoint that returns:\n{'status': 'healthy', 'version': '1.0.0'}"),
        ])
        {
            var result = await session.CodeAsync(prompt);
            Expect(result.Success, result.Error ?? prompt);
            Console.WriteLine($"✅ Added {name}");
        }
    }

    Console.WriteLine("\n=== All Sessions ===\n");
    await foreach (var info in stateroom.ListAsync())
        Console.WriteLine($"  Session: {info.Id}\n  Status: {(info.IsRunning ? "running" : "stopped")}\n  Created: {info.CreatedAt:yyyy-MM-dd HH:mm:ss}\n  Workspace: {info.WorkspacePath}\n");

    Console.WriteLine("=== Testing Flask API ===\n");
    await using (var session = await stateroom.OpenAsync("flask-tutorial"))
    {
        var served = await session.CodeAsync("Start the Flask app in the background, then use curl to test all three endpoints:\n1. GET / \n2. GET /users\n3. GET /health\nShow the responses.");
        Expect(served.Success && served.Response.Contains("Alice", StringComparison.Ordinal), served.Error ?? served.Response);
        Console.WriteLine($"Test Results:\n{served.Response}\n");

        Console.WriteLine("=== Adding Unit Tests ===\n");
        var tested = await session.CodeAsync("""
            Create test_app.py with pytest tests for all three endpoints:
            1. Test GET / returns correct message
            2. Test GET /users returns two users
            3. Test GET /health returns status and version
            Add pytest to requirements.txt and install it.
            Run the tests with pytest.
            """);
        Expect(tested.Success && tested.Response.Contains("passed", StringComparison.Ordinal), tested.Error ?? tested.Response);
        Console.WriteLine($"✅ Tests created and executed!\n\nTest output:\n{tested.Response}\n");

        Console.WriteLine("=== Session Lifecycle Summary ===\n");
        var summary = await session.GetInfoAsync();
        Console.WriteLine($"Session Information:\n  ID: {summary.Id}\n  Total Commands: {summary.TotalCommands}\n  Files Created: {summary.TotalFilesCreated}\n");
        var actions = new List<HistoryEntry>();
        await foreach (var entry in session.ReadHistoryAsync()) actions.Add(entry);
        Console.WriteLine($"Session History:\n  Total Actions: {actions.Count}\n\n  Recent Actions:");
        foreach (var entry in actions[^5..]) Console.WriteLine($"    - {entry.Action} at {entry.Timestamp:O}");
        Expect(actions[0].Action == HistoryActions.SessionCreated && actions[0].Context.ValueKind == JsonValueKind.Object, "the history begins with the creation");
    }

    var workspace = Path.Combine(home, "sessions", "flask-tutorial", "workspace");
    await stateroom.CleanUpAsync("flask-tutorial", removeWorkspace: false);
    Expect(File.Exists(Path.Combine(workspace, "app.py")), "keeping the workspace keeps it");
    Console.WriteLine("\n✅ Session removed, workspace preserved");
    if (!args.Contains("--keep"))
    {
        await using (await stateroom.CreateAsync("flask-tutorial")) { }
        await stateroom.CleanUpAsync("flask-tutorial", removeWorkspace: true);
        Expect(!Directory.Exists(workspace), "removing the workspace removes it");
        Console.WriteLine("✅ Session and workspace completely removed");
        Directory.Delete(home, recursive: true);
    }
}
return 0;

static void Expect(bool holds, string what)
{
    if (!holds) throw new InvalidOperationException(what);
}
