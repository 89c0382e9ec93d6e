namespace Stateroom.Cli.Output;

/// <summary>Rows in aligned columns, two blanks apart; the last column is as long as it is.</summary>
internal static class Table
{
    public static void Write(TextWriter output, params IReadOnlyList<IReadOnlyList<string>> rows)
    {
        if (rows.Count == 0) return;
        rows = [.. rows.Select(row => (string[])[.. row.Select(Terminal.Printable)])];
        var widths = new int[rows[0].Count];
        foreach (var row in rows)
        {
            for (var i = 0; i < widths.Length; i++) widths[i] = Math.Max(widths[i], row[i].Length);
        }
        foreach (var row in rows)
        {
            for (var i = 0; i < widths.Length - 1; i++) output.Write(row[i].PadRight(widths[i] + 2));
            output.WriteLine(row[^1]);
        }
    }
}
