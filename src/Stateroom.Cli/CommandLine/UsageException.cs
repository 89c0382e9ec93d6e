namespace Stateroom.Cli.CommandLine;

/// <summary>The arguments parse, and do not make sense together or here. Ends with exit code 2.</summary>
internal sealed class UsageException(string message) : Exception(message);
