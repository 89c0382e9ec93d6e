using System.CommandLine;
using Stateroom.Agents.Credentials;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;
using Stateroom.Cli.Terminals;

namespace Stateroom.Cli.Agents;

/// <summary><c>agent key</c></summary>
internal static class AgentKeyVerb
{
    private static readonly (string Name, ModelCredentialKind Kind)[] Kinds =
        [("api-key", ModelCredentialKind.ApiKey), ("bearer", ModelCredentialKind.Bearer), ("subscription", ModelCredentialKind.Subscription)];

    private static readonly Option<string> Kind = new("--kind")
    {
        HelpName = "KIND",
        Description = "api-key (the default); bearer, a token as gateways take it; or subscription, what 'claude setup-token' gives, for the agent claude-code alone.",
        DefaultValueFactory = _ => Kinds[0].Name,
    };

    private static readonly Option<bool> Remove = new("--remove") { Description = "Remove the stored key." };

    public static Command Create()
    {
        Kind.AcceptOnlyFromAmong([.. Kinds.Select(k => k.Name)]);
        return new Command("key", "Store the key of the model: asked for on the terminal, or read from standard input. It stays on this host, in a file that only you can read.") { Kind, Remove }
            .WithExamples("stateroom agent key", "stateroom agent key --kind subscription", "pass show anthropic | stateroom agent key", "stateroom agent key --remove")
            .Runs(RunAsync);
    }

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var agents = new LocalAgents();
        var kind = Kinds.Single(k => k.Name == invocation.Get(Kind));
        if (invocation.Get(Remove))
        {
            if (invocation.IsGiven(Kind)) throw new UsageException("--remove removes the stored key of whatever kind: leave out --kind.");
            var removed = await agents.RemoveCredentialAsync(invocation.Cancellation);
            Print(invocation, new AgentKeyView(null, false, removed), removed ? "The stored key is removed." : "No key was stored.");
            return ExitCodes.Ok;
        }
        var text = await SecretInput.ReadAsync($"The model's {(kind.Kind == ModelCredentialKind.ApiKey ? "API key" : "token")} (not shown): ", invocation.Cancellation);
        await agents.StoreCredentialAsync(Check(kind.Kind, text), invocation.Cancellation);
        Print(invocation, new AgentKeyView(kind.Name, true, false), "The key is stored. It is used where no environment variable gives one.");
        return ExitCodes.Ok;
    }

    private static ModelCredential Check(ModelCredentialKind kind, string text)
    {
        if (text.Length == 0) throw new UsageException("No key was given: type it, or write it to standard input.");
        try
        {
            return new ModelCredential(kind, text);
        }
        catch (ArgumentException)
        {
            throw new UsageException("That is no key: it has blanks, control characters, quotation marks or letters beyond ASCII. Nothing was stored.");
        }
    }

    private static void Print(Invocation invocation, AgentKeyView view, string text) =>
        invocation.Out.WriteLine(invocation.Json ? CliJson.Indented(view, CliJson.Default.AgentKeyView) : text);
}
