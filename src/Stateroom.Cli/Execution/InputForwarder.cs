namespace Stateroom.Cli.Execution;

/// <summary>Carries our standard input to a program.</summary>
internal static class InputForwarder
{
    /// <summary>Ends at the end of our input, or when the program takes no more; always closes the program's input, so that it does not wait.</summary>
    public static async Task RunAsync(IExec exec)
    {
        try
        {
            await using var input = Console.OpenStandardInput();
            var buffer = new byte[64 * 1024];
            int count;
            while ((count = await input.ReadAsync(buffer)) > 0)
                await exec.WriteInputAsync(buffer.AsMemory(0, count));
        }
        finally
        {
            await exec.CloseInputAsync();
        }
    }
}
