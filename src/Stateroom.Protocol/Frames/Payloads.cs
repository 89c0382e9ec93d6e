namespace Stateroom.Protocol;

/// <summary>
/// The fields of each payload, in order. <c>u8</c>, <c>u32</c>, <c>i64</c> are little-endian, <c>text</c> is UTF-8 ended by NUL, <c>bytes</c> go to the end.
/// <code>
/// Hello       u32 magic, u32 version
/// Welcome     u32 version
/// Refused     u32 version, text message
/// Ping, Pong  bytes
/// ExecStart   u32 flags (1 = input is streamed, 8 = ends with its client), u32 timeout ms (0 = none), u32 grace ms, u32 credit, u32 columns, u32 rows (0 = no terminal),
///             i64 log start, i64 log limit, text exec id, text directory, u32 count, text arguments..., u32 count, text variables...  ("K=V" sets, "K" removes)
/// ExecAttach  u32 credit, text exec id
/// Processes   of each process: u32 process id, u32 parent, u32 state (a letter of proc_pid_stat(5)), i64 microseconds of processor time, i64 resident
///             bytes, i64 microseconds since its start, text exec or shell that started it (empty if unknown), text name, u32 count, text arguments...
/// Input       bytes
/// Signal      u32 number
/// Credit      u32 bytes
/// Resize      u32 columns, u32 rows
/// Started     u32 process id, u32 flags (1 = input is streamed, 2 = terminal), u32 number of the command in its shell or 0, i64 its first record in the log
/// NotStarted  u32 errno, u32 stage (<see cref="StartStage"/>)
/// Output      bytes: one record of the log, header included
/// CatchUp     i64 from, i64 to: offsets in the log, u32 number of the command in its shell or 0
/// Ended       bytes: <see cref="EndRecord"/>
/// ShellOpen   i64 log start, i64 log limit, u32 credit for background output, u32 columns, u32 rows (0 = no terminal), text shell id, text shell, text directory, u32 count, text variables...
/// ShellAttach u32 credit for background output, text shell id
/// ShellReady  u32 shell number, u32 process id, u32 flags (2 = terminal), text path
/// ShellText   bytes
/// ShellRun    u32 shell number, u32 flags (1 = input is streamed, 4 = Started is wanted), u32 timeout ms, u32 grace ms, u32 credit,
///             bytes: the command, or its last part
/// ShellClose  u32 shell number
/// ShellEnded  bytes: <see cref="EndRecord"/>
/// Listen      u32 port
/// NotListening u32 errno
/// </code>
/// Detach, Cancel, KeepRunning, Stop, ListProcesses, NotRunning, InputClosed and Listening have no payload. A log's start is the offset behind its <see cref="LogState"/>;
/// a log limit of 0 means none.
/// </summary>
public static class Payloads
{
    /// <summary>Bytes of input that a client may send on a channel before the guest's first <see cref="FrameType.Credit"/>.</summary>
    public const int InputWindow = 256 << 10;

    /// <summary>The longest piece of output in one record.</summary>
    public const int MaxOutput = 256 << 10;

    /// <summary>The most bytes of a process's arguments that are told.</summary>
    public const int MaxArguments = 4 << 10;

    /// <summary>The longest text of one shell command: it has to fit the room's own /run (16 MiB) beside the quoting.</summary>
    public const int MaxShellText = 12 << 20;

    /// <summary>Flag: standard input is fed by <see cref="FrameType.Input"/>.</summary>
    public const uint StreamInput = 1;

    /// <summary>Flag: there is a terminal.</summary>
    public const uint HasTerminal = 2;

    /// <summary>Flag of ExecStart: the tree is ended when the connection that started it has ended.</summary>
    public const uint EndWithClient = 8;

    /// <summary>Flag of ShellRun: the begin of the command is to be told.</summary>
    public const uint TellStart = 4;
}

/// <summary>Where a start failed.</summary>
public enum StartStage : uint
{
    /// <summary>No program was at fault: descriptors, processes or memory ran out.</summary>
    Resources = 0,

    /// <summary>The program.</summary>
    Program = 1,

    /// <summary>The working directory.</summary>
    Directory = 2,

    /// <summary>The id is in use.</summary>
    Id = 3,
}
