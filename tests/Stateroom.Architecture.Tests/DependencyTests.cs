using System.Reflection;
using System.Xml.Linq;

namespace Stateroom.Architecture.Tests;

/// <summary>
/// Protocol &lt;- Guest; {Protocol, Abstractions} &lt;- Stateroom &lt;- {Server, Cli, Testing}; {Protocol, Abstractions} &lt;- Client &lt;- Cli; Testing &lt;- Cli for
/// its tour. Nothing points back.
/// </summary>
public sealed class DependencyTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Stateroom.Protocol"] = [],
        ["Stateroom.Abstractions"] = [],
        ["Stateroom.Guest"] = ["Stateroom.Protocol"],
        ["Stateroom"] = ["Stateroom.Protocol", "Stateroom.Abstractions"],
        ["Stateroom.Client"] = ["Stateroom.Protocol", "Stateroom.Abstractions"],
        ["Stateroom.Testing"] = ["Stateroom", "Stateroom.Protocol", "Stateroom.Abstractions"],
        ["Stateroom.Server"] = ["Stateroom", "Stateroom.Protocol", "Stateroom.Abstractions"],
        ["Stateroom.Cli"] = ["Stateroom", "Stateroom.Protocol", "Stateroom.Abstractions", "Stateroom.Client", "Stateroom.Testing"],
    };

    public static TheoryData<string> Projects => [.. Directory.EnumerateFiles(Repository.Sources, "*.csproj", SearchOption.AllDirectories).Order()];

    [Theory]
    [MemberData(nameof(Projects))]
    public void A_project_references_only_what_the_design_lets_it(string path)
    {
        var name = Path.GetFileNameWithoutExtension(path);
        Assert.True(Allowed.TryGetValue(name, out var allowed), $"{name} has no place in the design: give it one here.");
        var references = XDocument.Load(path).Descendants("ProjectReference").Select(r => Path.GetFileNameWithoutExtension((string)r.Attribute("Include")!));
        Assert.Empty(references.Except(allowed));
    }

    [Theory]
    [InlineData("Stateroom.Protocol")]
    [InlineData("Stateroom.Abstractions")]
    [InlineData("Stateroom")]
    [InlineData("Stateroom.Testing")]
    [InlineData("Stateroom.Cli")]
    public void An_assembly_uses_only_what_the_design_lets_it(string name)
    {
        var used = Assembly.Load(name).GetReferencedAssemblies().Select(a => a.Name!).Where(a => Allowed.ContainsKey(a));
        Assert.Empty(used.Except(Allowed[name]));
    }

    [Theory]
    [InlineData("Stateroom.Protocol")]
    [InlineData("Stateroom.Abstractions")]
    [InlineData("Stateroom.Guest")]
    public void The_contracts_and_the_guest_need_no_packages(string name)
    {
        var project = XDocument.Load(Path.Combine(Repository.Sources, name, $"{name}.csproj"));
        Assert.Empty(project.Descendants("PackageReference"));
    }
}
