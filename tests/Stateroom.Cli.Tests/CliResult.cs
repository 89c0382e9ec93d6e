using System.Text;
using System.Text.Json;

namespace Stateroom.Cli.Tests;

/// <summary>How a run of the command ended.</summary>
internal sealed record CliResult(int ExitCode, byte[] StdoutBytes, string Stderr)
{
    public string Stdout => Encoding.UTF8.GetString(StdoutBytes);

    public JsonElement Json => JsonElement.Parse(Stdout);

    public CliResult Succeeded()
    {
        Assert.True(ExitCode == 0, $"exit code {ExitCode}: {Stderr}");
        return this;
    }

    public override string ToString() => $"exit code {ExitCode}, stdout '{Stdout}', stderr '{Stderr}'";
}
