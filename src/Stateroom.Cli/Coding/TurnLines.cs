using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Coding;

/// <summary>What a person is told on standard error while a turn runs.</summary>
internal static class TurnLines
{
    private const int LongestShown = 160;

    /// <summary>What matters whether the turn is watched or not: why it takes so long, and what was refused. Null for other events.</summary>
    public static string? Always(TurnEvent e) => e switch
    {
        Notice notice => Terminal.Printable(notice.Text),
        PermissionDecided { Decision.IsAllowed: false } denied => $"! {Terminal.Printable(denied.Tool)} was denied{Because(denied.Decision.Message)}",
        NetworkDecided { Decision: { IsAllowed: false } refused } => $"! {Terminal.Printable(refused.Host)}:{refused.Port} was refused{Because(refused.Reason)}",
        NetworkDecided { Decision: { Error: { } error } failed } => $"! {Terminal.Printable(failed.Host)}:{failed.Port} was not reached{Because(error)}",
        _ => null,
    };

    /// <summary>What else shows how the work goes on. Null for other events.</summary>
    public static string? Watched(TurnEvent e) => e switch
    {
        ToolCallStarted call => $"> {Terminal.Printable(call.Tool)} {Shown(Arguments(call.Input))}",
        ToolCallCompleted result => $"{(result.IsError ? '!' : '<')} {Shown(string.Join(' ', result.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)))}",
        FileCreated file => $"+ {Terminal.Printable(file.Path)}",
        FileChanged file => $"~ {Terminal.Printable(file.Path)}",
        _ => null,
    };

    /// <summary>The arguments of a call on one line, whatever white space the agent wrote them with.</summary>
    public static string Arguments(JsonElement input)
    {
        using var text = new MemoryStream();
        using (var json = new Utf8JsonWriter(text, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping })) input.WriteTo(json);
        return Encoding.UTF8.GetString(text.GetBuffer(), 0, (int)text.Length);
    }

    private static string Because(string? reason) => string.IsNullOrEmpty(reason) ? "" : $": {Terminal.Printable(reason)}";

    private static string Shown(string text) => Terminal.Printable(text.Length > LongestShown ? text[..LongestShown] + "..." : text);
}
