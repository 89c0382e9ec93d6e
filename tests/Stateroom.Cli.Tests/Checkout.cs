namespace Stateroom.Cli.Tests;

/// <summary>The checkout that these tests were built in.</summary>
internal static class Checkout
{
    /// <summary>Its directory; skips the test if the tests were copied out of it.</summary>
    public static string Find()
    {
        for (var at = new DirectoryInfo(AppContext.BaseDirectory); at is not null; at = at.Parent)
        {
            if (File.Exists(Path.Combine(at.FullName, "Stateroom.slnx"))) return at.FullName;
        }
        Assert.Skip("This needs the checkout, and these tests were copied out of it.");
        return "";
    }
}
