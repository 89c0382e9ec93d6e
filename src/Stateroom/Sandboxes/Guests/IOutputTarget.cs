using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>Takes what a guest sends of one output. Called on the receiving loop: must not block.</summary>
internal interface IOutputTarget
{
    /// <summary>A record of the log, header included; valid until the call returns.</summary>
    void Record(ReadOnlyMemory<byte> record);

    /// <summary>The guest left out what lies in the log between these offsets.</summary>
    void CatchUp(long from, long to);

    /// <summary>Nothing more follows.</summary>
    /// <param name="end">The end, which tells how much there was; null if it is not known.</param>
    void End(EndRecord? end);
}
