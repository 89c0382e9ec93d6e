namespace Stateroom.Cli.Tests;

/// <summary>The scripts at the root of a checkout, with stand-ins for what they would install, build and run.</summary>
public sealed class ScriptTests : IAsyncDisposable
{
    private readonly CliHome _home = new();

    public ValueTask DisposeAsync() => _home.DisposeAsync();

    [Theory]
    [InlineData("setup", "setup\n", true)]
    [InlineData("setup --json", "setup --json\n", true)]
    [InlineData("setup --help", "setup --help\n", false)]
    [InlineData("version", "version\n", false)]
    public async Task Setup_installs_and_builds_also_for_json_and_standard_output_is_the_commands_alone(string arguments, string output, bool prepares)
    {
        foreach (var directory in (string[])["src", "eng", "artifacts/bin/Stateroom.Cli/release"]) Directory.CreateDirectory(Path.Combine(_home.Root, directory));
        File.Copy(Path.Combine(Checkout.Find(), "stateroom"), Path.Combine(_home.Root, "stateroom"));
        await File.WriteAllTextAsync(Path.Combine(_home.Root, "global.json"), "{}");
        await File.WriteAllTextAsync(Path.Combine(_home.Root, "one.props"), "");
        await File.WriteAllTextAsync(Path.Combine(_home.Root, "eng/build.sh"), "build() { echo building >&2; }\n");
        await WriteProgramAsync("eng/setup.sh", "echo installing >&2");
        await WriteProgramAsync("artifacts/bin/Stateroom.Cli/release/Stateroom.Cli", "echo \"$@\"");
        await File.WriteAllTextAsync(Path.Combine(_home.Root, "artifacts/stateroom.built"), "/nowhere\n");

        var result = (await _home.ShellAsync($"'{_home.Root}/stateroom' {arguments}")).Succeeded();
        Assert.Equal(output, result.Stdout);
        Assert.Equal(prepares ? "installing\nbuilding\n" : "", result.Stderr);
    }

    [Theory]
    [InlineData("exit 0", 0)]
    [InlineData("[ $1 != install ] && exit 0; echo no such package; exit 100", 1)]
    public async Task A_package_list_that_cannot_be_had_does_not_keep_packages_from_being_installed(string install, int exitCode)
    {
        await WriteProgramAsync("bin/apt-get", $"""
            for word; do case $word in
                update) echo 'W: that repository is gone'; exit 100 ;;
                install) echo installed >> "{_home.Root}/log"; set -- install; {install} ;;
            esac; done
            """);
        await WriteProgramAsync("bin/dpkg-query", "exit 1");
        await WriteProgramAsync("bin/dotnet", "exit 0");
        await WriteProgramAsync("bin/id", "echo 0");
        var result = await _home.ShellAsync($"PATH='{_home.Root}/bin':$PATH exec '{Checkout.Find()}/eng/setup.sh'");
        Assert.Equal(exitCode, result.ExitCode);
        Assert.Equal("installed\n", await File.ReadAllTextAsync(Path.Combine(_home.Root, "log")));
        Assert.Empty(result.Stdout);
        Assert.Contains("trying with the package lists that are there", result.Stderr, StringComparison.Ordinal);
        Assert.Equal(exitCode != 0, result.Stderr.Contains("repository is gone", StringComparison.Ordinal));
    }

    private async Task WriteProgramAsync(string path, string lines)
    {
        var file = Path.Combine(_home.Root, path);
        Directory.CreateDirectory(Path.GetDirectoryName(file)!);
        await File.WriteAllTextAsync(file, $"#!/bin/bash\n{lines}\n");
        File.SetUnixFileMode(file, (UnixFileMode)0b111_101_101);
    }
}
