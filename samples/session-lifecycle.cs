#!/usr/bin/env dotnet
#:project ../src/Stateroom.Testing/Stateroom.Testing.csproj
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591;CA2007;CA1515

// The life of a session, in five parts: use, persistence, several at once, configuration, clean-up. The rooms, the conversations and their files are
// real; the model is a script on loopback that can only repeat what it has been told, so that what it remembers is what it was really sent.
// Ends with an error at the first surprise.
//
//     dotnet run samples/session-lifecycle.cs                           (the builtin agent)
//     dotnet run samples/session-lifecycle.cs -- --agent claude-code    (after: stateroom agent install claude-code)

using System.Globalization;
using Microsoft.Extensions.Logging;
using Stateroom;
using Stateroom.Testing;

const string Script = """
    { "turns": [
      { "prompt": "Hello!", "replies": [ { "text": "Hello! I can remember what is said in this session." } ] },
      { "prompt": "What did I ask you", "replies": [ { "text": "You said before: {{prompts}}" } ] },
      { "prompt": "Remember this", "replies": [ { "text": "I'll remember it." } ] },
      { "prompt": "What did I tell you", "replies": [ { "text": "You told me: {{prompts}}" } ] },
      { "prompt": "interface system", "replies": [ { "text": "Go's interfaces are implicit: a type satisfies one by having its methods." } ] },
      { "prompt": "SQL and NoSQL", "replies": [ { "text": "SQL databases are relational and have schemas; NoSQL ones give those up for scale or freedom." } ] },
      { "prompt": "Big O", "replies": [ { "text": "Big O is an upper bound on how the work grows with the size of the input." } ] },
      { "prompt": "factorial", "replies": [ { "text": "func factorial(n int) int {\n    if n <= 1 {\n        return 1\n    }\n    return n * factorial(n-1)\n}" } ] } ] }
    """;

await using var model = await ScriptedModelServer.StartAsync(Scenario.Parse(Script));
var agentName = args is ["--agent", var asked] ? asked : AgentOptions.BuiltIn;
var home = agentName == AgentOptions.BuiltIn ? Directory.CreateTempSubdirectory("stateroom-sample-").FullName : null;
if (home is not null) File.SetUnixFileMode(home, (UnixFileMode)Convert.ToInt32("711", 8)); // The rooms of a root host run under other users.
Environment.SetEnvironmentVariable("ANTHROPIC_BASE_URL", model.BaseAddress.AbsoluteUri);
Environment.SetEnvironmentVariable("ANTHROPIC_API_KEY", "scripted");
var local = new StateroomLocalOptions { HomeDirectory = home };
var options = new SessionOptions { Agent = new AgentOptions { Name = agentName } };

Console.WriteLine("=== Session Lifecycle Examples ===\n\n--- Example 1: Basic Session Management ---");
await using (var stateroom = StateroomHost.Local(local))
{
    var id = $"lifecycle-{SessionId.New()}";
    Console.WriteLine($"Generated session ID: {id}");
    await using var session = await stateroom.CreateAsync(id, options);
    Console.WriteLine($"✓ Session created successfully\n  Session ID: {session.Id}\n\nStarting conversation in session...");
    var turn = new TurnOptions { MaxTurns = 5, PermissionMode = PermissionMode.Ask };
    Say("Agent", await session.CodeAsync("Hello! Can you remember this conversation?", turn));
    Say("Agent", await session.CodeAsync("What did I ask you before?", turn), "Can you remember this conversation?");
    var active = await stateroom.ListAsync(new SessionQuery { Contains = "lifecycle-", State = SessionState.Idle }).ToListAsync();
    Console.WriteLine($"Active sessions: {active.Count}\n  1. {active.Single().Id}");
    await session.CloseAsync();
    await stateroom.CleanUpAsync(id, removeWorkspace: true);
}

Console.WriteLine("\n--- Example 2: Session Persistence ---");
var kept = $"lifecycle-{SessionId.New()}";
await using (var first = StateroomHost.Local(local))
await using (var session = await first.CreateAsync(kept, options))
{
    Console.WriteLine($"Created session with first client: {session.Id}");
    Say("Client 1 - Agent", await session.CodeAsync("Remember this: Go is great!"));
}
Console.WriteLine("✓ First client closed");
// Nothing of the first client is left: this could be another process on another day.
await using (var second = StateroomHost.Local(local))
{
    Console.WriteLine("Created second client with same session ID");
    await using (var session = await second.OpenAsync(kept))
    {
        Console.WriteLine($"✓ Retrieved session: {session.Id}");
        Say("Client 2 - Agent", await session.CodeAsync("What did I tell you to remember?"), "Go is great!");
        Console.WriteLine("✓ Session persistence verified");
    }
    await second.CleanUpAsync(kept, removeWorkspace: true);
}

