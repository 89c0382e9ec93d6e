using Stateroom.Agents.ClaudeCode.Install;

namespace Stateroom.Tests.Agents.ClaudeCode.Install;

public sealed class InstalledProgramTests
{
    [Fact]
    public async Task The_real_program_runs_in_a_room_which_cannot_change_it()
    {
        using var home = new TempHome();
        await ClaudeProgram.LinkAsync(home.Path);
        await using var host = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = home.Path });
        Assert.True(new LocalAgents(new StateroomLocalOptions { HomeDirectory = home.Path }).List().Single(agent => agent.Name == AgentOptions.ClaudeCode).IsInstalled);
        await using (var session = await host.CreateAsync("room").WaitAsync(Patience.Limit))
        {
            var version = await session.ExecAsync([ClaudeCodeProgram.PathInRoom, "--version"], new ExecOptions { Timeout = Patience.Limit });
            Assert.StartsWith(ClaudeCodeProgram.Version, version.StdoutText, StringComparison.Ordinal);
            var changed = await session.RunAsync($"p={ClaudeCodeProgram.PathInRoom}; rm -f $p || echo no; (echo x >> $p) || echo no; chmod 777 $p || echo no; touch ${{p%/*}}/x || echo no");
            Assert.Equal("no\nno\nno\nno\n", changed.StdoutText);
        }
        await host.CleanUpAsync("room", removeWorkspace: true);
    }
}
