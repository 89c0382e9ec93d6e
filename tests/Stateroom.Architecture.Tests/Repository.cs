namespace Stateroom.Architecture.Tests;

/// <summary>The checkout that these tests were built from.</summary>
internal static class Repository
{
    public static string Root { get; } = Find(AppContext.BaseDirectory);

    public static string Sources => Path.Combine(Root, "src");

    /// <summary>Hand-written C# files below a directory of the repository.</summary>
    public static IEnumerable<string> Code(params string[] directories) =>
        directories.Select(d => Path.Combine(Root, d)).Where(Directory.Exists)
            .SelectMany(d => Directory.EnumerateFiles(d, "*.cs", SearchOption.AllDirectories))
            .Where(f => !f.Contains("/obj/", StringComparison.Ordinal) && !f.Contains("/bin/", StringComparison.Ordinal));

    public static string Relative(string path) => Path.GetRelativePath(Root, path);

    private static string Find(string directory)
    {
        for (var at = new DirectoryInfo(directory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Stateroom.slnx"))) return at.FullName;
        }
        throw new InvalidOperationException($"No Stateroom.slnx above {directory}: run these tests from a checkout.");
    }
}
