using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Completion;

/// <summary><c>completion bash|zsh</c>: a script that asks the command itself what may come next.</summary>
internal static class CompletionVerb
{
    private const string Bash = """
        _stateroom() {
            local IFS=$'\n' cur=${COMP_WORDS[COMP_CWORD]}
            COMPREPLY=($(compgen -W "$("${COMP_WORDS[0]}" "[suggest:$COMP_POINT]" "$COMP_LINE" 2>/dev/null)" -- "$cur"))
        }
        complete -o default -F _stateroom stateroom ./stateroom
        """;

    private const string Zsh = """
        #compdef stateroom
        _stateroom() {
            local -a words_found
            words_found=("${(@f)$("${words[1]}" "[suggest:$CURSOR]" "$BUFFER" 2>/dev/null)}")
            compadd -a words_found
            _files
        }
        compdef _stateroom stateroom ./stateroom
        """;

    private static readonly Argument<string> Shell = new("SHELL") { Description = "bash or zsh." };

    public static Command Create()
    {
        Shell.AcceptOnlyFromAmong("bash", "zsh");
        return new Command("completion", "Print a script that completes verbs and options in your shell.") { Shell }
            .WithExamples("source <(stateroom completion bash)", "stateroom completion zsh > ~/.zfunc/_stateroom")
            .Runs(invocation =>
            {
                var shell = invocation.Get(Shell);
                var script = shell == "bash" ? Bash : Zsh;
                invocation.Out.WriteLine(invocation.Json ? CliJson.Indented(new CompletionView(shell, script), CliJson.Default.CompletionView) : script);
                return Task.FromResult(ExitCodes.Ok);
            });
    }
}
