using System.Collections.Frozen;

namespace Stateroom.Workspaces;

/// <summary>Directories that tools fill by the thousand: each counts as one entry, whatever is in it.</summary>
internal static class FoldedDirectories
{
    private static readonly FrozenSet<string> Names = new[]
    {
        ".git", "node_modules", "venv", ".venv", "__pycache__", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox",
    }.ToFrozenSet(StringComparer.Ordinal);

    public static bool Contains(string name) => Names.Contains(name);
}
