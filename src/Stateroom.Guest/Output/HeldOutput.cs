using Stateroom.Guest.Loop;

namespace Stateroom.Guest.Output;

/// <summary>
/// Output that its log does not take any more is to be had only now: it stays in its pipes until each client that follows can take it, so that neither it
/// nor memory is lost to a slow one. Who takes nothing for too long is not waited for any more.
/// </summary>
internal sealed class HeldOutput
{
    private const int PatienceMilliseconds = 10_000;

    private readonly List<OutputPipe> _pipes = new(2);
    private Deadline? _patience;

    public void Hold(OutputPipe pipe)
    {
        _pipes.Add(pipe);
        _patience ??= Timers.Start(PatienceMilliseconds, GiveUp);
    }

    /// <summary>A client can take more, or has gone: the pipes are read again, and held again if it was another's turn.</summary>
    public void Release()
    {
        _patience?.Cancel();
        _patience = null;
        foreach (var pipe in _pipes) pipe.GoOn();
        _pipes.Clear();
    }

    private void GiveUp()
    {
        foreach (var pipe in _pipes) pipe.Sink.LeaveSlowBehind();
        Release();
    }
}
