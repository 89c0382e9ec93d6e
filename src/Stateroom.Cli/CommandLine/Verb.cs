using System.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.CommandLine;

/// <summary>Gives a verb its action: options common to all, signals, and one place where errors become exit codes.</summary>
internal static class Verb
{
    /// <param name="command">The verb.</param>
    /// <param name="action">What it does.</param>
    /// <param name="failure">The exit code when Stateroom fails.</param>
    public static Command Runs(this Command command, Func<Invocation, Task<int>> action, int failure = ExitCodes.Failed)
    {
        command.Add(CommonOptions.Json);
        command.SetAction(parse => RunAsync(parse, action, failure));
        return command;
    }

    private static async Task<int> RunAsync(ParseResult parse, Func<Invocation, Task<int>> action, int failure)
    {
        var json = parse.GetValue(CommonOptions.Json);
        using var interrupts = new Interrupts();
        try
        {
            var invocation = new Invocation(parse, json, interrupts);
            var code = await action(invocation);
            await invocation.Out.FlushAsync(CancellationToken.None);
            return code;
        }
        catch (BrokenPipeException)
        {
            return ExitCodes.BrokenPipe;
        }
        catch (UsageException e)
        {
            return Fail("usage", e.Message, ExitCodes.Usage);
        }
        catch (InvalidSessionIdException e)
        {
            return Fail(e.Code, e.Message, ExitCodes.Usage);
        }
        catch (ExecStartException e) when (failure == ExitCodes.StateroomFailed)
        {
            return Fail(e.Code, e.Message, e.NotFound ? ExitCodes.NotFound : ExitCodes.CannotRun);
        }
        catch (OperationCanceledException) when (interrupts.Token.IsCancellationRequested)
        {
            return Fail("interrupted", "Interrupted.", interrupts.ExitCode);
        }
        catch (Exception e)
        {
            // The last line of defence: nothing above this frame could do more than the runtime's own crash report.
            var code = Fail(Failures.CodeOf(e), Failures.MessageOf(e), failure);
            if (e is not StateroomException && Environment.GetEnvironmentVariable("STATEROOM_DEBUG") == "1") Diagnostics.Line(e.ToString());
            return code;
        }

        int Fail(string code, string message, int exitCode)
        {
            Diagnostics.Error(code, message, json);
            return exitCode;
        }
    }
}
