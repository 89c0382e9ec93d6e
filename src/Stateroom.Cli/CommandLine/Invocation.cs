using System.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.CommandLine;

/// <summary>One run of a verb: its arguments, where its output goes, and what cancels it.</summary>
internal sealed class Invocation(ParseResult arguments, bool json, Interrupts interrupts)
{
    /// <summary>True if standard output is for a program: JSON and nothing else.</summary>
    public bool Json { get; } = json;

    public Interrupts Interrupts { get; } = interrupts;

    public CancellationToken Cancellation => Interrupts.Token;

    /// <summary>Standard output as text. A reader that has gone ends the verb with <see cref="BrokenPipeException"/>.</summary>
    public StreamWriter Out { get; } = DescriptorStream.Stdout.ToWriter();

    public T? Get<T>(Option<T> option) => arguments.GetValue(option);

    public bool IsGiven(Option option) => arguments.GetResult(option) is { Implicit: false };

    /// <summary>An argument that may be left out; its default then.</summary>
    public T? GetOptional<T>(Argument<T> argument) => arguments.GetValue(argument);

    public T Get<T>(Argument<T> argument) => arguments.GetRequiredValue(argument);

    /// <summary>The session id that the user gave, checked.</summary>
    public string SessionId() => Stateroom.SessionId.Check(Get(CommonOptions.Id));
}
