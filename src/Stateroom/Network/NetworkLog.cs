using System.Text.Json;
using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Network;

/// <summary>network.jsonl: the connections that a session's rooms asked for.</summary>
internal static class NetworkLog
{
    /// <summary>Beyond this many bytes the older half goes.</summary>
    public const int MostBytes = 4 << 20;

    private const int Mode = 0x180; // 0600

    /// <summary>What the file holds, oldest first. A line that is not whole, or not ours, is left out: this log records, and nothing is decided by it.</summary>
    /// <param name="path">The file; one that does not exist holds nothing.</param>
    /// <param name="offset">Where to begin: an earlier <see cref="Length"/>, or 0. Beyond the end, as after the older half has gone, it means the beginning.</param>
    public static IReadOnlyList<NetworkDecision> Read(string path, long offset = 0)
    {
        var decisions = new List<NetworkDecision>();
        using var lines = new JsonLineReader(path, offset <= Length(path) ? offset : 0);
        while (lines.Read() && lines.IsComplete)
        {
            if (Parse(lines.Line.Span) is { } decision) decisions.Add(decision);
        }
        return decisions;
    }

    public static long Length(string path) => (long)(HostFile.TryStat(path)?.Size ?? 0);

    /// <summary>Adds a line. The caller holds <see cref="HomeLayout.NetworkLock"/>: several processes may serve a session's connections.</summary>
    /// <exception cref="IOException">The disk does not take it.</exception>
    public static void Append(string path, NetworkDecision decision)
    {
        byte[] line = [.. JsonSerializer.SerializeToUtf8Bytes(decision, SessionJson.Line.NetworkDecision), (byte)'\n'];
        using var file = HostFile.Open(path, Libc.O_RDWR | Libc.O_APPEND | Libc.O_CREAT, Mode);
        var length = HostFile.Length(file, path);
        if (length > MostBytes)
        {
            AtomicFile.Replace(path, NewerHalf(HostFile.ReadFrom(file, 0, path)));
            using var kept = HostFile.Open(path, Libc.O_RDWR | Libc.O_APPEND);
            Write(kept, path, line);
            return;
        }
        if (length > 0 && HostFile.ReadFrom(file, length - 1, path) is [not (byte)'\n'])
        {
            // A killed writer's unfinished line would swallow this one.
            HostFile.Write(file, "\n"u8, path);
            Failpoint.Hit(HostFailpoint.NetworkRepaired);
        }
        Write(file, path, line);
    }

    private static void Write(SafeFileHandle file, string path, ReadOnlySpan<byte> line)
    {
        Failpoint.Torn(HostFailpoint.NetworkTorn, file, line);
        HostFile.Write(file, line, path);
        Failpoint.Hit(HostFailpoint.NetworkAppended);
    }

    // Whole lines alone: from behind the first end of line to behind the last.
    private static ReadOnlySpan<byte> NewerHalf(ReadOnlySpan<byte> content)
    {
        var half = content[(content.Length / 2)..];
        var (first, last) = (half.IndexOf((byte)'\n'), half.LastIndexOf((byte)'\n'));
        return half[(first + 1)..(last + 1)];
    }

    private static NetworkDecision? Parse(ReadOnlySpan<byte> line)
    {
        try
        {
            return JsonSerializer.Deserialize(line, SessionJson.Line.NetworkDecision);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
