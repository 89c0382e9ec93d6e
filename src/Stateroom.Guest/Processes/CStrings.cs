using System.Runtime.InteropServices;
using Stateroom.Protocol;

namespace Stateroom.Guest.Processes;

/// <summary>A NULL-terminated array of C strings, as execve(2) takes it. The strings themselves belong to someone else.</summary>
internal sealed unsafe class CStrings : IDisposable
{
    private byte** _items;
    private int _capacity;

    public CStrings(int capacity)
    {
        _capacity = capacity + 1;
        _items = (byte**)NativeMemory.Alloc((nuint)(_capacity * sizeof(byte*)));
        _items[0] = null;
    }

    public int Count { get; private set; }

    public byte** Pointer => _items;

    public byte* this[int index] => _items[index];

    public void Add(byte* item)
    {
        if (Count + 1 == _capacity)
        {
            _capacity *= 2;
            _items = (byte**)NativeMemory.Realloc(_items, (nuint)(_capacity * sizeof(byte*)));
        }
        _items[Count++] = item;
        _items[Count] = null;
    }

    public void RemoveAt(int index)
    {
        for (var i = index; i < Count; i++) _items[i] = _items[i + 1];
        Count--;
    }

    /// <summary>Reads a count and so many strings. They point into the payload.</summary>
    public static CStrings Read(ref PayloadReader reader)
    {
        var count = reader.U32();
        // Each string has at least its NUL.
        if (count > reader.Rest.Length) throw new ProtocolException("a list is longer than its frame");
        var strings = new CStrings((int)count);
        for (var i = 0; i < count; i++) strings.Add(PointerTo(reader.TextBytes()));
        return strings;
    }

    /// <summary>The payload lies in native memory, each string with its NUL.</summary>
    public static byte* PointerTo(ReadOnlySpan<byte> text) => (byte*)System.Runtime.CompilerServices.Unsafe.AsPointer(ref MemoryMarshal.GetReference(text));

    public void Dispose()
    {
        NativeMemory.Free(_items);
        _items = null;
    }
}
