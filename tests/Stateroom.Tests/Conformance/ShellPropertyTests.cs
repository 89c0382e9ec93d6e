using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Stateroom.Tests.Conformance.ShellProperties;

namespace Stateroom.Tests.Conformance;

/// <summary>Sequences of commands give through a room's shell what they give when the same shell runs them by itself.</summary>
/// <remarks>STATEROOM_SHELL_SEED sets the seed of the first sequence, so that a failing one can be run first.</remarks>
public class ShellPropertyTests : ShellRoomTest
{
    private const int MostFailures = 3;

    // Few at once keep both processors busy; more only wait for each other.
    private static readonly ParallelOptions AtOnce = new() { MaxDegreeOfParallelism = 4 };

    [Theory, MemberData(nameof(Kinds))]
    public Task A_sequence_of_commands_gives_what_the_shell_gives_by_itself(string kind) => RunAsync(kind, 125);

    [Theory, MemberData(nameof(Kinds)), Trait("Category", "Stress")]
    public Task Thousands_of_sequences_give_what_the_shell_gives_by_itself(string kind) => RunAsync(kind, 2500);

    private async Task RunAsync(string kind, int sequences)
    {
        var first = int.TryParse(Environment.GetEnvironmentVariable("STATEROOM_SHELL_SEED"), CultureInfo.InvariantCulture, out var seed) ? seed : 1;
        // A room of their own for the shells by themselves: the same names in it, and neither sees what the other does.
        await using var direct = await Stateroom.CreateAsync("direct", new SessionOptions { Sandbox = Options }).WaitAsync(Patience.Limit);
        await PrepareAsync(Session);
        await PrepareAsync(direct);
        var failures = new ConcurrentBag<string>();
        await Parallel.ForAsync(first, first + sequences, AtOnce, async (seed, _) =>
        {
            if (failures.Count < MostFailures && await CompareAsync(direct, kind, seed) is { } failure) failures.Add(failure);
        });
        await Stateroom.CleanUpAsync("direct", removeWorkspace: true);
        Assert.True(failures.IsEmpty, string.Join('\n', failures));
    }

    private static async Task PrepareAsync(ISession session)
    {
        await File.WriteAllBytesAsync(Path.Combine(session.WorkspacePath!, "data"), CommandGenerator.Data(1));
        await File.WriteAllBytesAsync(Path.Combine(session.WorkspacePath!, "lines"), "one\ntwo words\n\nfour"u8.ToArray());
    }

    private async Task<string?> CompareAsync(ISession direct, string kind, int seed)
    {
        var commands = new CommandGenerator(kind, seed).Sequence();
        var name = "t" + seed.ToString(CultureInfo.InvariantCulture);
        foreach (var session in (ISession[])[Session, direct]) Directory.CreateDirectory(Path.Combine(session.WorkspacePath!, name));
        try
        {
            var expected = await DirectShell.RunAsync(direct, kind, name, commands);
            var observed = await RunAsync(kind, name, commands);
            return Difference(observed, expected) is { } difference ? Tell(kind, seed, commands, difference) : null;
        }
        catch (TimeoutException error)
        {
            return Tell(kind, seed, commands, $"it had not ended after {Patience.Limit.TotalSeconds} s: {error.Message}\n");
        }
        finally
        {
            Directory.Delete(Path.Combine(Session.WorkspacePath!, name), recursive: true);
            Directory.Delete(Path.Combine(direct.WorkspacePath!, name), recursive: true);
            Directory.Delete(Path.Combine(direct.WorkspacePath!, name + ".direct"), recursive: true);
        }
    }

    private async Task<List<Observed>> RunAsync(string kind, string name, IReadOnlyList<GeneratedCommand> commands)
    {
        await using var shell = await Room.OpenShellAsync(new ShellOptions { Shell = kind, WorkingDirectory = name }).WaitAsync(Patience.Limit);
        var observed = new List<Observed>();
        foreach (var command in commands)
        {
            var options = new ShellCommandOptions { Input = command.Input is { } input ? input : (ReadOnlyMemory<byte>?)null };
            var running = shell.RunAsync(command.Text, options);
            if (await Task.WhenAny(running, Task.Delay(Patience.Limit, TimeProvider.System)) != running) throw new TimeoutException($"command {observed.Count + 1} in the room's shell");
            var result = await running;
            observed.Add(Observed.From(result.Stdout, result.Stderr, Describe(result)));
            if (result.ShellEnded) break;
        }
        return observed;
    }

    private static string? Difference(List<Observed> ours, List<Observed> direct)
    {
        for (var i = 0; i < Math.Min(ours.Count, direct.Count); i++)
        {
            if (ours[i].DifferenceFrom(direct[i]) is { } difference) return $"command {i + 1}:\n{difference}";
        }
        return ours.Count == direct.Count ? null : $"  {ours.Count} commands were run, and by the shell itself {direct.Count}\n";
    }

    private static string Tell(string kind, int seed, IReadOnlyList<GeneratedCommand> commands, string difference)
    {
        var text = new StringBuilder($"{kind}, seed {seed}, {difference}");
        for (var i = 0; i < commands.Count; i++) text.AppendLine($"--- {i + 1}").AppendLine(commands[i].ToString());
        return text.ToString();
    }
}
