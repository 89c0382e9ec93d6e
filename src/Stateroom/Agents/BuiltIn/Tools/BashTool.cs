using System.Globalization;
using System.Text;

namespace Stateroom.Agents.BuiltIn.Tools;

internal sealed class BashTool() : RoomTool("bash", ToolKind.Execute,
    "Runs a command in the room's shell, which keeps its directory, variables, functions and background jobs from call to call, and starts in /workspace. "
    + "Standard input is empty. A command that ended with exit code 0 and wrote nothing to standard error gives its standard output alone; else the "
    + "exit code or other outcome comes first and the two streams follow under their names. Start servers in the background with '&' and their output "
    + "sent to a file. Of long output you see the beginning and the end, and are told in which file all of it is.",
    """
    { "type": "object", "required": ["command"], "properties": {
      "command": { "type": "string", "description": "The command; several lines are allowed." },
      "timeout": { "type": "integer", "minimum": 1, "maximum": 3600, "description": "Seconds after which the command and all it started are ended. The default is 120." } } }
    """)
{
    private const int DefaultSeconds = 120, MostSeconds = 3600;

    public override async Task<ToolOutput> RunAsync(ToolContext context, ToolArguments arguments, CancellationToken cancellationToken)
    {
        var command = arguments.Text("command");
        var timeout = TimeSpan.FromSeconds(arguments.Number("timeout", DefaultSeconds, 1, MostSeconds));
        var options = new ShellCommandOptions { Timeout = timeout };
        var (result, wasRenewed) = await RunInShellAsync(context, command, options, cancellationToken).ConfigureAwait(false);

        var text = new StringBuilder();
        if (wasRenewed)
            text.Append("The shell had ended before this command; it ran in a new one, which began in /workspace without the old one's variables and jobs.\n");
        var isPlain = result is { Success: true, StderrBytes: 0, ShellEnded: false };
        if (!isPlain)
            text.Append(Outcome(result, timeout)).Append('\n');
        if (result.ShellEnded)
            text.Append("The shell ended with this command. The next command gets a new one, which begins in /workspace without its variables and jobs.\n");
        await AppendStreamAsync(text, context, isPlain ? null : "stdout", result.StdoutText, result.Stdout, result.StdoutBytes, cancellationToken).ConfigureAwait(false);
        await AppendStreamAsync(text, context, "stderr", result.StderrText, result.Stderr, result.StderrBytes, cancellationToken).ConfigureAwait(false);
        if (text.Length == 0)
            text.Append("(exit code 0, no output)");
        return new ToolOutput(text.ToString(), IsError: !result.Success);
    }

    // A shell may have ended since the last call: the model is told, because its state is gone.
    private static async Task<(ExecResult Result, bool WasRenewed)> RunInShellAsync(
        ToolContext context, string command, ShellCommandOptions options, CancellationToken cancellationToken)
    {
        var (shell, isReplacement) = await context.Shells.GetAsync(context.Sandbox, cancellationToken).ConfigureAwait(false);
        ExecResult result;
        try
        {
            result = await shell.RunAsync(command, options, cancellationToken).ConfigureAwait(false);
        }
        catch (ShellEndedException)
        {
            context.Shells.Forget(context.Sandbox, shell);
            (shell, _) = await context.Shells.GetAsync(context.Sandbox, cancellationToken).ConfigureAwait(false);
            isReplacement = true;
            result = await shell.RunAsync(command, options, cancellationToken).ConfigureAwait(false);
        }

        if (result.ShellEnded)
            context.Shells.Forget(context.Sandbox, shell);
        return (result, isReplacement);
    }

    private static string Outcome(ExecResult result, TimeSpan timeout) => result.Outcome switch
    {
        ExecOutcome.Exited => $"exit code: {result.ExitCode}",
        ExecOutcome.Signaled => $"ended by signal {result.Signal}",
        ExecOutcome.TimedOut => string.Create(CultureInfo.InvariantCulture, $"timed out after {timeout.TotalSeconds:0} s; the command and all it started were ended"),
        ExecOutcome.Canceled => "canceled",
        ExecOutcome.NotStarted => $"not started: {result.Error}",
        _ => $"outcome unknown: the room ended before the command did{(result.Error is null ? "" : $" ({result.Error})")}",
    };

    private static async Task AppendStreamAsync(
        StringBuilder text, ToolContext context, string? label, string content, ReadOnlyMemory<byte> bytes, long total, CancellationToken cancellationToken)
    {
        if (total == 0)
            return;
        if (label is not null)
            text.Append(label).Append(":\n");
        if (content.Length > ToolOutput.MaxChars || bytes.Length < total)
            content = await OutputSpill.CutAsync(context, label ?? "stdout", content, bytes, total, cancellationToken).ConfigureAwait(false);
        text.Append(content);
        if (content.Length > 0 && content[^1] != '\n')
            text.Append('\n');
    }
}
