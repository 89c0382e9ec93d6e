using System.Text;
using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>Checks what a caller wants to run and puts it on the wire.</summary>
internal static class ExecRequest
{
    private const int MaxIdLength = 64;

    // Three quarters of the 8 MiB of stack that the kernel counts with, execve(2).
    private const long MaxArguments = 6 << 20;

    // MAX_ARG_STRLEN of execve(2), with the NUL behind it.
    private static readonly int MaxArgument = (32 * Environment.SystemPageSize) - 1;

    public static void Check(IReadOnlyList<string> argv, ExecOptions options)
    {
        if (argv.Count == 0) throw new ArgumentException("An exec needs at least a program.", nameof(argv));
        foreach (var argument in argv) CheckText(argument, "argument");
        foreach (var (name, value) in options.Environment) CheckVariable(name, value);
        CheckText(options.WorkingDirectory ?? "", "working directory");
        if (options.ExecId is { } id) CheckId(id, "Exec");
        CheckInput(options.Input is not null, options.StreamInput);
        if (options.Terminal is { } terminal) CheckSize(terminal);
        ToMilliseconds(options.Timeout);
        ToMilliseconds(options.KillGrace);
        long size = 0;
        foreach (var argument in argv) size += CheckLength(Encoding.UTF8.GetByteCount(argument), "An argument or line") + 1;
        foreach (var (name, value) in options.Environment) size += CheckLength(Encoding.UTF8.GetByteCount(name) + Encoding.UTF8.GetByteCount(value ?? "") + 1, $"The variable '{name}'") + 1;
        if (size > MaxArguments)
            throw new ArgumentException($"The arguments and variables have {size >> 20} MiB; Linux takes at most {MaxArguments >> 20} (execve(2)). Pass the data as input or in a file.", nameof(argv));
    }

    private static int CheckLength(int bytes, string what) => bytes <= MaxArgument ? bytes : throw new ArgumentException(
        $"{what} has {bytes} bytes; Linux takes at most {MaxArgument} in one (execve(2)). A shell (OpenShellAsync) takes lines of {Payloads.MaxShellText >> 20} MiB; pass data as input or in a file.");

    public static void CheckInput(bool isWhole, bool isStreamed)
    {
        if (isWhole && isStreamed) throw new ArgumentException("Give the input as a whole (Input) or stream it (StreamInput), not both.");
    }

    public static void CheckId(string id, string what)
    {
        if (!SessionId.IsValid(id) || id.Length > MaxIdLength)
            throw new ArgumentException($"{what} id '{id}' is not valid: use 1 to {MaxIdLength} of the characters a-z, A-Z, 0-9, '-' and '_'.");
    }

    public static void CheckSize(TerminalSize size)
    {
        if (size.Columns is < 1 or > ushort.MaxValue || size.Rows is < 1 or > ushort.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(size), $"{size.Columns} x {size.Rows}", "A terminal has 1 to 65535 columns and rows.");
    }

    public static void WriteSize(ref PayloadWriter writer, TerminalSize? size)
    {
        writer.U32((uint)(size?.Columns ?? 0));
        writer.U32((uint)(size?.Rows ?? 0));
    }

    public static void CheckVariable(string name, string? value)
    {
        if (name.Length == 0 || name.Contains('=')) throw new ArgumentException($"'{name}' cannot be the name of a variable.");
        CheckText(name, "variable name");
        CheckText(value ?? "", "value of a variable");
    }

    /// <summary>The frame's fields after its header; <paramref name="credit"/> 0 means that output is read later.</summary>
    public static void Write(ref PayloadWriter writer, string id, IReadOnlyList<string> argv, ExecOptions options, uint credit, long logStart, long logLimit)
    {
        writer.U32((options.StreamInput || options.Input is not null ? Payloads.StreamInput : 0) | (options.EndWithHandle ? Payloads.EndWithClient : 0));
        writer.U32(ToMilliseconds(options.Timeout));
        writer.U32(ToMilliseconds(options.KillGrace));
        writer.U32(credit);
        WriteSize(ref writer, options.Terminal);
        writer.I64(logStart);
        writer.I64(logLimit);
        writer.Text(id);
        writer.Text(Directory(options.WorkingDirectory));
        writer.U32((uint)argv.Count);
        for (var i = 0; i < argv.Count; i++) writer.Text(argv[i]);
        WriteEnvironment(ref writer, options.Environment);
    }

    public static void WriteEnvironment(ref PayloadWriter writer, IReadOnlyDictionary<string, string?> environment)
    {
        writer.U32((uint)environment.Count);
        foreach (var (name, value) in environment) writer.Text(value is null ? name : $"{name}={value}");
    }

    public static string Directory(string? directory) =>
        directory is null ? "/workspace" : directory.StartsWith('/') ? directory : "/workspace/" + directory;

    /// <summary>Rounded up, so that nothing ends early; null is 0.</summary>
    public static uint ToMilliseconds(TimeSpan? time)
    {
        if (time is not { } value) return 0;
        if (value < TimeSpan.Zero || value.TotalMilliseconds > int.MaxValue)
            throw new ArgumentOutOfRangeException(nameof(time), value, "A time must be between 0 and 24 days.");
        return (uint)Math.Ceiling(value.TotalMilliseconds);
    }

    private static void CheckText(string text, string what)
    {
        if (text.Contains('\0')) throw new ArgumentException($"A NUL character cannot be part of a {what} (execve(2)).");
    }
}
