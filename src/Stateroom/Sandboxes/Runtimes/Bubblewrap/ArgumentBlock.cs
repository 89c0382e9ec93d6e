using System.Buffers;
using System.Globalization;
using System.Text;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Arguments as bwrap's <c>--args</c> reads them: each ended by a NUL, so a NUL is the one thing that none may contain.</summary>
internal sealed class ArgumentBlock
{
    private readonly ArrayBufferWriter<byte> _bytes = new(2048);

    public ReadOnlySpan<byte> Bytes => _bytes.WrittenSpan;

    /// <summary>Adds arguments.</summary>
    /// <exception cref="SandboxStartException">One contains a NUL.</exception>
    public ArgumentBlock Add(params ReadOnlySpan<string> arguments)
    {
        foreach (var argument in arguments)
        {
            if (argument.Contains('\0'))
                throw new SandboxStartException($"The room was not started: '{Text.Clean(argument)}' contains a NUL character, which no path, variable or argument can.");
            Encoding.UTF8.GetBytes(argument, _bytes);
            _bytes.Write("\0"u8);
        }
        return this;
    }

    /// <summary>Adds a memory file system of a bounded size.</summary>
    public ArgumentBlock AddTmpfs(string path, long bytes, string mode) =>
        Add("--perms", mode, "--size", bytes.ToString(CultureInfo.InvariantCulture), "--tmpfs", path);

    /// <summary>Adds arguments that were laid out before.</summary>
    public ArgumentBlock AddBytes(ReadOnlySpan<byte> bytes)
    {
        _bytes.Write(bytes);
        return this;
    }
}
