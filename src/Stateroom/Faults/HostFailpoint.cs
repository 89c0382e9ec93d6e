namespace Stateroom.Faults;

/// <summary>Places at which a host process can be made to die: each is the moment just after what its name says. Half a write is "torn".</summary>
internal enum HostFailpoint
{
    // Files that are replaced: session.json, the user ids.
    AtomicTorn, AtomicWritten, AtomicSynced, AtomicRenamed,

    HistoryTorn, HistoryAppended, HistoryRepaired,

    MessageTorn, MessageAppended, MessagesRepaired,

    // Locks, and the number of a session's generation in its lock file.
    LockTaken, LockFreed, GenerationTorn, GenerationWritten,

    // Directories of the home and of sessions; they get their mode after they are made.
    DirectoryMade, DirectoryReady, MetadataSetAside,

    // A session that is created: its record is there, it is about to be told.
    SessionBegun, SessionCreated,

    // The /etc of rooms.
    EtcMade, EtcFilled, EtcRenamed,

    // A room that is started, and what is left of one.
    RoomMade, RoomLocked, RoomRecordTorn, RoomRecorded, RoomSpawned, RoomConnected, RoomKilled, RoomRemoved,

    // A session that is restored: its record names the new room, the room runs, the history says so, it is about to be told.
    RestoreBegun, RestoreRunning, RestoreTold, Restored,

    // A session that is closed: its room has gone, the history says so, its record does.
    CloseEnded, CloseTold, CloseRecorded,

    // The log of an exec or a shell, as the host makes it.
    LogCreated, LogTorn, LogWritten,

    // What is sent to a guest.
    FrameTorn, FrameSent, ExecSent, ShellSent, CommandSent, InputSent, KeepSent, StopSent,

    // What a guest has told, before the caller is.
    ExecStarted, ExecEnded, ShellEnded,

    // A turn: the record is busy, the history has its outcome, the record is idle again.
    TurnMarked, TurnTold, TurnDone,

    // Files of a session through its API.
    FileMarked, FileCreated, FileTorn, FileWritten, FileRenamed, FileUnmarked, FileTidied, AppendTorn, Appended, FileMoved, FileRemoved, FileDirectoryMade, FileLinked, FileModeSet, FileHoisted,
    CopyCreated, CopyTorn, CopyFinished,

    // Records that go: a whole one, and the steps of giving up an output.
    RetentionRemoved, RetentionTorn, RetentionTold, RetentionPunched,

    // Sessions that go.
    TrashMoved, TreeEntryRemoved, TreeHoisted, SessionArchived, EphemeralMarked, EphemeralUnmarked, EphemeralForgotten,

    // The log of what rooms asked of the network.
    NetworkTorn, NetworkRepaired, NetworkAppended,

    // Metadata that is repaired.
    RepairSetAside, RepairWritten,

    // The stored credential of the model.
    CredentialRemoved,

    // The program of an agent that is installed: its archive is verified, it is unpacked, it is in place.
    AgentVerified, AgentUnpacked, AgentInstalled,
}
