using System.Text;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Terminals;

/// <summary>Asks the user at the terminal before something is removed.</summary>
internal static class Confirmation
{
    /// <param name="question">Without the possible answers.</param>
    /// <param name="unasked">What is told where nobody can be asked.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    /// <exception cref="UsageException">Nobody can be asked.</exception>
    public static async Task<bool> AskAsync(string question, string unasked, CancellationToken cancellationToken)
    {
        if (!UserTerminal.HasKeys || !Terminal.IsStderr) throw new UsageException(unasked);
        await DescriptorStream.Stderr.WriteAsync(Encoding.UTF8.GetBytes($"{question} [y/N] "), cancellationToken);
        // A read of the terminal cannot be cancelled, the wait for it can.
        var answer = await Task.Run(UserTerminal.ReadLine, CancellationToken.None).WaitAsync(cancellationToken);
        return answer.Trim() is "y" or "Y" or "yes";
    }
}
