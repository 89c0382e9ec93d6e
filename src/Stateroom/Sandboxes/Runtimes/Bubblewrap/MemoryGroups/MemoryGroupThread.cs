using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap.MemoryGroups;

/// <summary>
/// A thread that waits in a control group of its own: what it starts is bounded from its first instruction on. To move a process into a group takes
/// the kernel some 10 ms after a pause, so the thread goes there before it is needed, and on into the next group when it has started something.
/// </summary>
internal sealed class MemoryGroupThread
{
    private readonly string _parent;
    private readonly Action<MemoryGroupThread> _ready;
    private readonly BlockingCollection<Task<int>> _starts = new(boundedCapacity: 1);

    /// <param name="parent">The directory of the group in which groups are made.</param>
    /// <param name="ready">Told, each time, when it waits in a new group or has a <see cref="Failure"/>.</param>
    public MemoryGroupThread(string parent, Action<MemoryGroupThread> ready)
    {
        (_parent, _ready) = (parent, ready);
        new Thread(Run) { IsBackground = true, Name = "room starter" }.Start();
    }

    /// <summary>The directory of the group that it waits in.</summary>
    public string Group { get; private set; } = "";

    /// <summary>Why it is in no group, and has ended; null if it is in one.</summary>
    public string? Failure { get; private set; }

    /// <summary>Bounds the group and starts a program in it. Once for each time that it is ready.</summary>
    /// <param name="bytes">The most memory of all that is in the group.</param>
    /// <param name="spawn">Starts the program and returns its id.</param>
    /// <exception cref="SandboxStartException">The kernel does not take the bound.</exception>
    public int Start(long bytes, Func<int> spawn)
    {
        var start = new Task<int>(() =>
        {
            if (!TryWrite("memory.limit_in_bytes", bytes)) throw new SandboxStartException($"The room was not started: its control group '{Group}' is gone. Start it again.");
            return spawn();
        });
        _starts.Add(start);
        return start.GetAwaiter().GetResult();
    }

    private void Run()
    {
        var unused = "";
        while (TryEnter())
        {
            if (unused.Length > 0) MemoryGroupTable.Remove(unused);
            _ready(this);
            var start = _starts.Take();
            unused = Group;
            start.RunSynchronously(TaskScheduler.Default);
            if (start.IsCompletedSuccessfully) unused = "";
        }
        _ready(this);
    }

    private bool TryEnter()
    {
        try
        {
            do
            {
                Group = Path.Combine(_parent, MemoryGroupTable.NewName());
                Directory.CreateDirectory(Group);
            }
            // Somebody who removes empty groups was faster.
            while (!TryWrite("tasks", Libc.gettid()));
            return true;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            Failure = e.Message;
            return false;
        }
    }

    /// <returns>False if the group is gone.</returns>
    private unsafe bool TryWrite(string file, long value)
    {
        using var handle = HostFile.TryOpen(Path.Combine(Group, file), Libc.O_WRONLY);
        if (handle is null) return false;
        var text = Encoding.ASCII.GetBytes(value.ToString(CultureInfo.InvariantCulture));
        fixed (byte* start = text)
        {
            // Limits and moves are interrupted by signals, which a process with many children gets all the time.
            do
            {
                if (Libc.write((int)handle.DangerousGetHandle(), start, (nuint)text.Length) == text.Length) return true;
            }
            while (Libc.Errno == Libc.EINTR);
        }
        return Libc.Errno == Enodev ? false : throw Libc.Failure("Cannot write", Path.Combine(Group, file), Libc.Errno);
    }

    // What a file of a group says that was removed while it is open.
    private const int Enodev = 19;
}
