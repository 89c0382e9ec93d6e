using System.Globalization;
using Stateroom.Cli.Output;
using Stateroom.Cli.Sessions;

namespace Stateroom.Cli.Execution;

/// <summary>Execs, shells and processes on the screen.</summary>
internal static class ExecutionPrinter
{
    private const int LongestCommand = 100;

    public static string[] Row(ExecutionView view) =>
        [view.Id, view.Kind, State(view), SessionPrinter.Time(view.StartedAt), Duration(TimeSpan.FromMilliseconds(view.DurationMs)), ByteSize.Text(view.OutputBytes), CommandOf(view.Arguments)];

    public static string[] Row(ProcessView view) =>
    [
        Number(view.Pid), Number(view.ParentPid), view.State, Duration(TimeSpan.FromMilliseconds(view.CpuMs)), ByteSize.Text(view.ResidentBytes),
        Duration(TimeSpan.FromMilliseconds(view.AgeMs)), view.StartedBy ?? "-", view.Arguments.Count > 0 ? CommandOf(view.Arguments) : $"[{Terminal.Printable(view.Name)}]",
    ];

    private static string State(ExecutionView view) => End(view) + (view.Outcome is "exited" or "signaled" or "timed_out" or "canceled" && view.Error is not null ? ", not all kept" : "");

    private static string End(ExecutionView view) =>
        view.IsRunning ? "running" : view.ExitCode is { } code ? $"exit {code}" : view is { Outcome: "signaled", Signal: { } signal } ? $"signal {signal}" : view.Outcome ?? "-";

    private static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Duration(TimeSpan time) => time switch
    {
        { TotalSeconds: < 60 } => string.Create(CultureInfo.InvariantCulture, $"{time.TotalSeconds:0.00}s"),
        { TotalHours: < 1 } => string.Create(CultureInfo.InvariantCulture, $"{time.Minutes}m{time.Seconds:00}s"),
        _ => string.Create(CultureInfo.InvariantCulture, $"{(long)time.TotalHours}h{time.Minutes:00}m"),
    };

    private static string CommandOf(IReadOnlyList<string> arguments)
    {
        var text = Terminal.Printable(string.Join(' ', arguments.Select(a => a.Length == 0 || a.Contains(' ', StringComparison.Ordinal) ? $"'{a}'" : a)));
        return text.Length <= LongestCommand ? text : text[..LongestCommand] + "...";
    }
}
