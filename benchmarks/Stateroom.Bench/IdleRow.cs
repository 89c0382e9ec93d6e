using System.Collections.Concurrent;
using System.Text.Json;
using Stateroom.Sandboxes.Runtimes.Bubblewrap;

namespace Stateroom.Bench;

/// <summary>Many rooms that live and do nothing: what one costs, and how soon one of them answers.</summary>
internal static class IdleRow
{
    // Of the memory that is free no more is asked for than this, were each room as costly as the target allows.
    private const double MostOfMemory = 0.8, MiBPerRoom = 2;
    private const int StartedAtOnce = 4, BareRooms = 200;

    public static async Task MeasureAsync(BenchRoom bench, Table table, int wanted, int rounds)
    {
        var available = HostMemory.Available();
        var count = Math.Max(1, Math.Min(wanted, (int)(available * MostOfMemory / MiBPerRoom)));
        if (count < wanted) await Console.Error.WriteLineAsync($"bench: {count} idle rooms instead of {wanted}: {available:0} MiB are free");
        var (bareProportional, bareTotal) = await BareAsync();
        var alone = await Measure.MediansAsync(rounds, () => bench.Room.PingAsync(), () => bench.Room.ExecAsync(["/bin/true"]));

        var runtime = new BubblewrapRuntime(bench.Home, TimeProvider.System);
        var spec = BenchSpec.Of(bench);
        var started = new ConcurrentBag<ISandbox>();
        try
        {
            var before = HostMemory.Available();
            await Parallel.ForAsync(0, count, new ParallelOptions { MaxDegreeOfParallelism = StartedAtOnce }, async (_, cancel) => started.Add(await runtime.StartAsync(spec(), cancel)));
            var total = (before - HostMemory.Available()) / count;
            var rooms = started.ToArray();
            var random = new Random(1);
            var among = await Measure.MediansAsync(rounds, () => rooms[random.Next(count)].PingAsync(), () => rooms[random.Next(count)].ExecAsync(["/bin/true"]));
            // Each of them answers, not only those that chance picked.
            await Parallel.ForEachAsync(rooms, async (room, cancel) => await room.PingAsync(cancel));
            if (Proportional(bench, rooms) is { } proportional) table.Add($"idle room, one of {count}: PSS of guest and monitors", proportional, "MiB", bareProportional, "<= 2 MiB");
            else await Console.Error.WriteLineAsync("bench: the memory of a room's guest is for root to see");
            table.Add($"idle room, one of {count}: all that the host has less, sockets included", total, "MiB", bareTotal, "<= 2 MiB");
            table.Add($"ping one of {count} idle rooms (floor: one room)", among[0], "ms", alone[0]);
            table.Add($"exec /bin/true in one of {count} idle rooms (floor: one room)", among[1], "ms", alone[1]);
        }
        finally
        {
            await Parallel.ForEachAsync(started, CancellationToken.None, async (room, _) => await EndAsync(runtime, room));
        }
    }

    // The floor: bwrap with all namespaces that holds a sleep.
    private static async Task<(double? Proportional, double Total)> BareAsync()
    {
        var before = HostMemory.Available();
        var held = new List<BareRoom>();
        try
        {
            for (var i = 0; i < BareRooms; i++) held.Add(await BareRoom.StartAsync());
            var total = (before - HostMemory.Available()) / BareRooms;
            return (Average(held.Select(h => HostMemory.ProportionalWithMonitors(h.Inside))), total);
        }
        finally
        {
            foreach (var room in held) room.End();
        }
    }

    private static double? Proportional(BenchRoom bench, ISandbox[] rooms) => Average(rooms.Select(r => HostMemory.ProportionalWithMonitors(GuestOf(bench, r))));

    private static double? Average(IEnumerable<double?> values)
    {
        var all = values.ToList();
        return all.Contains(null) ? null : all.Average();
    }

    private static int GuestOf(BenchRoom bench, ISandbox room)
    {
        using var info = JsonDocument.Parse(File.ReadAllBytes(new RoomDirectory(Path.Combine(bench.Home, "run", room.Id)).Info));
        return info.RootElement.GetProperty("child-pid").GetInt32();
    }

    private static async ValueTask EndAsync(BubblewrapRuntime runtime, ISandbox room)
    {
        await room.StopAsync();
        await room.DisposeAsync();
        await runtime.KillAsync(room.Id);
    }
}
