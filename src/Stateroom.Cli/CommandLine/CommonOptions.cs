using System.CommandLine;

namespace Stateroom.Cli.CommandLine;

/// <summary>Arguments and options that several verbs share.</summary>
internal static class CommonOptions
{
    public const string JsonName = "--json";

    public static readonly Option<bool> Json = new(JsonName)
    {
        Description = "Print JSON on standard output, and nothing else there; an error is a JSON object on standard error.",
    };

    public static readonly Argument<string> Id = new("ID") { Description = $"The session's id: {SessionId.Rules}." };
}
