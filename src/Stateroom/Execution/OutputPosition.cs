namespace Stateroom.Execution;

/// <summary>How much of each stream a reader has: cuts pieces to start just there, and tells what is missing.</summary>
/// <param name="from">What the reader has at first.</param>
internal sealed class OutputPosition(OutputOffsets from)
{
    private long _stdout = from.Stdout, _stderr = from.Stderr;

    /// <exception cref="ArgumentOutOfRangeException">An offset is negative.</exception>
    public static OutputOffsets Check(OutputOffsets from)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(from.Stdout, nameof(from));
        ArgumentOutOfRangeException.ThrowIfNegative(from.Stderr, nameof(from));
        return from;
    }

    /// <summary>Whether a piece has something that the reader has not.</summary>
    public bool Wants(OutputStream stream, long offset, int length) => offset + length > Have(stream);

    /// <summary>Takes a piece: without what the reader has already, and with the gap before it.</summary>
    /// <returns>False if nothing of it is new.</returns>
    public bool TryTake(ref OutputChunk piece)
    {
        var have = Have(piece.Stream);
        if (!Wants(piece.Stream, piece.Offset, piece.Data.Length)) return false;
        if (piece.Offset < have) piece = piece with { Offset = have, Data = piece.Data[(int)(have - piece.Offset)..] };
        piece = piece with { Missing = piece.Offset - have };
        Have(piece.Stream) = piece.Offset + piece.Data.Length;
        return true;
    }

    /// <summary>What is missing at the end of streams of this length: a piece without data for each.</summary>
    public IEnumerable<OutputChunk> Finish(long stdout, long stderr)
    {
        if (stdout > _stdout) yield return new OutputChunk(OutputStream.Stdout, stdout, default, Missing: stdout - _stdout);
        if (stderr > _stderr) yield return new OutputChunk(OutputStream.Stderr, stderr, default, Missing: stderr - _stderr);
        (_stdout, _stderr) = (Math.Max(stdout, _stdout), Math.Max(stderr, _stderr));
    }

    private ref long Have(OutputStream stream) => ref stream == OutputStream.Stdout ? ref _stdout : ref _stderr;
}
