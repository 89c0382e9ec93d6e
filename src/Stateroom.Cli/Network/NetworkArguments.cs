using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Network;

/// <summary>The option that says what a new session's room may reach, for verbs that make a session.</summary>
internal static class NetworkArguments
{
    private static readonly Option<string[]> Allow = new("--allow")
    {
        HelpName = "HOST[:PORT]",
        Description = "Let a new session's room reach this host, by default on ports 80 and 443; may be given several times. *.example.org is any one label, **.example.org one or more. Without it the room has no network.",
    };

    public static Command WithNetworkOptions(this Command command)
    {
        command.Add(Allow);
        return command;
    }

    public static bool IsGiven(Invocation invocation) => invocation.IsGiven(Allow);

    /// <summary>The sandbox of a new session.</summary>
    public static SandboxOptions ForSession(Invocation invocation) => new()
    {
        Network = IsGiven(invocation) ? new NetworkOptions { Policy = NetworkPolicy.Allow, Allow = invocation.Get(Allow) ?? [] } : new NetworkOptions(),
    };

    /// <summary>Creates a session; options that cannot be are the user's mistake.</summary>
    public static async Task<ISession> CreateAsync(Func<Task<ISession>> create)
    {
        try
        {
            return await create();
        }
        catch (ArgumentException e) when (e.ParamName == "options")
        {
            // Without the parameter's name, which is appended.
            throw new UsageException(e.Message.Split(" (Parameter", StringSplitOptions.None)[0]);
        }
    }
}
