using System.Globalization;

namespace Stateroom.Cli.Terminals;

/// <summary>The interactive shells of a session: execs with a terminal, whose ids say which terminal they are and which shell of it, by number.</summary>
internal sealed class RoomTerminals(ISession session)
{
    public const string DefaultName = "main";

    private const string Prefix = "terminal-";
    private const int MaxName = 40;

    // Without a word from the user, the shell that a person expects: bash where there is one.
    private static readonly string[] DefaultShell = ["sh", "-c", "command -v bash >/dev/null && exec bash -i; exec sh -i"];

    public static bool IsName(string name) => name.Length is > 0 and <= MaxName && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_');

    /// <summary>Attaches to the shell that runs under a name, or starts one.</summary>
    /// <param name="name">The terminal's name.</param>
    /// <param name="shell">A shell to start; null means bash, or else sh.</param>
    /// <param name="size">The size for a new one.</param>
    /// <param name="cancellationToken">Cancels the start.</param>
    /// <returns>The exec, and whether it is new.</returns>
    /// <exception cref="ExecStartException">There is no such shell in the room.</exception>
    public async Task<(IExec Exec, bool IsNew)> OpenAsync(string name, string? shell, TerminalSize size, CancellationToken cancellationToken)
    {
        var number = 1;
        for (; await TryAttachAsync(IdOf(name, number), cancellationToken) is { } earlier; number++)
        {
            if (earlier.ProcessId is not null) return (earlier, false);
            await earlier.DisposeAsync();
        }
        var environment = Variables();
        environment["PROMPT_COMMAND"] = PromptOf(session.Id);
        var options = new ExecOptions { ExecId = IdOf(name, number), Terminal = size, StreamInput = true, Environment = environment };
        // Of two that start the same at once, one starts it and the other attaches.
        return (await session.StartAsync(shell is null ? DefaultShell : await CommandOfAsync(shell, cancellationToken), options, cancellationToken), true);
    }

    // Bash runs this before its first prompt, when its files have been read: a prompt that one of them set stays.
    private static string PromptOf(string id) => $@"[ ""$PS1"" = '\s-\v\$ ' ] && PS1='\u@{id}:\w\$ '; unset PROMPT_COMMAND";

    // Without a file of the user's, zsh asks whether to make one, and takes the first keys for answers (zsh-newuser-install).
    private async Task<string[]> CommandOfAsync(string shell, CancellationToken cancellationToken)
    {
        if (Path.GetFileName(shell) != "zsh") return [shell, "-i"];
        foreach (var name in (string[])[".zshenv", ".zprofile", ".zshrc", ".zlogin"])
        {
            if (await session.Files.StatAsync($"/home/room/{name}", cancellationToken) is not null) return [shell, "-i"];
        }
        return [shell, "-f", "-i"];
    }

    /// <summary>What a program asks to know whether it may use all colours.</summary>
    public static Dictionary<string, string?> Variables() =>
        Environment.GetEnvironmentVariable("COLORTERM") is { Length: > 0 } colours ? new Dictionary<string, string?> { ["COLORTERM"] = colours } : [];

    private async Task<IExec?> TryAttachAsync(string id, CancellationToken cancellationToken)
    {
        try
        {
            return await session.Sandbox.AttachAsync(id, cancellationToken);
        }
        catch (ExecNotFoundException)
        {
            return null;
        }
    }

    private static string IdOf(string name, int number) => string.Create(CultureInfo.InvariantCulture, $"{Prefix}{name}-{number}");
}
