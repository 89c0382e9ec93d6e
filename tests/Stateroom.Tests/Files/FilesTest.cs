using System.Diagnostics;
using System.Text;
using Stateroom.Tests.Conformance;
using Stateroom.Workspaces;

namespace Stateroom.Tests.Files;

/// <summary>A session with a room, and a directory of the host outside of it.</summary>
public abstract class FilesTest : RoomTest, IDisposable
{
    private readonly TempHome _outside = new();

    protected ISessionFiles Files => Session.Files;

    /// <value>A directory of the host that rooms have nothing to do with.</value>
    protected string Outside => _outside.Path;

    protected string OnHost(string name) => Path.Combine(Session.WorkspacePath!.Value, name);

    protected static byte[] Bytes(string text) => Encoding.UTF8.GetBytes(text);

    protected async Task<string> TextOf(string path) => Encoding.UTF8.GetString(await Files.ReadAsync(path));

    /// <summary>Runs a script on the host, in <see cref="Outside"/>, and returns its output without the final newline.</summary>
    protected string Host(string script)
    {
        using var process = Process.Start(new ProcessStartInfo("bash", ["-ec", script]) { WorkingDirectory = Outside, RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        Assert.True(process.WaitForExit(Patience.Limit));
        Assert.Equal(0, process.ExitCode);
        return output.TrimEnd('\n');
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        TreeRemover.Remove(_outside.Path);
    }
}
