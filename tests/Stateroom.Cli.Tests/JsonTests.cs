using System.Text.Json;

namespace Stateroom.Cli.Tests;

/// <summary>With --json standard output is one JSON document, fit for jq.</summary>
public sealed class JsonTests
{
    [Fact]
    public async Task Json_of_every_verb_parses_and_has_the_members_that_scripts_use()
    {
        await using var home = new CliHome();
        var started = (await home.RunAsync("session", "start", "-n", "web", "--json")).Succeeded().Json;
        Assert.Equal("web", started.GetProperty("id").GetString());
        Assert.Equal("running", started.GetProperty("status").GetString());
        Assert.Equal("idle", started.GetProperty("state").GetString());
        Assert.True(Directory.Exists(started.GetProperty("workspace_path").GetString()));

        var listed = (await home.RunAsync("session", "list", "--json")).Succeeded().Json;
        Assert.Equal("web", Assert.Single(listed.EnumerateArray()).GetProperty("id").GetString());
        Assert.Equal(started.GetProperty("created_at_epoch").GetInt64(), listed[0].GetProperty("created_at_epoch").GetInt64());

        var exec = (await home.RunAsync("exec", "web", "--json", "--", "sh", "-c", "echo out; echo err >&2; exit 3")).Json;
        Assert.Equal(("exited", 3, "out\n", "err\n"), (
            exec.GetProperty("outcome").GetString(), exec.GetProperty("exit_code").GetInt32(), exec.GetProperty("stdout").GetString(), exec.GetProperty("stderr").GetString()));
        var run = (await home.RunAsync("run", "web", "--json", "--", "printf 'a\\377b'")).Succeeded().Json;
        Assert.Equal(JsonValueKind.Null, run.GetProperty("stdout").ValueKind);
        Assert.Equal("a\xffb"u8.Length - 1, run.GetProperty("stdout_base64").GetBytesFromBase64().Length);

        Assert.Equal(2, (await home.RunAsync("session", "show", "web", "--json")).Succeeded().Json.GetProperty("total_commands").GetInt64());
        var history = (await home.RunAsync("session", "history", "web", "--json")).Succeeded().Json;
        Assert.Contains(history.EnumerateArray(), e => e.GetProperty("action").GetString() == "session_created");
        Assert.Empty((await home.RunAsync("session", "messages", "web", "--json")).Succeeded().Json.EnumerateArray());

        Assert.Equal("closed", (await home.RunAsync("session", "close", "web", "--json")).Succeeded().Json.GetProperty("state").GetString());
        Assert.Equal("idle", (await home.RunAsync("session", "restore", "web", "--json")).Succeeded().Json.GetProperty("state").GetString());
        Assert.True((await home.RunAsync("session", "rm", "web", "--yes", "--json")).Succeeded().Json.GetProperty("removed").GetBoolean());
        Assert.Empty((await home.RunAsync("session", "list", "--json")).Succeeded().Json.EnumerateArray());
    }

    [Fact]
    public async Task Json_of_the_verbs_about_this_host_parses()
    {
        await using var home = new CliHome();
        Assert.NotEmpty((await home.RunAsync("version", "--json")).Succeeded().Json.GetProperty("version").GetString()!);
        Assert.Equal("bash", (await home.RunAsync("completion", "bash", "--json")).Succeeded().Json.GetProperty("shell").GetString());
        var doctor = (await home.RunAsync("doctor", "--sweep", "--repair", "--json")).Succeeded().Json;
        Assert.True(doctor.GetProperty("ok").GetBoolean());
        Assert.NotEmpty(doctor.GetProperty("findings").EnumerateArray());
        Assert.NotEmpty((await home.RunAsync("setup", "--json")).Succeeded().Json.EnumerateArray());
    }
}
