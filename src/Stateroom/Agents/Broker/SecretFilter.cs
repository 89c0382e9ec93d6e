using System.Buffers;
using System.Text;
using Stateroom.Agents.Credentials;

namespace Stateroom.Agents.Broker;

/// <summary>Takes a secret out of a stream of bytes, also where it is cut between two pieces. What cannot be the secret's beginning is not held back.</summary>
internal sealed class SecretFilter(string secret)
{
    private static readonly byte[] Mark = Encoding.ASCII.GetBytes(Redaction.Mark);

    private readonly byte[] _secret = Encoding.ASCII.GetBytes(secret);
    private readonly ArrayBufferWriter<byte> _output = new();
    private byte[] _held = [];

    /// <summary>The next bytes to pass on; good until the next call.</summary>
    public ReadOnlyMemory<byte> Next(ReadOnlyMemory<byte> piece)
    {
        // Almost always: nothing is held, and nothing is found.
        if (_held.Length == 0 && piece.Span.IndexOf(_secret) < 0 && Beginning(piece.Span) == 0) return piece;
        _output.ResetWrittenCount();
        byte[] all = [.. _held, .. piece.Span];
        var rest = all.AsSpan();
        while (rest.IndexOf(_secret) is var at and >= 0)
        {
            _output.Write(rest[..at]);
            _output.Write(Mark);
            rest = rest[(at + _secret.Length)..];
        }
        var keep = Beginning(rest);
        _output.Write(rest[..^keep]);
        _held = rest[^keep..].ToArray();
        return _output.WrittenMemory;
    }

    /// <summary>What was held back, at the end of the stream.</summary>
    public ReadOnlyMemory<byte> End()
    {
        var held = _held;
        _held = [];
        return held;
    }

    // How many bytes at the end are the beginning of the secret.
    private int Beginning(ReadOnlySpan<byte> bytes)
    {
        for (var length = Math.Min(_secret.Length - 1, bytes.Length); length > 0; length--)
        {
            if (bytes.EndsWith(_secret.AsSpan(0, length))) return length;
        }
        return 0;
    }
}
