using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Execution;

/// <summary><c>logs ID [EXECUTION]</c></summary>
internal static class LogsVerb
{
    private static readonly Argument<string?> Execution = new("EXECUTION")
    {
        Description = "The id of an exec or a shell in the list, or of a shell's command: the shell's id, a dot, the command's number. Ids are generated; "
            + "a terminal of 'stateroom shell' is terminal-NAME-NUMBER. Without it the list is printed; OUTPUT there is what was written to both streams.",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private static readonly Option<bool> Follow = new("--follow", "-f")
    {
        Description = "Go on with what comes until the exec, the shell or its room has ended.",
    };

    private static readonly Option<long?> Tail = new("--tail")
    {
        HelpName = "BYTES",
        Description = "Begin so many bytes before the present end of each stream; 0 prints only what comes.",
        CustomParser = ParseTail,
    };

    private static readonly Option<OutputOffsets?> From = new("--from")
    {
        HelpName = "BYTES[,BYTES]",
        Description = "Begin behind so many bytes of standard output and of standard error. The default is 0,0.",
        CustomParser = ParseOffsets,
    };

    public static Command Create() =>
        new Command("logs", "Print what an exec or a shell has printed, both streams byte for byte; without EXECUTION list what is on record.")
        {
            CommonOptions.Id, Execution, Follow, Tail, From,
        }.WithExamples(
                "stateroom logs web",
                "stateroom logs web 01kxyzw3v8tq5n7m2c4d6f8g0h > out.txt 2> err.txt",
                "stateroom logs web terminal-main-1 -f --tail 1000",
                "stateroom logs web --json | jq -r '.[] | select(.is_running) | .id'")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var id = invocation.SessionId();
        var execution = invocation.GetOptional(Execution);
        if (invocation.IsGiven(Tail) && invocation.IsGiven(From)) throw new UsageException("Give --tail or --from, not both.");
        if (execution is null && (invocation.Get(Follow) || invocation.IsGiven(Tail) || invocation.IsGiven(From)))
            throw new UsageException("--follow, --tail and --from belong to one execution: name it behind the session's id.");
        await using var stateroom = StateroomHost.Local();
        if (execution is null) await ListAsync(invocation, stateroom, id);
        else await PrintAsync(invocation, stateroom, id, execution);
        return ExitCodes.Ok;
    }

    private static async Task ListAsync(Invocation invocation, IStateroom stateroom, string id)
    {
        var found = new List<ExecutionView>();
        await foreach (var info in stateroom.ListExecutionsAsync(id, invocation.Cancellation)) found.Add(ExecutionView.Of(info));
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented([.. found], CliJson.Default.ExecutionViewArray));
        else if (found.Count == 0) invocation.Out.WriteLine("Nothing on record.");
        else Table.Write(invocation.Out, [["EXECUTION", "KIND", "STATE", "STARTED", "DURATION", "OUTPUT", "COMMAND"], .. found.Select(ExecutionPrinter.Row)]);
    }

    private static async Task PrintAsync(Invocation invocation, IStateroom stateroom, string id, string execution)
    {
        var from = invocation.Get(From) ?? default;
        if (invocation.Get(Tail) is { } tail)
        {
            var (stdout, stderr) = await EndsAsync(invocation, stateroom, id, execution);
            from = new OutputOffsets(Math.Max(0, stdout - tail), Math.Max(0, stderr - tail));
        }
        var sink = new OutputSink(invocation.Json);
        await foreach (var piece in stateroom.ReadRecordedOutputAsync(id, execution, from, invocation.Get(Follow), invocation.Cancellation))
        {
            if (piece.Missing > 0 && !invocation.Json) Diagnostics.Line($"stateroom: {piece.Missing} bytes of {SessionView.Name(piece.Stream)} are not kept any more");
            await sink.WriteAsync(piece);
        }
        if (invocation.Json) invocation.Out.WriteLine(CliJson.Indented(sink.View(execution), CliJson.Default.RecordedOutputView));
        else if (invocation.Get(Follow)) await TellLossAsync(invocation, stateroom, id, execution);
    }

    /// <summary>Nothing more follows, but not because the execution has ended: a script sees no difference in the output.</summary>
    private static async Task TellLossAsync(Invocation invocation, IStateroom stateroom, string id, string execution)
    {
        var owner = execution.Split('.')[0];
        await foreach (var info in stateroom.ListExecutionsAsync(id, invocation.Cancellation))
        {
            if (info.Id != owner) continue;
            if (info is { IsRunning: false, Result: null or { Outcome: ExecOutcome.Lost } })
                Diagnostics.Error("sandbox_lost", $"The room ended while '{owner}' ran: how it ended is not known, and nothing follows.", json: false);
            return;
        }
    }

    private static async Task<OutputOffsets> EndsAsync(Invocation invocation, IStateroom stateroom, string id, string execution)
    {
        var ends = default(OutputOffsets);
        await foreach (var piece in stateroom.ReadRecordedOutputAsync(id, execution, cancellationToken: invocation.Cancellation))
        {
            var end = piece.Offset + piece.Data.Length;
            ends = piece.Stream == OutputStream.Stdout ? ends with { Stdout = end } : ends with { Stderr = end };
        }
        return ends;
    }

    private static long? ParseTail(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        if (TryParse(text, out var bytes)) return bytes;
        argument.AddError($"'{text}' is not a number of bytes, 0 or more.");
        return null;
    }

    private static OutputOffsets? ParseOffsets(ArgumentResult argument)
    {
        var text = argument.Tokens[0].Value;
        var parts = text.Split(',');
        if (parts.Length <= 2 && TryParse(parts[0], out var stdout) && TryParse(parts.Length == 2 ? parts[1] : "0", out var stderr)) return new OutputOffsets(stdout, stderr);
        argument.AddError($"'{text}' is not a position: use the bytes of standard output, or those of both streams with a comma between.");
        return null;
    }

    private static bool TryParse(string text, out long value) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value);
}