Console.WriteLine("\n--- Example 3: Multiple Concurrent Sessions ---");
await using (var stateroom = StateroomHost.Local(local))
{
    var topics = new Dictionary<string, string>
    {
        ["golang"] = "Explain Go's interface system briefly.",
        ["databases"] = "What's the difference between SQL and NoSQL databases?",
        ["algorithms"] = "Explain the Big O notation concept.",
    };
    var sessions = new Dictionary<string, ISession>();
    foreach (var topic in topics.Keys)
    {
        sessions[topic] = await stateroom.CreateAsync($"lifecycle-{topic}-{SessionId.New()}", options);
        Console.WriteLine($"✓ Created session for {topic}: {sessions[topic].Id}");
    }
    var answers = await Task.WhenAll(topics.Select(async topic => (Topic: topic.Key, Result: await sessions[topic.Key].CodeAsync(topic.Value))));
    foreach (var (topic, result) in answers)
    {
        Console.WriteLine($"\nConversation in {topic} session:\n  Q: {topics[topic]}");
        Say("  A", result);
    }
    Console.WriteLine("\nTesting session isolation:");
    var recalled = await sessions["databases"].CodeAsync("What did I ask you about Go?");
    Say("  Database session response to Go question", recalled, "SQL and NoSQL");
    Expect(!recalled.Response.Contains("interface system", StringComparison.Ordinal), "the database session knows the Go talk");
    foreach (var session in sessions.Values)
    {
        await session.DisposeAsync();
        await stateroom.CleanUpAsync(session.Id, removeWorkspace: true);
    }
    Console.WriteLine("✓ Multiple concurrent sessions demonstrated");
}

Console.WriteLine("\n--- Example 4: Custom Session Configuration ---");
// Debug: what happens in the turns is logged, here to standard error.
const bool Debug = true;
using (var logging = LoggerFactory.Create(log => log.AddConsole(console => console.LogToStandardErrorThreshold = LogLevel.Trace).SetMinimumLevel(Debug ? LogLevel.Debug : LogLevel.Warning)))
await using (var stateroom = StateroomHost.Local(local with { LoggerFactory = logging }))
{
    var id = string.Create(CultureInfo.InvariantCulture, $"custom-session-{TimeProvider.System.GetUtcNow().ToUnixTimeSeconds()}");
    var custom = new AgentOptions
    {
        Name = agentName, Model = "claude-sonnet-4-5", SystemPrompt = "You are a Go programming assistant.", MaxTurns = 3, PermissionMode = PermissionMode.AcceptEdits,
    };
    await using (var session = await stateroom.CreateAsync(id, new SessionOptions { Agent = custom }))
    {
        Console.WriteLine($"✓ Session created with custom configuration\n  Session ID: {session.Id}\n  Model: {custom.Model}\n  Debug: {(Debug ? "true" : "false")}\n\nUsing custom session configuration...");
        var hasBegun = false;
        await foreach (var happened in session.StreamAsync("Write a simple Go function to calculate factorial."))
        {
            if (!hasBegun) Console.Write("✓ Query executed with custom configuration\nResponse: ");
            hasBegun = true;
            if (happened is TextDelta { Text: var text }) Console.Write(text);
            else if (happened is TurnCompleted { Result: var result }) Expect(result.Success, result.Error ?? "no answer");
        }
        Console.WriteLine();
        var request = model.Requests.Last(r => r.Path.StartsWith("/v1/messages", StringComparison.Ordinal) && r.Body.TryGetProperty("stream", out _)).Body;
        Expect(request.GetProperty("model").GetString() == custom.Model, "the model is another");
        Expect(request.GetProperty("system").ToString().Contains(custom.SystemPrompt, StringComparison.Ordinal), "the instructions are missing");
    }
    await stateroom.CleanUpAsync(id, removeWorkspace: true);
}

Console.WriteLine("\n--- Example 5: Session Cleanup and Resource Management ---");
await using (var stateroom = StateroomHost.Local(local))
{
    var mark = $"cleanup-{SessionId.New()}";
    await using var main = await stateroom.CreateAsync($"{mark}-main", options);
    var temporary = new List<ISession>();
    for (var i = 1; i <= 3; i++)
    {
        temporary.Add(await stateroom.CreateAsync($"{mark}-{i}", options));
        Console.WriteLine($"✓ Created temporary session {i}: {temporary[^1].Id}");
    }
    Expect(await OpenAsync() == 4, "not four sessions are open");
    Console.WriteLine($"\nSessions before cleanup: {await OpenAsync()}\nCleaning up temporary sessions...");
    for (var i = 0; i < temporary.Count; i++)
    {
        await temporary[i].CloseAsync();
        Console.WriteLine($"✓ Closed temporary session {i + 1}");
    }
    Expect(await OpenAsync() == 1, "not one session is open");
    Expect(await stateroom.ListAsync(new SessionQuery { Contains = mark, State = SessionState.Closed }).CountAsync() == 3, "closed sessions are not listed");
    Console.WriteLine($"Sessions after cleanup: {await OpenAsync()}\n\nSession resource information:\n  Active sessions: {await OpenAsync()}");
    foreach (var session in temporary)
    {
        await session.DisposeAsync();
        await stateroom.CleanUpAsync(session.Id, removeWorkspace: true);
    }
    await main.DisposeAsync();
    await stateroom.CleanUpAsync(main.Id, removeWorkspace: true);
    Console.WriteLine("✓ Session cleanup example completed");

    async Task<int> OpenAsync() => await stateroom.ListAsync(new SessionQuery { Contains = mark }).CountAsync(s => s.IsRunning);
}
if (home is not null) Directory.Delete(home, recursive: true);
Console.WriteLine("\nAll as expected.");
return 0;

static void Say(string who, TurnResult result, string? mustContain = null)
{
    Expect(result.Success, result.Error ?? "no answer");
    Expect(mustContain is null || result.Response.Contains(mustContain, StringComparison.Ordinal), $"'{mustContain}' is not in: {result.Response}");
    Console.WriteLine($"{who}: {result.Response}");
}

static void Expect(bool holds, string what)
{
    if (!holds) throw new InvalidOperationException(what);
}
