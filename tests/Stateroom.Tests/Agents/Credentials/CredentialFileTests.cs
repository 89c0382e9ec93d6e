using Stateroom.Agents.Credentials;
using Stateroom.Native;

namespace Stateroom.Tests.Agents.Credentials;

public sealed class CredentialFileTests : IDisposable
{
    private const string Secret = "sk-ant-stored-0123456789";
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private readonly TempHome _home = new();

    private string File => Path.Combine(_home.Path, "credentials.json");

    private LocalAgents Agents => new(new StateroomLocalOptions { HomeDirectory = _home.Path });

    public void Dispose() => _home.Dispose();

    [Fact]
    public async Task A_stored_credential_is_its_owners_alone_and_comes_back()
    {
        foreach (var kind in Enum.GetValues<ModelCredentialKind>())
        {
            await Agents.StoreCredentialAsync(new ModelCredential(kind, Secret));
            Assert.Equal(OwnersAlone, System.IO.File.GetUnixFileMode(File));
            var stored = CredentialFile.TryRead(File)!;
            Assert.Equal((kind, Secret), (stored.Kind, stored.Value));
        }
        Assert.True(await Agents.RemoveCredentialAsync());
        Assert.False(await Agents.RemoveCredentialAsync());
        Assert.Null(CredentialFile.TryRead(File));
    }

    [Fact]
    public async Task What_a_killed_writer_left_open_to_others_is_not_written_into()
    {
        System.IO.File.WriteAllBytes(File + ".new", []);
        System.IO.File.SetUnixFileMode(File + ".new", (UnixFileMode)0b110_110_110);
        await Agents.StoreCredentialAsync(new ModelCredential(ModelCredentialKind.ApiKey, Secret));
        Assert.Equal(OwnersAlone, System.IO.File.GetUnixFileMode(File));
    }

    [Theory]
    [InlineData("640")]
    [InlineData("604")]
    [InlineData("620")]
    [InlineData("601")]
    public void A_file_that_others_can_use_is_refused_with_the_way_out(string mode)
    {
        Write($$"""{"kind":"api-key","value":"{{Secret}}"}""", mode);
        var refused = Assert.Throws<AgentConfigurationException>(() => CredentialFile.TryRead(File));
        Assert.Contains($"mode {mode}", refused.Message, StringComparison.Ordinal);
        Assert.Contains("chmod 600", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_link_is_not_followed()
    {
        var elsewhere = Path.Combine(_home.Path, "elsewhere");
        Write($$"""{"kind":"api-key","value":"{{Secret}}"}""", "600");
        System.IO.File.Move(File, elsewhere);
        System.IO.File.CreateSymbolicLink(File, elsewhere);
        var refused = Assert.Throws<AgentConfigurationException>(() => CredentialFile.TryRead(File));
        Assert.Contains("link", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_directory_in_its_place_is_refused()
    {
        Directory.CreateDirectory(File);
        Assert.Contains("not a regular file", Assert.Throws<AgentConfigurationException>(() => CredentialFile.TryRead(File)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public unsafe void A_file_of_another_user_is_refused()
    {
        Assert.SkipUnless(Libc.geteuid() == 0, "Only root can give a file to another user.");
        Write($$"""{"kind":"api-key","value":"{{Secret}}"}""", "600");
        using (var file = HostFile.Open(File, Libc.O_RDONLY)) Assert.Equal(0, Libc.fchown((int)file.DangerousGetHandle(), 61234, 61234));
        Assert.Contains("61234", Assert.Throws<AgentConfigurationException>(() => CredentialFile.TryRead(File)).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("sk-ant-stored-0123456789")]
    [InlineData("""{"kind":"api-key"}""")]
    [InlineData("""{"kind":"password","value":"sk-ant-stored-0123456789"}""")]
    [InlineData("""{"value":"sk-ant-stored-0123456789"}""")]
    [InlineData("""{"kind":"api-key","value":"sk-ant-stored-0123456789 "}""")]
    public void What_is_not_a_credential_is_refused_and_not_shown(string content)
    {
        Write(content, "600");
        var refused = Assert.Throws<AgentConfigurationException>(() => CredentialFile.TryRead(File));
        Assert.Contains("stateroom agent key", refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(Secret, refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_list_names_where_the_credential_comes_from_and_what_is_wrong_with_it()
    {
        Assert.SkipUnless(Environment.GetEnvironmentVariable("ANTHROPIC_API_KEY") is null or "", "The environment has a key, which comes first.");
        Assert.All(Agents.List(), agent => Assert.Equal((null, null), (agent.CredentialFrom, agent.Problem)));
        await Agents.StoreCredentialAsync(new ModelCredential(ModelCredentialKind.Subscription, Secret));
        Assert.Equal([("builtin", null), ("claude-code", File)], Agents.List().Select(agent => (agent.Name, agent.CredentialFrom)));
        System.IO.File.SetUnixFileMode(File, OwnersAlone | UnixFileMode.OtherRead);
        Assert.All(Agents.List(), agent => Assert.Contains("chmod 600", agent.Problem!, StringComparison.Ordinal));
        Assert.True(Agents.List()[0].IsInstalled);
        Assert.False(Agents.List()[1].IsInstalled);
    }

    private void Write(string content, string mode)
    {
        System.IO.File.WriteAllBytes(File, System.Text.Encoding.UTF8.GetBytes(content));
        System.IO.File.SetUnixFileMode(File, (UnixFileMode)Convert.ToInt32(mode, 8));
    }
}
