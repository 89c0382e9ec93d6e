namespace Stateroom.Tests;

/// <summary>A home directory for one test, removed with it. It lies where a room's own user may pass through.</summary>
public sealed class TempHome : IDisposable
{
    public TempHome()
    {
        Path = System.IO.Path.Combine("/tmp", "stateroom-test-" + SessionId.New());
        Directory.CreateDirectory(Path, (UnixFileMode)Convert.ToInt32("711", 8));
    }

    public string Path { get; }

    public void Dispose() => Directory.Delete(Path, recursive: true);
}
