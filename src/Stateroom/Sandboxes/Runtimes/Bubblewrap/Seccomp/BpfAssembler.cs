using System.Runtime.InteropServices;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap.Seccomp;

/// <summary>Assembles classic BPF over struct seccomp_data (seccomp(2)); tests only jump forward, over the code they guard.</summary>
internal sealed class BpfAssembler
{
    // Offsets in struct seccomp_data.
    public const uint Number = 0, Architecture = 4;

    // Instruction classes of linux/bpf_common.h, composed.
    private const ushort LoadAbsolute = 0x20, JumpEqual = 0x15, JumpGreaterOrEqual = 0x35, JumpAnySet = 0x45, ReturnConstant = 0x06;

    private readonly List<Instruction> _code = [];

    /// <summary>Offset of the low 32 bits of an argument, 0 to 5; both architectures are little-endian.</summary>
    public static uint Low(int argument) => 16 + 8 * (uint)argument;

    /// <summary>Offset of the high 32 bits of an argument, 0 to 5.</summary>
    public static uint High(int argument) => Low(argument) + 4;

    public BpfAssembler Load(uint offset) => Add(LoadAbsolute, offset);

    public BpfAssembler Return(uint action) => Add(ReturnConstant, action);

    /// <summary>Runs <paramref name="body"/> if the loaded word is equal.</summary>
    public BpfAssembler IfEqual(uint value, Action<BpfAssembler> body) => If(JumpEqual, value, body, negate: false);

    public BpfAssembler IfNotEqual(uint value, Action<BpfAssembler> body) => If(JumpEqual, value, body, negate: true);

    /// <summary>Runs <paramref name="body"/> if the loaded word is equal or greater, unsigned.</summary>
    public BpfAssembler IfAtLeast(uint value, Action<BpfAssembler> body) => If(JumpGreaterOrEqual, value, body, negate: false);

    /// <summary>Runs <paramref name="body"/> if the loaded word shares a bit with <paramref name="mask"/>.</summary>
    public BpfAssembler IfAnySet(uint mask, Action<BpfAssembler> body) => If(JumpAnySet, mask, body, negate: false);

    /// <summary>The program as an array of struct sock_filter, in the machine's byte order.</summary>
    public byte[] ToBytes() => MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(_code)).ToArray();

    private BpfAssembler If(ushort test, uint value, Action<BpfAssembler> body, bool negate)
    {
        var at = _code.Count;
        Add(test, value);
        body(this);
        // Jump distances are a byte; no body here comes near.
        var over = checked((byte)(_code.Count - at - 1));
        _code[at] = negate ? new(test, over, 0, value) : new(test, 0, over, value);
        return this;
    }

    private BpfAssembler Add(ushort code, uint value)
    {
        _code.Add(new Instruction(code, 0, 0, value));
        return this;
    }

    /// <summary>struct sock_filter of linux/filter.h.</summary>
    [StructLayout(LayoutKind.Sequential)]
    private readonly record struct Instruction(ushort Code, byte JumpTrue, byte JumpFalse, uint Value);
}
