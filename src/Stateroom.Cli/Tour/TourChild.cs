using System.Diagnostics;
using System.Reflection;

namespace Stateroom.Cli.Tour;

/// <summary>How a run of this command in another process ended.</summary>
internal sealed record TourChild(int ExitCode, string Output, string Error)
{
    public static async Task<TourChild> RunAsync(CancellationToken cancellationToken, params string[] arguments)
    {
        var program = Environment.ProcessPath!;
        // 'dotnet Stateroom.Cli.dll' is this command too.
        string[] first = Path.GetFileName(program) == "dotnet" ? [Assembly.GetExecutingAssembly().Location] : [];
        var start = new ProcessStartInfo(program, [.. first, .. arguments])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using var process = Process.Start(start)!;
        process.StandardInput.Close();
        try
        {
            var output = process.StandardOutput.ReadToEndAsync(cancellationToken);
            var error = process.StandardError.ReadToEndAsync(cancellationToken);
            await process.WaitForExitAsync(cancellationToken);
            return new TourChild(process.ExitCode, await output, (await error).Trim());
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw;
        }
    }
}
