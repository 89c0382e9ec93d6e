namespace Stateroom.Guest.Loop;

/// <summary>A descriptor that the loop watches.</summary>
internal abstract class EventSource
{
    /// <value>The descriptor, or -1 when it is closed.</value>
    public int Fd { get; protected set; } = -1;

    /// <value>Tells this source from an earlier one with the same descriptor. Set by the loop.</value>
    public uint Serial { get; set; }

    /// <summary>Called when the descriptor is ready.</summary>
    public abstract void OnReady(uint events);
}
