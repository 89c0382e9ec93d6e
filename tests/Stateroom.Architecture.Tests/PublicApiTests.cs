using System.Reflection;

namespace Stateroom.Architecture.Tests;

/// <summary>
/// The public surface is checked in at docs/api, so that each change of it is seen in review. STATEROOM_UPDATE_API=1 writes it anew.
/// </summary>
public sealed class PublicApiTests
{
    [Theory]
    [InlineData("Stateroom.Abstractions")]
    [InlineData("Stateroom")]
    [InlineData("Stateroom.Testing")]
    public async Task The_public_surface_is_the_one_that_was_reviewed(string name)
    {
        var path = Path.Combine(Repository.Root, "docs", "api", $"{name}.txt");
        var now = PublicApi.Of(Assembly.Load(name));
        if (Environment.GetEnvironmentVariable("STATEROOM_UPDATE_API") == "1")
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await File.WriteAllLinesAsync(path, now);
        }
        Assert.True(File.Exists(path), $"{Repository.Relative(path)} is missing: run this test with STATEROOM_UPDATE_API=1 and check the file in.");
        var reviewed = await File.ReadAllLinesAsync(path);
        var added = now.Except(reviewed).Select(l => $"+ {l}");
        var removed = reviewed.Except(now).Select(l => $"- {l}");
        Assert.True(reviewed.SequenceEqual(now),
            $"The public surface of {name} changed. If that is meant, run this test with STATEROOM_UPDATE_API=1 and check {Repository.Relative(path)} in.\n{string.Join('\n', added.Concat(removed))}");
    }
}
