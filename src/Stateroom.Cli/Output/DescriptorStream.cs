using System.Runtime.InteropServices;
using System.Text;

namespace Stateroom.Cli.Output;

/// <summary>Our output cannot be written.</summary>
internal class OutputFailedException(string message) : IOException(message);

/// <summary>The reader of our output has gone (EPIPE, write(2)).</summary>
internal sealed class BrokenPipeException() : OutputFailedException("The reader of the output has gone (EPIPE).");

/// <summary>
/// An inherited descriptor, written with write(2) as it is. Console's own stream hides EPIPE, so that <c>| head</c> would never end a command;
/// FileStream keeps an offset of its own and would overwrite what others write to the same file.
/// </summary>
internal sealed partial class DescriptorStream : Stream
{
    private const int EINTR = 4, EAGAIN = 11, EPIPE = 32;

    // A poll cannot be cancelled: how long its thread may outlive who waits.
    private const int ReaderGoneLookMilliseconds = 500;

    private readonly int _descriptor;

    private DescriptorStream(int descriptor) => _descriptor = descriptor;

    public static DescriptorStream Stdout { get; } = new(1);

    public static DescriptorStream Stderr { get; } = new(2);

    public override bool CanRead => false;

    public override bool CanSeek => false;

    public override bool CanWrite => true;

    public override long Length => throw new NotSupportedException();

    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }

    public StreamWriter ToWriter() => new StreamWriter(this, new UTF8Encoding(false), 4096, leaveOpen: true);

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        while (!buffer.IsEmpty)
        {
            var written = write(_descriptor, in MemoryMarshal.GetReference(buffer), (nuint)buffer.Length);
            if (written >= 0) buffer = buffer[(int)written..];
            else Recover(Marshal.GetLastPInvokeError());
        }
    }

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    /// <summary>Off the caller's thread, which may be the one that reads from the room: a slow reader must not hold that up.</summary>
    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        new(Task.Run(() => Write(buffer.Span), cancellationToken));

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    /// <summary>Ends when whoever read our output has gone, as far as a pipe, socket or terminal tells (poll(2): POLLERR, POLLHUP).</summary>
    public Task ReaderGoneAsync(CancellationToken cancellationToken) => Task.Factory.StartNew(() =>
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            var wait = new PollDescriptor { Descriptor = _descriptor };
            if (poll(ref wait, 1, ReaderGoneLookMilliseconds) > 0) return;
        }
    }, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    public override void Flush()
    {
    }

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    private void Recover(int errno)
    {
        if (errno == EINTR) return;
        if (errno == EPIPE) throw new BrokenPipeException();
        if (errno != EAGAIN)
        {
            throw new OutputFailedException(
                $"Standard {(_descriptor == 1 ? "output" : "error")} cannot be written: {Marshal.GetPInvokeErrorMessage(errno)} (errno {errno}). Send it to another place, or mend that one.");
        }
        // Someone made the terminal or pipe non-blocking: wait until it takes more (poll(2), POLLOUT).
        var wait = new PollDescriptor { Descriptor = _descriptor, Events = 4 };
        _ = poll(ref wait, 1, -1);
    }

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint write(int fd, in byte buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int poll(ref PollDescriptor descriptors, nuint count, int timeoutMilliseconds);

    [StructLayout(LayoutKind.Sequential)]
    private struct PollDescriptor
    {
        public int Descriptor;
        public short Events;
        public short Happened;
    }
}
