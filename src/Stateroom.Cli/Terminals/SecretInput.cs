using System.Text;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Terminals;

/// <summary>One line that nobody is to see: typed at the terminal without echo, or read from standard input. Never an argument, which others see in ps.</summary>
internal static class SecretInput
{
    // The longest credential is 8 KiB.
    private const int MostBytes = 16 * 1024;

    /// <summary>Asks on the terminal, if there is one.</summary>
    /// <returns>The line without white space around it; empty if there was none.</returns>
    /// <exception cref="UsageException">It is too long.</exception>
    public static async Task<string> ReadAsync(string prompt, CancellationToken cancellationToken)
    {
        if (!UserTerminal.HasKeys) return await LineAsync(cancellationToken);
        using (HiddenInput.Begin())
        {
            await Console.Error.WriteAsync(prompt);
            try
            {
                return await LineAsync(cancellationToken);
            }
            finally
            {
                // The user's own was not echoed either.
                await Console.Error.WriteLineAsync();
            }
        }
    }

    private static async Task<string> LineAsync(CancellationToken cancellationToken)
    {
        var buffer = new byte[MostBytes + 1];
        var length = 0;
        // Read in a thread that Ctrl-C need not wait for.
        while (length < buffer.Length && await Task.Run(() => UserTerminal.Read(buffer.AsSpan(length)), cancellationToken).WaitAsync(cancellationToken) is var got and > 0)
        {
            length += got;
            if (buffer.AsSpan(0, length).Contains((byte)'\n')) break;
        }
        if (length > MostBytes) throw new UsageException($"Standard input is longer than {MostBytes} bytes: that is no key.");
        var end = buffer.AsSpan(0, length).IndexOf((byte)'\n');
        return Encoding.UTF8.GetString(buffer, 0, end < 0 ? length : end).Trim();
    }
}
