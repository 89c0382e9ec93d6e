using System.Collections;
using System.Runtime.InteropServices;

namespace Stateroom.Guest.Processes;

/// <summary>The environment that the room was started with, and what an exec changes in it.</summary>
internal static unsafe class RoomEnvironment
{
    private static readonly byte*[] Base = ReadOwn();

    private static readonly byte* TerminalType = (byte*)Marshal.StringToCoTaskMemUTF8("TERM=xterm-256color");

    /// <summary>The room's variables, changed by <paramref name="changes"/>: "K=V" sets, "K" removes.</summary>
    /// <param name="changes">The changes.</param>
    /// <param name="hasTerminal">True sets TERM where nothing else does.</param>
    public static CStrings Build(CStrings changes, bool hasTerminal)
    {
        var result = new CStrings(Base.Length + changes.Count);
        foreach (var entry in Base) result.Add(entry);
        for (var i = 0; i < changes.Count; i++) Apply(result, changes[i]);
        if (hasTerminal && Value(result, "TERM"u8).IsEmpty) result.Add(TerminalType);
        return result;
    }

    /// <summary>The value of a variable, or empty.</summary>
    public static ReadOnlySpan<byte> Value(CStrings environment, ReadOnlySpan<byte> name)
    {
        for (var i = 0; i < environment.Count; i++)
        {
            var entry = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(environment[i]);
            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name)) return entry[(name.Length + 1)..];
        }
        return default;
    }

    private static void Apply(CStrings environment, byte* change)
    {
        var text = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(change);
        var equals = text.IndexOf((byte)'=');
        var name = equals < 0 ? text : text[..equals];
        for (var i = environment.Count - 1; i >= 0; i--)
        {
            var entry = MemoryMarshal.CreateReadOnlySpanFromNullTerminated(environment[i]);
            if (entry.Length > name.Length && entry[name.Length] == '=' && entry.StartsWith(name)) environment.RemoveAt(i);
        }
        if (equals >= 0) environment.Add(change);
    }

    private static byte*[] ReadOwn()
    {
        var own = Environment.GetEnvironmentVariables();
        var result = new byte*[own.Count];
        var i = 0;
        foreach (DictionaryEntry entry in own) result[i++] = (byte*)Marshal.StringToCoTaskMemUTF8($"{entry.Key}={entry.Value}");
        return result;
    }
}
