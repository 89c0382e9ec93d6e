namespace Stateroom.Agents.Broker;

/// <summary>How much memory the bodies of requests take at a time, over all rooms of a process. The rooms decide how many there are, and how large.</summary>
/// <param name="mostBytes">The bound.</param>
internal sealed class BodyMemory(long mostBytes)
{
    private readonly Lock _sync = new();
    private long _taken;

    private long MostBytes { get; } = mostBytes;

    /// <value>That of this process: 256 MiB, so that a room alone may have four of the largest requests on their way.</value>
    public static BodyMemory OfProcess { get; } = new(256L << 20);

    /// <summary>
    /// What one room takes of it. A room may hold as much as it leaves free: however many rooms take all they get, the next one still gets something,
    /// and none waits for another.
    /// </summary>
    public sealed class Share(BodyMemory memory)
    {
        private long _held;

        /// <summary>Takes some, at once or not at all.</summary>
        public bool TryTake(long bytes)
        {
            lock (memory._sync)
            {
                if (_held + bytes > memory.MostBytes - memory._taken - bytes) return false;
                _held += bytes;
                memory._taken += bytes;
                return true;
            }
        }

        public void Return(long bytes)
        {
            lock (memory._sync)
            {
                _held -= bytes;
                memory._taken -= bytes;
            }
        }
    }
}
