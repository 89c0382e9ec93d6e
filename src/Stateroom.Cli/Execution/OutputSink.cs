using System.Buffers;
using System.Text;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Execution;

/// <summary>Where a program's output goes: to our own streams as it comes, or, for JSON, into memory up to a bound.</summary>
internal sealed class OutputSink(bool collect)
{
    private static readonly int Most = ExecOptions.Default.MaxOutputBytes;
    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);

    private readonly ArrayBufferWriter<byte> _stdout = new(), _stderr = new();

    /// <value>Bytes of each stream that were given up, or could not be recorded, before they were read.</value>
    public OutputOffsets Missing { get; private set; }

    public async ValueTask WriteAsync(OutputChunk chunk)
    {
        var isOutput = chunk.Stream == OutputStream.Stdout;
        Missing = isOutput ? Missing with { Stdout = Missing.Stdout + chunk.Missing } : Missing with { Stderr = Missing.Stderr + chunk.Missing };
        if (!collect)
        {
            await (isOutput ? DescriptorStream.Stdout : DescriptorStream.Stderr).WriteAsync(chunk.Data);
            return;
        }
        var kept = isOutput ? _stdout : _stderr;
        kept.Write(chunk.Data.Span[..Math.Min(chunk.Data.Length, Most - kept.WrittenCount)]);
    }

    public ExecView View(ExecResult result, int? canceledBy)
    {
        var (stdout, stdoutBase64) = Text(_stdout);
        var (stderr, stderrBase64) = Text(_stderr);
        return new ExecView(
            result.ExecId, SessionView.Name(result.Outcome), result.ExitCode, result.Signal, canceledBy, stdout, stderr, stdoutBase64, stderrBase64,
            result.StdoutBytes, result.StderrBytes, Missing.Stdout, Missing.Stderr, _stdout.WrittenCount < result.StdoutBytes || _stderr.WrittenCount < result.StderrBytes,
            result.Duration.TotalMilliseconds, result.Error);
    }

    public RecordedOutputView View(string executionId)
    {
        var (stdout, stdoutBase64) = Text(_stdout);
        var (stderr, stderrBase64) = Text(_stderr);
        return new RecordedOutputView(executionId, stdout, stderr, stdoutBase64, stderrBase64, Missing.Stdout, Missing.Stderr);
    }

    private static (string? Text, string? Base64) Text(ArrayBufferWriter<byte> kept)
    {
        try
        {
            return (Strict.GetString(kept.WrittenSpan), null);
        }
        catch (DecoderFallbackException)
        {
            return (null, Convert.ToBase64String(kept.WrittenSpan));
        }
    }
}
