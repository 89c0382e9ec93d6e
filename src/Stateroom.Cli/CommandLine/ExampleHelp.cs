using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Runtime.CompilerServices;

namespace Stateroom.Cli.CommandLine;

/// <summary>Help that ends with examples.</summary>
internal static class ExampleHelp
{
    private static readonly ConditionalWeakTable<Command, string[]> Examples = [];

    public static T WithExamples<T>(this T command, params string[] examples) where T : Command
    {
        Examples.Add(command, examples);
        return command;
    }

    public static void Install(RootCommand root)
    {
        var help = root.Options.OfType<HelpOption>().Single();
        help.Action = new WithExamplesAction((HelpAction)help.Action!);
        // Those of Windows are paths here.
        help.Aliases.Remove("/h");
        help.Aliases.Remove("/?");
    }

    public static bool IsAsked(ParseResult result) => result.Action is WithExamplesAction;

    private sealed class WithExamplesAction(HelpAction help) : SynchronousCommandLineAction
    {
        public override bool ClearsParseErrors => true;

        public override int Invoke(ParseResult parseResult)
        {
            var configuration = parseResult.InvocationConfiguration;
            var output = configuration.Output;
            // The library calls the command by the name of its file.
            var text = new StringWriter();
            configuration.Output = text;
            var code = help.Invoke(parseResult);
            configuration.Output = output;
            output.Write(text.ToString().Replace($"  {RootCommand.ExecutableName}", "  stateroom", StringComparison.Ordinal));

            if (!Examples.TryGetValue(parseResult.CommandResult.Command, out var examples)) return code;
            output.WriteLine("Examples:");
            foreach (var example in examples) output.WriteLine($"  {example}");
            output.WriteLine();
            return code;
        }
    }
}
