namespace Stateroom.Cli.Execution;

/// <summary>Carries our standard input to a program.</summary>
internal sealed class InputForwarder(IExec exec)
{
    /// <value>Why our input could not be read; null if it could. Set before the program is ended for it, which would take what it has for all there is.</value>
    public string? Failure { get; private set; }

    /// <summary>Ends at the end of our input, or when the program takes no more; then closes the program's input, so that it does not wait.</summary>
    public async Task RunAsync()
    {
        await using var input = Console.OpenStandardInput();
        var buffer = new byte[64 * 1024];
        try
        {
            while (await ReadAsync(input, buffer) is var count and > 0) await exec.WriteInputAsync(buffer.AsMemory(0, count));
        }
        catch (IOException) when (Failure is null)
        {
            // The program has closed its input or has ended: what it did not read it did not want.
        }
        if (Failure is null) await exec.CloseInputAsync();
        else await exec.CancelAsync();
    }

    private async Task<int> ReadAsync(Stream input, byte[] buffer)
    {
        try
        {
            return await input.ReadAsync(buffer);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = $"Standard input cannot be read, and the command was ended: {e.Message}";
            return 0;
        }
    }
}
