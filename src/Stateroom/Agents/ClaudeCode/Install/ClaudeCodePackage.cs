using System.Runtime.InteropServices;

namespace Stateroom.Agents.ClaudeCode.Install;

/// <summary>The npm package that holds the program for one kind of machine, known by the SHA-512 of its archive.</summary>
/// <param name="Name">Without its scope.</param>
/// <param name="Sha512">As <c>npm view ... dist.integrity</c> shows it, in base64.</param>
internal sealed record ClaudeCodePackage(string Name, string Sha512)
{
    private const string Scope = "@anthropic-ai";

    /// <summary>The archive that <c>npm pack</c> fetches is 174 MB, the program in it 378 MB; more is something else.</summary>
    public const long MostArchiveBytes = 512L << 20, MostProgramBytes = 1L << 30;

    /// <summary>The program's place in the archive.</summary>
    public const string Entry = "package/claude";

    private static readonly ClaudeCodePackage
        X64 = new("claude-code-linux-x64", "+n4lu1ubYAp02Y0X/MAUnxw9yY6SHHZ77F+IoW+V0wVoFuiI9opdH6gofjf14gXJCEYMTNpks7Gn1i8XZTKAWA=="),
        Arm64 = new("claude-code-linux-arm64", "IiG5umFToSCVWqB1lEsxxwIxKgxPXyZ3DRU915v8J4Bz5Q3JpslM0ew1m5yaT+lFXBPvYxmsEgi0XI68XHND0A==");

    /// <summary>The package for this machine.</summary>
    /// <exception cref="AgentInstallException">There is none.</exception>
    public static ClaudeCodePackage OfThisMachine() => (RuntimeInformation.OSArchitecture, RuntimeInformation.RuntimeIdentifier.Contains("musl", StringComparison.Ordinal)) switch
    {
        (Architecture.X64, false) => X64,
        (Architecture.Arm64, false) => Arm64,
        var (architecture, isMusl) => throw new AgentInstallException(
            $"Claude Code {ClaudeCodeProgram.Version} cannot be installed on {architecture}{(isMusl ? " with musl" : "")}: it is known for x64 and arm64 with glibc."),
    };

    /// <summary>Where a registry keeps the archive.</summary>
    public Uri At(Uri registry) => new($"{registry.GetLeftPart(UriPartial.Path).TrimEnd('/')}/{Scope}/{Name}/-/{Name}-{ClaudeCodeProgram.Version}.tgz");
}
