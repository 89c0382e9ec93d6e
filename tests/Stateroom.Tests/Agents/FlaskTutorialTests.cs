using Stateroom.Testing;

namespace Stateroom.Tests.Agents;

public sealed class FlaskTutorialTests
{
    [Fact]
    public async Task The_flask_tutorial_builds_runs_and_tests_a_real_project()
    {
        await using var desk = await AgentDesk.StartAsync(Scenario.FlaskTutorial());
        var agent = desk.NewAgent();
        async Task<string> Prompt(string prompt)
        {
            using var limit = new CancellationTokenSource(Patience.Limit);
            var (result, events) = await desk.PromptAsync(prompt, agent, limit.Token);
            Assert.True(result.Success, result.Error);
            Assert.All(events.OfType<ToolCallCompleted>(), c => Assert.False(c.IsError, c.Output));
            return result.Response;
        }

        var made = await Prompt("Create a Flask project with:\n1. app.py with a basic Flask app\n2. requirements.txt with Flask\n"
            + "3. A GET / endpoint that returns {'message': 'Hello from Stateroom!'}\n4. Run pip install -r requirements.txt");
        Assert.Contains("Requirement already satisfied: Flask", made, StringComparison.Ordinal);
        foreach (var file in (string[])["app.py", "requirements.txt", "venv/bin/python"])
            Assert.True(File.Exists(Path.Combine(desk.Room.Workspace, file)), file);
        var users = await Prompt("Add a GET /users endpoint to app.py that returns:\n{'users': [{'id': 1, 'name': 'Alice'}, {'id': 2, 'name': 'Bob'}]}");
        Assert.Contains("\"name\":\"Bob\"", users, StringComparison.Ordinal);
        Assert.Contains("1.0.0", await Prompt("Add a GET /health endpoint that returns:\n{'status': 'healthy', 'version': '1.0.0'}"), StringComparison.Ordinal);

        var run = await Prompt("Start the Flask app in the background, then use curl to test all three endpoints:\n1. GET / \n2. GET /users\n3. GET /health\nShow the responses.");
        Assert.Equal("Started Flask server on port 5000\n\nGET / response:\n{\"message\":\"Hello from Stateroom!\"}\n\nGET /users response:\n"
            + "{\"users\":[{\"id\":1,\"name\":\"Alice\"},{\"id\":2,\"name\":\"Bob\"}]}\n\nGET /health response:\n{\"status\":\"healthy\",\"version\":\"1.0.0\"}\n\n"
            + "All endpoints working correctly!", run);

        var tested = await Prompt("Create test_app.py with pytest tests for all three endpoints:\n1. Test GET / returns correct message\n2. Test GET /users returns two users\n"
            + "3. Test GET /health returns status and version\nAdd pytest to requirements.txt and install it.\nRun the tests with pytest.");
        Assert.Contains("3 passed", tested, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_tutorials_complete_script_works_too()
    {
        await using var desk = await AgentDesk.StartAsync(Scenario.FlaskTutorial());
        foreach (var prompt in (string[])["Create a Flask app with GET / endpoint returning {'message': 'Hello!'}", "Add GET /users endpoint", "Add GET /health endpoint"])
        {
            using var limit = new CancellationTokenSource(Patience.Limit);
            var (result, events) = await desk.PromptAsync(prompt, cancellationToken: limit.Token);
            Assert.True(result.Success, result.Error);
            Assert.All(events.OfType<ToolCallCompleted>(), c => Assert.False(c.IsError, c.Output));
        }
    }
}
