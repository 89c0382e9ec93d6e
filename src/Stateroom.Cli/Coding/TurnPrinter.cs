using System.Globalization;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Coding;

/// <summary>Shows a turn: as it happens, or its end alone; for people or for programs.</summary>
internal sealed class TurnPrinter(Invocation invocation, string sessionId, bool stream)
{
    private bool _inLine;

    public bool Succeeded { get; private set; }

    public async Task PrintAsync(TurnEvent e)
    {
        if (e is TurnCompleted { Result: var result }) Complete(result);
        else Happened(e);
        await invocation.Out.FlushAsync(CancellationToken.None);
    }

    private void Complete(TurnResult result)
    {
        Succeeded = result.Success;
        if (invocation.Json)
        {
            var view = TurnView.Of(sessionId, result);
            invocation.Out.WriteLine(stream ? CliJson.Compact(view, CliJson.Default.TurnView) : CliJson.Indented(view, CliJson.Default.TurnView));
            return;
        }
        if (!stream && result.Response.Length > 0) invocation.Out.WriteLine(Terminal.Shown(result.Response));
        EndLine();
        if (stream) Diagnostics.Line(Terminal.Dim(Terminal.Printable(Summary(result))));
        if (!result.Success) Diagnostics.Error(result.ErrorCode ?? "turn_failed", result.Error ?? "The agent failed and did not say why.", json: false);
    }

    private void Happened(TurnEvent e)
    {
        if (invocation.Json)
        {
            if (stream) invocation.Out.WriteLine(CliJson.Compact(e, CliJson.Default.TurnEvent));
            return;
        }
        if (stream && e is TextDelta { Text.Length: > 0 } delta)
        {
            invocation.Out.Write(Terminal.Shown(delta.Text));
            _inLine = !delta.Text.EndsWith('\n');
        }
        else if ((TurnLines.Always(e) ?? (stream ? TurnLines.Watched(e) : null)) is { } line)
        {
            EndLine();
            Diagnostics.Line(Terminal.Dim(line));
        }
    }

    private static string Summary(TurnResult result)
    {
        var parts = new List<string> { result.Turns == 1 ? "1 request" : $"{result.Turns} requests", string.Create(CultureInfo.InvariantCulture, $"{result.Duration.TotalSeconds:0.0} s") };
        if (result.InputTokens is { } read) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{read:N0} tokens read"));
        if (result.OutputTokens is { } written) parts.Add(string.Create(CultureInfo.InvariantCulture, $"{written:N0} written"));
        if (result.CostUsd is { } cost) parts.Add(string.Create(CultureInfo.InvariantCulture, $"${cost:0.0000}"));
        if (result.PermissionsDenied.Count > 0) parts.Add($"denied: {string.Join(", ", result.PermissionsDenied.Distinct())}");
        return $"({string.Join(", ", parts)})";
    }

    private void EndLine()
    {
        if (!_inLine) return;
        invocation.Out.WriteLine();
        // Standard error follows: in order, where both are one terminal.
        invocation.Out.Flush();
        _inLine = false;
    }
}
