using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>Asks a guest what runs in its room, and takes the answer's frames.</summary>
internal sealed class ProcessListing : IGuestChannel
{
    private readonly TaskCompletionSource<IReadOnlyList<RoomProcess>?> _answer = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly List<RoomProcess> _processes = [];

    private ProcessListing()
    {
    }

    /// <summary>The processes by their ids; null if the connection was lost.</summary>
    public static async Task<IReadOnlyList<RoomProcess>?> AskAsync(GuestConnection connection, CancellationToken cancellationToken)
    {
        var listing = new ProcessListing();
        var channel = connection.Open(listing);
        connection.Send(FrameType.ListProcesses, channel);
        try
        {
            return await listing._answer.Task.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        finally
        {
            connection.Close(channel);
        }
    }

    public void OnFrame(FrameType type, FrameFlags flags, ReadOnlyMemory<byte> payload)
    {
        var reader = new PayloadReader(payload.Span);
        while (!reader.Rest.IsEmpty) _processes.Add(Read(ref reader));
        if ((flags & FrameFlags.End) == 0) return;
        _processes.Sort(static (a, b) => a.ProcessId.CompareTo(b.ProcessId));
        _answer.TrySetResult(_processes);
    }

    public void OnFrame(FrameType type, ReadOnlyMemory<byte> payload) => OnFrame(type, FrameFlags.None, payload);

    public void OnLost() => _answer.TrySetResult(null);

    private static RoomProcess Read(ref PayloadReader reader)
    {
        // An initialiser would run in the order of its members; the payload has an order of its own.
        var (pid, parent, state) = ((int)reader.U32(), (int)reader.U32(), (char)reader.U32());
        var (processor, resident, age) = (reader.I64(), reader.I64(), reader.I64());
        var (startedBy, name) = (reader.Text(), reader.Text());
        var arguments = new List<string>();
        for (var count = reader.U32(); count > 0; count--) arguments.Add(reader.Text());
        return new RoomProcess
        {
            ProcessId = pid,
            ParentId = parent,
            State = state,
            ProcessorTime = TimeSpan.FromMicroseconds(processor),
            ResidentBytes = resident,
            Age = TimeSpan.FromMicroseconds(age),
            StartedBy = startedBy.Length == 0 ? null : startedBy,
            Name = name,
            Arguments = arguments,
        };
    }
}
