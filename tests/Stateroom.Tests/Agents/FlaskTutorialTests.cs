using Stateroom.Agents.BuiltIn;
using Stateroom.Testing;

namespace Stateroom.Tests.Agents;

/// <summary>The tutorial's prompts in a real room, each from a session that was opened anew.</summary>
public sealed class FlaskTutorialTests : IAsyncLifetime
{
    private readonly TempHome _home = new();
    private readonly List<IStateroom> _hosts = [];
    private ScriptedModelServer _model = null!;

    public async ValueTask InitializeAsync() => _model = await ScriptedModelServer.StartAsync(Scenario.FlaskTutorial());

    public async ValueTask DisposeAsync()
    {
        await _hosts[0].CleanUpAsync("flask-tutorial", removeWorkspace: true);
        foreach (var host in _hosts)
            await host.DisposeAsync();
        await _model.DisposeAsync();
        _home.Dispose();
    }

    [Fact]
    public async Task The_flask_tutorial_builds_runs_and_tests_a_real_project()
    {
        var made = await PromptAsync("Create a Flask project with:\n1. app.py with a basic Flask app\n2. requirements.txt with Flask\n"
            + "3. A GET / endpoint that returns {'message': 'Hello from Stateroom!'}\n4. Run pip install -r requirements.txt");
        Assert.Contains("Requirement already satisfied: Flask", made.Response, StringComparison.Ordinal);
        Assert.Equal(["app.py", "requirements.txt", "venv/"], made.FilesCreated);
        var users = await PromptAsync("Add a GET /users endpoint to app.py that returns:\n{'users': [{'id': 1, 'name': 'Alice'}, {'id': 2, 'name': 'Bob'}]}");
        Assert.Contains("\"name\":\"Bob\"", users.Response, StringComparison.Ordinal);
        Assert.Equal(["app.py"], users.FilesChanged);
        var health = await PromptAsync("Add a GET /health endpoint that returns:\n{'status': 'healthy', 'version': '1.0.0'}");
        Assert.Contains("1.0.0", health.Response, StringComparison.Ordinal);

        var run = await PromptAsync("Start the Flask app in the background, then use curl to test all three endpoints:\n1. GET / \n2. GET /users\n3. GET /health\nShow the responses.");
        Assert.Equal("Started Flask server on port 5000\n\nGET / response:\n{\"message\":\"Hello from Stateroom!\"}\n\nGET /users response:\n"
            + "{\"users\":[{\"id\":1,\"name\":\"Alice\"},{\"id\":2,\"name\":\"Bob\"}]}\n\nGET /health response:\n{\"status\":\"healthy\",\"version\":\"1.0.0\"}\n\n"
            + "All endpoints working correctly!", run.Response);

        var tested = await PromptAsync("Create test_app.py with pytest tests for all three endpoints:\n1. Test GET / returns correct message\n2. Test GET /users returns two users\n"
            + "3. Test GET /health returns status and version\nAdd pytest to requirements.txt and install it.\nRun the tests with pytest.");
        Assert.Contains("3 passed", tested.Response, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tutorials_complete_script_works_too()
    {
        foreach (var prompt in (string[])["Create a Flask app with GET / endpoint returning {'message': 'Hello!'}", "Add GET /users endpoint", "Add GET /health endpoint"])
            await PromptAsync(prompt);
    }

    // A host and an agent of its own for each prompt: what another process would be.
    private async Task<TurnResult> PromptAsync(string prompt)
    {
        var agent = new BuiltInAgent(new BuiltInAgentOptions { ApiKey = "any", BaseAddress = _model.BaseAddress });
        _hosts.Add(StateroomHost.Local(new StateroomLocalOptions
        {
            HomeDirectory = _home.Path,
            Agents = new Dictionary<string, IAgent>(StringComparer.Ordinal) { [agent.Name] = agent },
        }));
        await using var session = await _hosts[^1].OpenOrCreateAsync("flask-tutorial").WaitAsync(Patience.Limit);
        TurnResult? result = null;
        using var limit = new CancellationTokenSource(Patience.Limit);
        await foreach (var item in session.StreamAsync(prompt, cancellationToken: limit.Token))
        {
            if (item is ToolCallCompleted { IsError: true } call)
                Assert.Fail($"{prompt}: {call.Output}");
            result = (item as TurnCompleted)?.Result;
        }

        Assert.True(result!.Success, result.Error);
        return result;
    }
}
