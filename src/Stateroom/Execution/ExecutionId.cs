using System.Globalization;

namespace Stateroom.Execution;

/// <summary>What an execution's id names: an exec or a shell, or a command of a shell (the shell's id, a dot, the command's number from 1).</summary>
/// <param name="Log">The id of the exec or the shell, which its log is called after.</param>
/// <param name="Command">The command's number; null for an exec or a whole shell.</param>
internal readonly record struct ExecutionId(string Log, uint? Command = null)
{
    public override string ToString() => Command is { } number ? string.Create(CultureInfo.InvariantCulture, $"{Log}.{number}") : Log;

    /// <summary>Reads an id that came from outside.</summary>
    public static bool TryParse(string text, out ExecutionId id)
    {
        id = default;
        var dot = text.LastIndexOf('.');
        uint number = 0;
        if (dot >= 0 && !(uint.TryParse(text.AsSpan(dot + 1), NumberStyles.None, CultureInfo.InvariantCulture, out number) && number > 0)) return false;
        var log = dot < 0 ? text : text[..dot];
        if (!SessionId.IsValid(log)) return false;
        id = new ExecutionId(log, dot < 0 ? null : number);
        return true;
    }
}
