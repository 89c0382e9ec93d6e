using Stateroom.Cli.Output;
using Stateroom.Cli.Terminals;

namespace Stateroom.Cli.Coding;

/// <summary>Asks the user at the terminal whether the agent may call a tool.</summary>
internal sealed class PermissionPrompt
{
    private const int InputShown = 2000;

    private readonly HashSet<string> _always = new(StringComparer.Ordinal);

    /// <summary>Null where nobody can be asked: then the agent is told so.</summary>
    public static Func<PermissionRequest, CancellationToken, ValueTask<PermissionDecision>>? Create(bool json) =>
        json || !UserTerminal.HasKeys || !Terminal.IsStderr ? null : new PermissionPrompt().AskAsync;

    private async ValueTask<PermissionDecision> AskAsync(PermissionRequest request, CancellationToken cancellationToken)
    {
        if (_always.Contains(request.Tool)) return PermissionDecision.Allow;
        var input = TurnLines.Arguments(request.Input);
        Diagnostics.Line($"? {request.Tool} {Terminal.Printable(input.Length > InputShown ? input[..InputShown] + "..." : input)}");
        Diagnostics.Line("  Allow it? y = yes, a = yes, and this tool for the rest of the prompt; n = no; anything else = no, and the agent is told what you type.");
        // A read of the terminal cannot be cancelled, the wait for it can.
        var answer = (await Task.Run(UserTerminal.ReadLine, CancellationToken.None).WaitAsync(cancellationToken)).Trim();
        switch (answer.ToLowerInvariant())
        {
            case "a":
                _always.Add(request.Tool);
                return PermissionDecision.Allow;
            case "y" or "yes": return PermissionDecision.Allow;
            case "" or "n" or "no": return PermissionDecision.Deny("The user did not allow this.");
            default: return PermissionDecision.Deny($"The user did not allow this and says: {answer}");
        }
    }
}
