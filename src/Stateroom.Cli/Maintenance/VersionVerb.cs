using System.CommandLine;
using System.Reflection;
using System.Runtime.InteropServices;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Maintenance;

/// <summary><c>version</c></summary>
internal static class VersionVerb
{
    public static Command Create() =>
        new Command("version", "Print the version.")
            .WithExamples("stateroom version", "stateroom version --json | jq -r .version")
            .Runs(invocation =>
            {
                var version = typeof(VersionVerb).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;
                var view = new VersionView(version, RuntimeInformation.FrameworkDescription, RuntimeInformation.OSDescription, RuntimeInformation.OSArchitecture.ToString().ToLowerInvariant());
                invocation.Out.WriteLine(invocation.Json ? CliJson.Indented(view, CliJson.Default.VersionView) : $"stateroom {version} ({view.Runtime})");
                return Task.FromResult(ExitCodes.Ok);
            });
}
