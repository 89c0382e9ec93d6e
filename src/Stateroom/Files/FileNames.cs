using System.Buffers;
using System.Text;

namespace Stateroom.Files;

/// <summary>Names as text and back without loss: a byte 0xNN that is not part of UTF-8 is the lone surrogate U+DCNN (PEP 383).</summary>
internal static class FileNames
{
    private const char FirstByte = '\udc80', LastByte = '\udcff';

    public static string ToText(ReadOnlySpan<byte> bytes)
    {
        if (System.Text.Unicode.Utf8.IsValid(bytes)) return Encoding.UTF8.GetString(bytes);
        var text = new StringBuilder(bytes.Length);
        while (bytes.Length > 0)
        {
            if (Rune.DecodeFromUtf8(bytes, out var rune, out var used) == OperationStatus.Done) text.Append(rune);
            else foreach (var b in bytes[..used]) text.Append((char)(0xdc00 + b));
            bytes = bytes[used..];
        }
        return text.ToString();
    }

    /// <summary>The bytes without a NUL at the end; null if the text has a lone surrogate that stands for no byte.</summary>
    public static byte[]? TryToBytes(string text)
    {
        var bytes = new ArrayBufferWriter<byte>(text.Length + 8);
        ReadOnlySpan<char> rest = text;
        while (rest.Length > 0)
        {
            if (Rune.DecodeFromUtf16(rest, out var rune, out var used) == OperationStatus.Done) bytes.Advance(rune.EncodeToUtf8(bytes.GetSpan(4)));
            else if (rest[0] is >= FirstByte and <= LastByte) bytes.Write([(byte)rest[0]]);
            else return null;
            rest = rest[used..];
        }
        return bytes.WrittenSpan.ToArray();
    }

    /// <summary>With a NUL at the end, as system calls take it.</summary>
    public static byte[] Terminated(ReadOnlySpan<byte> name)
    {
        var copy = new byte[name.Length + 1];
        name.CopyTo(copy);
        return copy;
    }

    public static byte[] Join(byte[] directory, ReadOnlySpan<byte> name) => directory.Length == 0 ? name.ToArray() : [.. directory, (byte)'/', .. name];
}
