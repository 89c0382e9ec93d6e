using System.Runtime.InteropServices;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Connections;

/// <summary>Bytes and descriptors that a client has sent, cut into frames.</summary>
internal sealed unsafe class ReceiveBuffer
{
    private const int InitialCapacity = 16 << 10;
    private const int DescriptorsPerCall = 16;

    private readonly Queue<int> _descriptors = new();
    private byte* _data = (byte*)NativeMemory.Alloc(InitialCapacity);
    private int _capacity = InitialCapacity;
    private int _start;
    private int _end;

    /// <summary>Bytes read; 0 at the end of the stream, -1 if there is nothing now.</summary>
    public int Fill(int fd)
    {
        if (_end == _capacity)
        {
            _capacity *= 2;
            _data = (byte*)NativeMemory.Realloc(_data, (nuint)_capacity);
        }
        var vector = new Libc.IoVector { Base = _data + _end, Length = (nuint)(_capacity - _end) };
        var control = stackalloc byte[sizeof(Libc.ControlHeader) + (DescriptorsPerCall * sizeof(int))];
        var message = new Libc.MessageHeader
        {
            Vectors = &vector, VectorCount = 1, Control = control, ControlLength = (nuint)(sizeof(Libc.ControlHeader) + (DescriptorsPerCall * sizeof(int))),
        };
        nint n;
        do n = Libc.recvmsg(fd, &message, Libc.MSG_CMSG_CLOEXEC);
        while (n < 0 && Libc.Errno == Libc.EINTR);
        if (n < 0) return Libc.Errno == Libc.EAGAIN ? -1 : 0;
        CollectDescriptors(message);
        _end += (int)n;
        return (int)n;
    }

    public bool TryTakeFrame(out FrameHeader header, out ReadOnlySpan<byte> payload)
    {
        header = default;
        payload = default;
        if (_end - _start < FrameHeader.Size) return false;
        header = FrameHeader.Read(new ReadOnlySpan<byte>(_data + _start, FrameHeader.Size));
        if (header.Length is < 0 or > FrameHeader.MaxPayload) throw new ProtocolException("a frame is too long");
        if (_end - _start - FrameHeader.Size < header.Length) return false;
        payload = new ReadOnlySpan<byte>(_data + _start + FrameHeader.Size, header.Length);
        _start += FrameHeader.Size + header.Length;
        return true;
    }

    /// <summary>Moves what is left to the front. Frames taken before are no longer valid.</summary>
    public void Compact()
    {
        if (_start == 0 || _data is null) return;
        Buffer.MemoryCopy(_data + _start, _data, _capacity, _end - _start);
        (_start, _end) = (0, _end - _start);
    }

    public int TakeDescriptor() =>
        _descriptors.TryDequeue(out var fd) ? fd : throw new ProtocolException("a frame came without its descriptor");

    public void Free()
    {
        NativeMemory.Free(_data);
        _data = null;
        _capacity = _start = _end = 0;
        while (_descriptors.TryDequeue(out var fd)) Libc.close(fd);
    }

    private void CollectDescriptors(Libc.MessageHeader message)
    {
        if (message.ControlLength < (nuint)sizeof(Libc.ControlHeader)) return;
        var header = (Libc.ControlHeader*)message.Control;
        if (header->Level != Libc.SOL_SOCKET || header->Type != Libc.SCM_RIGHTS) return;
        var count = ((int)header->Length - sizeof(Libc.ControlHeader)) / sizeof(int);
        for (var i = 0; i < count; i++) _descriptors.Enqueue(((int*)(header + 1))[i]);
    }
}
