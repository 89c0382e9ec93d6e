using Stateroom.Cli.Output;
using Stateroom.Cli.Terminals;

namespace Stateroom.Cli.Coding;

/// <summary>Asks the user at the terminal whether the agent may call a tool. What was not shown cannot be allowed.</summary>
internal sealed class PermissionPrompt
{
    // Of longer arguments the beginning and the end are shown at first.
    private const int MostShown = 2000, OfEachEnd = 900;

    private const string AskAll = "  Allow it? y = yes, a = yes, and this tool for the rest of the prompt; n = no; anything else = no, and the agent is told what you type.";
    private const string AskPart = "  Allow it? y or a = show all of it, and ask again; n = no; anything else = no, and the agent is told what you type.";

    private readonly HashSet<string> _always = new(StringComparer.Ordinal);

    /// <summary>Null where nobody can be asked: then the agent is told so.</summary>
    public static Func<PermissionRequest, CancellationToken, ValueTask<PermissionDecision>>? Create(bool json) =>
        json || !UserTerminal.HasKeys || !Terminal.IsStderr ? null : new PermissionPrompt().AskAsync;

    private async ValueTask<PermissionDecision> AskAsync(PermissionRequest request, CancellationToken cancellationToken)
    {
        if (_always.Contains(request.Tool)) return PermissionDecision.Allow;
        var input = Terminal.Printable(TurnLines.Arguments(request.Input));
        for (var isAll = input.Length <= MostShown; ; isAll = true)
        {
            var answer = await AnswerAsync($"? {Terminal.Printable(request.Tool)} {(isAll ? input : Ends(input))}", isAll ? AskAll : AskPart, cancellationToken);
            switch (answer.ToLowerInvariant())
            {
                case "y" or "yes" or "a" when !isAll: continue;
                case "a":
                    _always.Add(request.Tool);
                    return PermissionDecision.Allow;
                case "y" or "yes": return PermissionDecision.Allow;
                case "" or "n" or "no": return PermissionDecision.Deny("The user did not allow this.");
                default: return PermissionDecision.Deny($"The user did not allow this and says: {answer}");
            }
        }
    }

    private static async Task<string> AnswerAsync(string call, string question, CancellationToken cancellationToken)
    {
        Diagnostics.Line(call);
        UserTerminal.DropTyped();
        Diagnostics.Line(question);
        // A read of the terminal cannot be cancelled, the wait for it can.
        return (await Task.Run(UserTerminal.ReadLine, CancellationToken.None).WaitAsync(cancellationToken)).Trim();
    }

    private static string Ends(string input) => $"{input[..OfEachEnd]}... ({input.Length - (2 * OfEachEnd)} characters are not shown) ...{input[^OfEachEnd..]}";
}
