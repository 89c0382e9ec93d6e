using System.CommandLine;
using System.CommandLine.Parsing;
using Stateroom.Cli.Agents;
using Stateroom.Cli.Coding;
using Stateroom.Cli.Completion;
using Stateroom.Cli.Execution;
using Stateroom.Cli.Files;
using Stateroom.Cli.Maintenance;
using Stateroom.Cli.Mcp;
using Stateroom.Cli.Output;
using Stateroom.Cli.Sessions;
using Stateroom.Cli.Terminals;
using Stateroom.Cli.Tour;

namespace Stateroom.Cli.CommandLine;

/// <summary>The command's tree of verbs, and the way from arguments to an exit code.</summary>
internal static class StateroomCommand
{
    public static RootCommand Create()
    {
        var root = new RootCommand("Isolated, persistent rooms for coding agents: leave them, come back, go on.")
        {
            TourVerb.Create(),
            CodeVerb.Create(),
            SessionVerb.Create(),
            RunVerb.Create(),
            ExecVerb.Create(),
            PsVerb.Create(),
            LogsVerb.Create(),
            CopyVerb.Create(),
            ShellVerb.Create(),
            AgentVerb.Create(),
            McpVerb.Create(),
            DoctorVerb.Create(),
            SetupVerb.Create(),
            VersionVerb.Create(),
            CompletionVerb.Create(),
        };
        ExampleHelp.Install(root);
        return root.WithExamples(
            "stateroom tour                              # the whole story in a minute, offline",
            "stateroom code -s web 'Create a Flask app'  # let an agent work in the session 'web'",
            "stateroom run web -- 'ls -la && git status' # look around in its room",
            "stateroom shell web                         # work there yourself");
    }

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0) args = ["--help"];
        // .NET has replaced such bytes already, so the program would get other arguments than were typed.
        if (!System.Text.Unicode.Utf8.IsValid(await File.ReadAllBytesAsync("/proc/self/cmdline")))
        {
            Diagnostics.Error("usage", "An argument is not UTF-8 text. Pass such bytes through standard input or a file.", args.Contains(CommonOptions.JsonName));
            return ExitCodes.Usage;
        }
        // A prompt or a command may well begin with '@': nothing is read from response files.
        var root = Create();
        args = ProgramArguments.Separate(root, args);
        var result = CommandLineParser.Parse(root, args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        // Help is for incomplete commands as well, but not for those that do not exist: it would be that of something else.
        if (ExampleHelp.IsAsked(result) ? result.UnmatchedTokens.Any(t => t != CommonOptions.JsonName) : result.Errors.Count > 0) return Usage(result, args);
        // Signals are ours (Interrupts), and so are exceptions (Verb).
        var configuration = new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null };
        return await result.InvokeAsync(configuration);
    }

    private static int Usage(ParseResult result, string[] args)
    {
        var verb = string.Join(' ', Path(result.CommandResult).Reverse());
        var errors = result.Errors.Count > 0 ? result.Errors.Select(e => e.Message) : result.UnmatchedTokens.Select(t => $"Unrecognized command or argument '{t}'.");
        var message = string.Join(" ", errors.Distinct().Select(e => e.EndsWith('.') ? e : e + "."));
        var json = args.TakeWhile(a => a != "--").Contains(CommonOptions.JsonName);
        if (result.CommandResult.Command.Name is "exec" or "run" && !args.Contains("--")) message += " Put '--' before what is to be run.";
        Diagnostics.Error("usage", $"{message} Try '{verb} --help'.", json);
        return ExitCodes.Usage;
    }

    private static IEnumerable<string> Path(CommandResult command)
    {
        for (SymbolResult? at = command; at is CommandResult c; at = c.Parent) yield return c.Command is RootCommand ? "stateroom" : c.Command.Name;
    }
}
