using Stateroom.Protocol;

namespace Stateroom.Sandboxes.Guests;

/// <summary>What a client says to a terminal.</summary>
internal static class TerminalFrames
{
    public static void Resize(GuestConnection connection, uint channel, TerminalSize size)
    {
        ExecRequest.CheckSize(size);
        var writer = new PayloadWriter(TerminalShape.Size);
        ExecRequest.WriteSize(ref writer, size);
        connection.Send(ref writer, FrameType.Resize, channel);
        writer.Dispose();
    }
}
