using System.CommandLine;

namespace Stateroom.Cli.CommandLine;

/// <summary>Where the arguments of <c>exec</c> and <c>run</c> end and those of the program begin, by position: behind the session's id.</summary>
internal static class ProgramArguments
{
    private const string End = "--";

    /// <summary>Puts in the <c>--</c> that a user left out before the program of <c>exec</c>, and takes out a second one, behind an id that needed one itself.</summary>
    public static string[] Separate(RootCommand root, string[] args)
    {
        if (args.Length == 0 || args[0] is not ("exec" or "run")) return args;
        var verb = root.Subcommands.Single(c => c.Name == args[0]);
        var words = 0;
        for (var i = 1; i < args.Length; i++)
        {
            if (args[i] == End) return words == 0 && i + 2 < args.Length && args[i + 2] == End ? [.. args[..(i + 2)], .. args[(i + 3)..]] : args;
            if (args[i].Length > 1 && args[i][0] == '-') i += TakesNext(verb, args[i]) ? 1 : 0;
            // Of a line there is one, and options may follow it.
            else if (++words == 2) return verb.Name == "run" ? args : [.. args[..i], End, .. args[i..]];
        }
        return args;
    }

    private static bool TakesNext(Command verb, string option)
    {
        // The last of several letters behind one dash may take a value: -ie NAME=VALUE.
        var name = option.StartsWith(End, StringComparison.Ordinal) ? option : $"-{option[^1]}";
        return !option.Contains('=', StringComparison.Ordinal) &&
            verb.Options.Any(o => o.Arity.MaximumNumberOfValues > 0 && o is not Option<bool> && (o.Name == name || o.Aliases.Contains(name)));
    }
}
