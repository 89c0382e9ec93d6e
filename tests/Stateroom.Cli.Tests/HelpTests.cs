using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Tests;

public sealed class HelpTests
{
    public static TheoryData<string> EveryVerb => [.. Below(StateroomCommand.Create(), "")];

    [Theory]
    [MemberData(nameof(EveryVerb))]
    public async Task Help_of_every_verb_says_what_it_does_and_ends_with_examples(string verb)
    {
        await using var home = new CliHome();
        var help = await home.RunAsync([.. verb.Split(' ', StringSplitOptions.RemoveEmptyEntries), "--help"]);
        Assert.Equal(0, help.ExitCode);
        Assert.Empty(help.Stderr);
        Assert.Contains($"Usage:\n  stateroom {verb}".TrimEnd(), help.Stdout, StringComparison.Ordinal);
        var examples = help.Stdout[help.Stdout.IndexOf("Examples:", StringComparison.Ordinal)..];
        Assert.Contains($"stateroom {verb}".TrimEnd(), examples, StringComparison.Ordinal);
        Assert.False(Directory.Exists(home.Home), "asking for help changed the disk");
    }

    [Fact]
    public async Task Without_arguments_the_help_is_shown()
    {
        await using var home = new CliHome();
        var help = await home.RunAsync();
        Assert.Equal(0, help.ExitCode);
        Assert.Contains("Examples:", help.Stdout, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("bash", "complete ")]
    [InlineData("zsh", "compdef ")]
    public async Task Completion_prints_a_script_that_the_shell_accepts(string shell, string sign)
    {
        await using var home = new CliHome();
        var script = await home.RunAsync("completion", shell);
        Assert.Contains(sign, script.Succeeded().Stdout, StringComparison.Ordinal);
        if (shell == "bash") Assert.Equal(0, (await home.ShellAsync("source <(stateroom completion bash) && complete -p stateroom")).ExitCode);
    }

    [Fact]
    public async Task Completion_knows_the_verbs_of_session()
    {
        await using var home = new CliHome();
        var suggestions = await home.RunAsync("[suggest:18]", "stateroom session ");
        Assert.Contains("restore", suggestions.Succeeded().Stdout.Split('\n'));
    }

    [Fact]
    public async Task Neither_help_nor_completion_knows_options_with_a_slash()
    {
        await using var home = new CliHome();
        Assert.Equal(2, (await home.RunAsync("session", "/?")).ExitCode);
        Assert.Equal(2, (await home.RunAsync("session", "list", "/h")).ExitCode);
        var suggestions = (await home.RunAsync("[suggest:13]", "stateroom ps ")).Succeeded().Stdout.Split('\n');
        Assert.Contains("--help", suggestions);
        Assert.DoesNotContain(suggestions, s => s.StartsWith('/'));
    }

    private static IEnumerable<string> Below(Command command, string path)
    {
        yield return path;
        foreach (var verb in command.Subcommands)
        {
            foreach (var found in Below(verb, $"{path} {verb.Name}".Trim())) yield return found;
        }
    }
}
