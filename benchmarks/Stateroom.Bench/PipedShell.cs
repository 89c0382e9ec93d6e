using System.Diagnostics;

namespace Stateroom.Bench;

/// <summary>The floor of a shell: bash with a pipe to its input and one from its output, and a blocking reader.</summary>
internal sealed class PipedShell : IDisposable
{
    private readonly Process _bash = Process.Start(new ProcessStartInfo("/bin/bash") { RedirectStandardInput = true, RedirectStandardOutput = true, UseShellExecute = false })!;

    public Task RunAsync(string command)
    {
        _bash.StandardInput.Write(command + "; echo $?\n");
        _bash.StandardInput.Flush();
        if (_bash.StandardOutput.ReadLine() != "0") throw new InvalidOperationException($"The floor's '{command}' failed.");
        return Task.CompletedTask;
    }

    public void Dispose()
    {
        _bash.StandardInput.Close();
        _bash.WaitForExit();
        _bash.Dispose();
    }
}
