namespace Stateroom.Protocol;

/// <summary>Places at which a guest can be made to die: each is the moment just after what its name says. Half a write is "torn".</summary>
public enum GuestFailpoint
{
    /// <summary>A client's greeting has come and has no answer yet.</summary>
    HelloTaken,

    /// <summary>A client has been greeted.</summary>
    Greeted,

    /// <summary>Half of a frame has been sent.</summary>
    FrameTorn,

    /// <summary>Any frame has been sent.</summary>
    FrameSent,

    /// <summary>The room is to outlive its last connection.</summary>
    KeepTaken,

    /// <summary>An exec was asked for.</summary>
    ExecTaken,

    /// <summary>An exec runs and nobody knows.</summary>
    ExecSpawned,

    /// <summary>An exec's start has been told.</summary>
    ExecTold,

    /// <summary>The log says that an exec was not started.</summary>
    RefusalRecorded,

    /// <summary>Input has come for a process.</summary>
    InputTaken,

    /// <summary>A process has been given input; its sender has no credit for it yet.</summary>
    InputWritten,

    /// <summary>Output has been read and is in no log.</summary>
    OutputRead,

    /// <summary>Half of a record of output is in the log.</summary>
    OutputTorn,

    /// <summary>Output is in the log and nobody was told.</summary>
    OutputRecorded,

    /// <summary>Output has been told.</summary>
    OutputTold,

    /// <summary>Half of a log's state has been rewritten.</summary>
    StateTorn,

    /// <summary>A log's state says that its oldest part is given up, which it is not yet.</summary>
    StateWritten,

    /// <summary>A log's oldest part has been given up.</summary>
    LogPunched,

    /// <summary>Half of the record of an end is in the log.</summary>
    EndTorn,

    /// <summary>The record of an exec's or shell's end is in the log, and its state does not have it.</summary>
    EndRecorded,

    /// <summary>Log and state have an exec's or shell's end, and nobody was told.</summary>
    EndKnown,

    /// <summary>An exec's end has been told.</summary>
    EndTold,

    /// <summary>The size of a terminal is in the log.</summary>
    SizeRecorded,

    /// <summary>A shell runs and has not said that it is ready.</summary>
    ShellSpawned,

    /// <summary>A shell has been told to be ready.</summary>
    ShellTold,

    /// <summary>A shell's next command lies where the shell looks for it.</summary>
    CommandWritten,

    /// <summary>A shell goes to work on a command whose begin is not in the log.</summary>
    CommandWoken,

    /// <summary>Half of the record of a command's begin, or of a terminal's size, is in the log.</summary>
    BeginTorn,

    /// <summary>The begin of a shell's command is in the log.</summary>
    CommandBegun,

    /// <summary>The shell has told a command's status.</summary>
    CommandEnded,

    /// <summary>The end of a shell's command is in the log and nobody was told.</summary>
    CommandRecorded,

    /// <summary>The end of a shell's command has been told.</summary>
    CommandTold,

    /// <summary>The end of a shell has been told.</summary>
    ShellEndTold,

    /// <summary>A client wants a port.</summary>
    ListenTaken,

    /// <summary>A port is open and nobody has it.</summary>
    PortOpened,

    /// <summary>A client has been sent a listening socket and has not been told.</summary>
    PortHandedOver,

    /// <summary>A client has been told that a port is its own.</summary>
    PortTold,

    /// <summary>The holder of a port has gone and its socket is shut; the next has not been told.</summary>
    PortShut,

    /// <summary>The room is to end.</summary>
    StopTaken,

    /// <summary>Everything in the room but the guest has ended.</summary>
    StopKilled,

    /// <summary>Half of the record of the room's end is written.</summary>
    StopTorn,

    /// <summary>The record of the room's end is written.</summary>
    StopRecorded,
}
