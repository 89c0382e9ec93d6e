using System.Text.Json;
using Stateroom.Tests;

namespace Stateroom.Cli.Tests;

/// <summary>Standard streams that are closed, cannot be read, or did not get all: never taken for what they are not.</summary>
public sealed class StandardStreamsTests : IAsyncLifetime
{
    private readonly CliHome _home = new();

    public async ValueTask InitializeAsync() => (await _home.RunAsync("session", "start", "-n", "web")).Succeeded();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Fact]
    public async Task A_closed_input_is_an_empty_one()
    {
        Assert.Equal("end\n", (await _home.ShellAsync("stateroom exec -i web -- sh -c 'cat; echo end' <&-")).Succeeded().Stdout);
        Assert.Equal("end\n", (await _home.ShellAsync("stateroom exec web -- sh -c 'cat; echo end' <&-")).Succeeded().Stdout);
        Assert.StartsWith("stateroom ", (await _home.ShellAsync("stateroom version <&- 2>&-")).Succeeded().Stdout, StringComparison.Ordinal);
        (await _home.ShellAsync("stateroom cp - web:empty <&-")).Succeeded();
        Assert.Equal(0, new FileInfo(Path.Combine(_home.Home, "sessions/web/workspace/empty")).Length);
    }

    [Theory]
    [InlineData(">&-", "echo out", 125)]
    [InlineData("2>&-", "echo err >&2", 125)]
    [InlineData("<&- >&- 2>&-", "echo out", 125)]
    [InlineData(">&- 2>&-", "true", 0)]
    [InlineData(">&-", "exit 7", 7)]
    public async Task Output_for_a_closed_stream_is_a_failure_and_no_output_is_none(string closed, string line, int code) =>
        Assert.Equal(code, (await _home.ShellAsync($"stateroom run web -- '{line}' {closed}")).ExitCode);

    [Fact]
    public async Task An_input_that_cannot_be_read_ends_the_command_instead_of_its_input()
    {
        var result = await _home.ShellAsync("stateroom exec -i web -- sh -c 'cat; touch /workspace/done' < /");
        Assert.Equal((125, ""), (result.ExitCode, result.Stdout));
        Assert.Contains("Standard input cannot be read", result.Stderr, StringComparison.Ordinal);
        Assert.False(File.Exists(Path.Combine(_home.Home, "sessions/web/workspace/done")));
        var json = await _home.ShellAsync("stateroom exec -i web --json -- cat < /");
        Assert.Equal(125, json.ExitCode);
        Assert.Contains("cannot be read", JsonElement.Parse(json.Stdout).GetProperty("error").GetString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Output_that_was_given_up_before_it_was_shown_makes_the_exit_code_125()
    {
        await KeepLittleAsync();
        // Nobody reads our output before all of it has been written, and the oldest part given up.
        var result = await _home.ShellAsync($"stateroom run web -- 'seq 1 900000; touch /workspace/done; exit 3' | {{ until [ -e {_home.Home}/sessions/web/workspace/done ]; do sleep 0.01; done; cat > out; }}; echo ${{PIPESTATUS[0]}}");
        Assert.Equal("125\n", result.Stdout);
        Assert.Contains("are missing; the command's own code was 3", result.Stderr, StringComparison.Ordinal);
    }

    private async Task KeepLittleAsync()
    {
        await using var stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = _home.Home });
        await stateroom.CleanUpAsync("web", removeWorkspace: true).WaitAsync(Patience.Limit);
        var small = new SandboxOptions { Retention = new RetentionOptions { MaxBytesPerExecution = 1 << 20 } };
        await using var session = await stateroom.CreateAsync("web", new SessionOptions { Open = new OpenOptions { KeepRunning = true }, Sandbox = small });
    }
}
