using System.Globalization;
using System.Text.Json;

namespace Stateroom.Bench;

/// <summary>Collects rows: each measure beside its floor of the same run.</summary>
internal sealed class Table(bool json)
{
    private readonly List<Row> _rows = [];

    /// <param name="what">What was measured.</param>
    /// <param name="value">The median.</param>
    /// <param name="unit">Its unit.</param>
    /// <param name="floor">The floor's median in the same unit, or null for a floor itself.</param>
    /// <param name="target">The target as a factor of the floor, or null.</param>
    public void Add(string what, double value, string unit, double? floor = null, string? target = null) => _rows.Add(new Row(what, value, unit, floor, target));

    public void Print()
    {
        if (json)
        {
            using var stream = Console.OpenStandardOutput();
            using var writer = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            writer.WriteStartArray();
            foreach (var row in _rows)
            {
                writer.WriteStartObject();
                writer.WriteString("what", row.What);
                writer.WriteNumber("median", Math.Round(row.Value, 4));
                writer.WriteString("unit", row.Unit);
                if (row.Floor is { } f) writer.WriteNumber("floor", Math.Round(f, 4));
                if (row.Target is { } t) writer.WriteString("target", t);
                writer.WriteEndObject();
            }
            writer.WriteEndArray();
            writer.Flush();
            Console.WriteLine();
            return;
        }
        Console.WriteLine($"{"what",-58} {"median",10} {"floor",10} {"factor",8}  target");
        foreach (var row in _rows)
        {
            var floor = row.Floor is { } f ? Format(f) : "";
            var factor = row.Floor is { } g and > 0 ? (row.Value / g).ToString("0.00", CultureInfo.InvariantCulture) + " x" : "";
            Console.WriteLine($"{row.What,-58} {Format(row.Value),7} {row.Unit,-3} {floor,10} {factor,8}  {row.Target}");
        }
    }

    private static string Format(double value) => value.ToString(value < 1 ? "0.000" : "0.00", CultureInfo.InvariantCulture);

    private sealed record Row(string What, double Value, string Unit, double? Floor, string? Target);
}
