namespace Stateroom.Protocol;

/// <summary>What a frame says. Its payload is described in docs/protocol.md and, for each type, in <see cref="Payloads"/>.</summary>
public enum FrameType : ushort
{
    /// <summary>Client: the first frame of a connection; magic and version.</summary>
    Hello = 1,

    /// <summary>Guest: the version is spoken.</summary>
    Welcome = 2,

    /// <summary>Guest: the version is not spoken; says which one is, then closes.</summary>
    Refused = 3,

    /// <summary>Client: answer with the same payload.</summary>
    Ping = 4,

    /// <summary>Guest: the answer to <see cref="Ping"/>.</summary>
    Pong = 5,

    /// <summary>Client: the room outlives its last connection from now on.</summary>
    KeepRunning = 6,

    /// <summary>Client: end the room and everything in it.</summary>
    Stop = 7,

    /// <summary>Client: which processes are there? One chunk of the answer after another follows.</summary>
    ListProcesses = 8,

    /// <summary>Guest: processes of the room; <see cref="FrameFlags.End"/> marks the last frame.</summary>
    Processes = 9,

    /// <summary>Client: start a process. Carries the descriptor of its log.</summary>
    ExecStart = 16,

    /// <summary>Client: follow a running exec that was started on another channel.</summary>
    ExecAttach = 17,

    /// <summary>Client: stop following; the exec does not notice.</summary>
    Detach = 18,

    /// <summary>Client: bytes for standard input; <see cref="FrameFlags.End"/> closes it.</summary>
    Input = 19,

    /// <summary>Client: send a signal to the process, or to the command in a shell.</summary>
    Signal = 20,

    /// <summary>Client: end the process tree; the outcome is canceled.</summary>
    Cancel = 21,

    /// <summary>Client: so many bytes more of output may be sent. Guest: so many bytes more of input may be.</summary>
    Credit = 22,

    /// <summary>Client: the terminal of an exec or a shell has a new size.</summary>
    Resize = 23,

    /// <summary>Guest: the process runs.</summary>
    Started = 32,

    /// <summary>Guest: the process could not be started.</summary>
    NotStarted = 33,

    /// <summary>Guest: there is no running exec of that id.</summary>
    NotRunning = 34,

    /// <summary>Guest: a record of the log with output, header included.</summary>
    Output = 35,

    /// <summary>Guest: output from one offset of the log to another was not sent; read it there. Sending goes on behind it.</summary>
    CatchUp = 36,

    /// <summary>Guest: the end; the body of the log's last record.</summary>
    Ended = 37,

    /// <summary>Guest: the process closed its standard input; more will be dropped.</summary>
    InputClosed = 38,

    /// <summary>Client: open a shell. Carries the descriptor of its log.</summary>
    ShellOpen = 48,

    /// <summary>Client: a part of a command's text that is too long for one frame; on the command's channel, before <see cref="ShellRun"/>.</summary>
    ShellText = 49,

    /// <summary>Client: run a command in a shell, in its turn.</summary>
    ShellRun = 50,

    /// <summary>Client: end a shell and all that it started.</summary>
    ShellClose = 51,

    /// <summary>Client: use a shell that was opened on another channel.</summary>
    ShellAttach = 54,

    /// <summary>Guest: the shell is there and waits.</summary>
    ShellReady = 52,

    /// <summary>Guest: the shell has ended.</summary>
    ShellEnded = 53,

    /// <summary>Client: wants its turn to listen on a port of the room's loopback. Carries one end of a socket pair, by which the listening socket comes.</summary>
    Listen = 64,

    /// <summary>Guest: the port is yours until you say <see cref="Detach"/>; the listening socket has been sent.</summary>
    Listening = 65,

    /// <summary>Guest: the port cannot be had.</summary>
    NotListening = 66,
}

/// <summary>Bits that change the meaning of a frame.</summary>
[Flags]
public enum FrameFlags : ushort
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>One descriptor came with this frame (SCM_RIGHTS, unix(7)).</summary>
    Descriptor = 1,

    /// <summary>Nothing more of this kind follows on this channel.</summary>
    End = 2,
}
