namespace Stateroom.Tests.Conformance;

/// <summary>
/// A test with a room of its own. The tests of this folder state what every runtime promises; a runtime's suite names itself once more below.
/// </summary>
public abstract class RoomTest : IAsyncLifetime
{
    private readonly TempHome _home = new();

    protected IStateroom Stateroom { get; private set; } = null!;

    protected ISession Session { get; private set; } = null!;

    protected ISandbox Room => Session.Sandbox;

    protected string HomeDirectory => _home.Path;

    /// <value>The runtime under test.</value>
    protected virtual string Runtime => "bubblewrap";

    protected virtual SandboxOptions Options => new() { Runtime = Runtime };

    protected static bool IsRoot => Environment.IsPrivilegedProcess;

    public async ValueTask InitializeAsync()
    {
        Stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = HomeDirectory });
        Session = await Stateroom.CreateAsync("room", new SessionOptions { Sandbox = Options }).WaitAsync(Patience.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await Session.DisposeAsync();
        await Stateroom.CleanUpAsync("room", removeWorkspace: true);
        await Stateroom.DisposeAsync();
        _home.Dispose();
    }

    /// <summary>Runs a shell line and says what it printed, both streams and how it ended.</summary>
    protected async Task<string> Show(string line, ExecOptions? options = null)
    {
        var result = await Room.RunAsync(line, options).WaitAsync(Patience.Limit);
        return $"{result.StdoutText}|{result.StderrText}|{Describe(result)}";
    }

    protected internal static string Describe(ExecResult result) => result.Outcome switch
    {
        ExecOutcome.Exited => $"exit {result.ExitCode}",
        ExecOutcome.Signaled => $"signal {result.Signal}",
        _ => result.Outcome.ToString(),
    } + (result.ShellEnded ? ", shell ended" : "");

    /// <summary>Runs a line that must succeed, and returns its output without the final newline.</summary>
    protected async Task<string> Output(string line)
    {
        var result = await Room.RunAsync(line).WaitAsync(Patience.Limit);
        Assert.True(result.Success, $"{line}: {Describe(result)} {result.StderrText}");
        return result.StdoutText.TrimEnd('\n');
    }

    protected static async Task Until(Func<Task<bool>> condition)
    {
        using var patience = new CancellationTokenSource(Patience.Limit);
        while (!await condition()) patience.Token.ThrowIfCancellationRequested();
    }
}
