using System.Globalization;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Sessions;

/// <summary>A session on the screen.</summary>
internal static class SessionPrinter
{
    public static string Time(DateTimeOffset time) => time.ToString("yyyy-MM-dd HH:mm:ss'Z'", CultureInfo.InvariantCulture);

    public static void PrintJson(Invocation invocation, SessionInfo info) =>
        invocation.Out.WriteLine(CliJson.Indented(SessionView.Of(info) with { Configuration = info.Configuration is { } options ? ConfigurationView.Of(options) : null }, CliJson.Default.SessionView));

    public static void Print(TextWriter output, SessionInfo info)
    {
        var view = SessionView.Of(info);
        output.WriteLine("Session Information:");
        output.WriteLine($"  ID: {view.Id}");
        output.WriteLine($"  Status: {view.Status} ({view.State})");
        output.WriteLine($"  Agent: {view.Agent}");
        if (info.Configuration is { } configuration) ConfigurationPrinter.Print(output, configuration);
        output.WriteLine($"  Created: {Time(view.CreatedAt)}");
        output.WriteLine($"  Updated: {Time(view.UpdatedAt)}");
        output.WriteLine($"  Total Commands: {view.TotalCommands}");
        output.WriteLine($"  Files Created: {view.TotalFilesCreated}");
        output.WriteLine($"  Turns: {view.TotalTurns}");
        output.WriteLine($"  Workspace: {view.WorkspacePath}");
        foreach (var (key, value) in view.Metadata) output.WriteLine($"  {Terminal.Printable(key)}: {Terminal.Printable(value)}");
        if (view.Problem is not null) output.WriteLine($"  Problem: {Terminal.Printable(view.Problem)}");
    }
}
