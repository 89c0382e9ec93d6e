namespace Stateroom.Cli.Files;

/// <summary>Our standard input. A read that waits for a person or a pipe ends with its cancellation, so that Ctrl-C does.</summary>
/// <param name="progress">Told what has been read; null if nobody asks.</param>
internal sealed class StandardInput(IProgress<FileProgress>? progress) : Stream
{
    private readonly Stream _input = Console.OpenStandardInput();

    // Of our own: a read that nobody waits for any more may still write to it.
    private readonly byte[] _buffer = new byte[1 << 16];

    public long BytesRead { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        var most = Math.Min(buffer.Length, _buffer.Length);
        var count = await Task.Run(() => _input.Read(_buffer, 0, most), cancellationToken).WaitAsync(cancellationToken);
        _buffer.AsSpan(0, count).CopyTo(buffer.Span);
        BytesRead += count;
        progress?.Report(new FileProgress(1, BytesRead));
        return count;
    }

    public override Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override int Read(byte[] buffer, int offset, int count) => _input.Read(buffer, offset, count);

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
}
