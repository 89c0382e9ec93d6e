using System.Runtime.InteropServices;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Connections;

/// <summary>Bytes that a client's socket has not taken yet.</summary>
internal sealed unsafe class SendQueue
{
    private byte* _data;
    private int _capacity;
    private int _start;
    private int _end;

    public int Length => _end - _start;

    public void Add(byte* data, int count)
    {
        if (_start > 0)
        {
            Buffer.MemoryCopy(_data + _start, _data, _capacity, Length);
            (_start, _end) = (0, Length);
        }
        if (_capacity - _end < count)
        {
            _capacity = Math.Max(_capacity * 2, _end + count + 4096);
            _data = (byte*)NativeMemory.Realloc(_data, (nuint)_capacity);
        }
        Buffer.MemoryCopy(data, _data + _end, count, count);
        _end += count;
    }

    /// <summary>False if the connection is broken.</summary>
    public bool TrySend(int fd)
    {
        while (Length > 0)
        {
            var n = Libc.send(fd, _data + _start, (nuint)Length, Libc.MSG_NOSIGNAL);
            if (n < 0 && Libc.Errno == Libc.EINTR) continue;
            if (n < 0) return Libc.Errno == Libc.EAGAIN;
            _start += (int)n;
        }
        Free();
        return true;
    }

    public void Free()
    {
        NativeMemory.Free(_data);
        _data = null;
        _capacity = _start = _end = 0;
    }
}
