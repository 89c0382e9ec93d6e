using System.Text;

namespace Stateroom.Cli.Output;

/// <summary>What goes to standard error.</summary>
internal static class Diagnostics
{
    /// <summary>An error: one line, or one JSON object.</summary>
    public static void Error(string code, string message, bool json)
    {
        message = OneLine(message);
        if (json) Line(CliJson.Compact(new ErrorView(new ErrorDetail(code, message)), CliJson.Default.ErrorView));
        else Line($"{Terminal.Red("stateroom:")} {Terminal.Printable(message)} [{code}]");
    }

    public static void Line(string line)
    {
        try
        {
            DescriptorStream.Stderr.Write(Encoding.UTF8.GetBytes(line + "\n"));
        }
        catch (IOException)
        {
            // Nobody reads our errors: there is nowhere left to say so.
        }
    }

    private static string OneLine(string text) =>
        string.Join(' ', text.Split(['\r', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries));
}
