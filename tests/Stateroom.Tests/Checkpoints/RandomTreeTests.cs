using Stateroom.Checkpoints.Trees;

namespace Stateroom.Tests.Checkpoints;

/// <summary>Trees by chance: what is read comes back bit for bit, after each of many changes, and also what was kept before them.</summary>
public sealed class RandomTreeTests
{
    [Theory]
    [MemberData(nameof(Seeds), 6)]
    public Task Any_tree_comes_back_bit_for_bit(int seed) => RunAsync(seed, rounds: 3);

    [Theory]
    [Trait("Category", "Stress")]
    [MemberData(nameof(Seeds), 8)]
    public Task Any_tree_comes_back_bit_for_bit_after_many_changes(int seed) => RunAsync(seed + 1000, rounds: 8);

    public static TheoryData<int> Seeds(int count) => [.. Enumerable.Range(1, count)];

    private static async Task RunAsync(int seed, int rounds)
    {
        using var bench = new TreeBench();
        var kept = new List<(ScannedTree Tree, string Look)>();
        for (var round = 0; round < rounds; round++)
        {
            await RandomTree.ChangeAsync(bench.Source, (seed * 100) + round, steps: 30);
            kept.Add((bench.Scan(), await TreeBench.LookAsync(bench.Source)));
        }
        foreach (var (tree, look) in kept)
        {
            var restored = bench.Restore(tree.Root);
            Assert.Equal(look, await TreeBench.LookAsync(restored));
            Assert.Empty(tree.Changing);
        }
        // And in place, from any state to any other.
        foreach (var (tree, look) in kept.AsEnumerable().Reverse().Concat(kept))
        {
            bench.Return(tree.Root);
            Assert.Equal(look, await TreeBench.LookAsync(bench.Source));
        }
        // What differs between two of them is what two looks tell apart.
        var diff = new TreeDiff(id => TreeCodec.Decode(bench.Store.Read(id)));
        for (var round = 1; round < rounds; round++)
        {
            var changes = diff.Between(kept[round - 1].Tree.Root, kept[round].Tree.Root).ToList();
            Assert.Equal(kept[round - 1].Look == kept[round].Look, changes.Count == 0);
            Assert.Empty(diff.Between(kept[round].Tree.Root, kept[round].Tree.Root));
        }
    }
}
