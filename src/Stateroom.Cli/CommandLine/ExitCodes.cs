namespace Stateroom.Cli.CommandLine;

/// <summary>Exit codes of the command itself; <c>exec</c> and <c>run</c> end with those of what they ran.</summary>
internal static class ExitCodes
{
    public const int Ok = 0;
    public const int Failed = 1;
    public const int Usage = 2;

    /// <summary>Stateroom itself failed under exec or run, where 1 belongs to the command.</summary>
    public const int StateroomFailed = 125;

    public const int CannotRun = 126;
    public const int NotFound = 127;

    /// <summary>128 + SIGINT.</summary>
    public const int Interrupted = 130;

    /// <summary>128 + SIGPIPE: whoever read our output has gone.</summary>
    public const int BrokenPipe = 141;
}
