using Stateroom.Cli.Output;

namespace Stateroom.Cli.CommandLine;

/// <summary>The stable code of an error that the host's file system is the cause of.</summary>
internal static class Failures
{
    // errno(3): ENOSPC and EDQUOT. The runtime and the library both give errnos as the result of their exceptions.
    private const int NoSpace = 28, QuotaExceeded = 122;

    public static string CodeOf(Exception failure)
    {
        for (var e = failure; e is not null; e = e.InnerException)
        {
            if (e is IOException { HResult: NoSpace or QuotaExceeded }) return "disk_full";
        }
        return failure switch
        {
            StateroomException known => known.Code,
            OutputFailedException => "output_failed",
            IOException or UnauthorizedAccessException or AggregateException => "io_failed",
            _ => "internal",
        };
    }

    /// <summary>A type's name says nothing to a user, unless the error is a mistake of ours.</summary>
    public static string MessageOf(Exception failure) => CodeOf(failure) == "internal" ? $"{failure.GetType().Name}: {failure.Message}" : failure.Message;
}
