using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>What a <see cref="SequenceParser"/> finds in a stream.</summary>
internal interface ISequenceHandler
{
    /// <summary>A character that is no control.</summary>
    void Print(Rune rune);

    /// <summary>A control character, 0 to 31.</summary>
    void Execute(byte control);

    /// <summary>ESC, at most one intermediate (else 0), a final.</summary>
    void Escape(byte intermediate, byte final);

    /// <summary>A control sequence.</summary>
    /// <param name="prefix">One of &lt;=&gt;? or 0.</param>
    /// <param name="intermediate">One of 0x20 to 0x2F or 0.</param>
    /// <param name="final">0x40 to 0x7E.</param>
    /// <param name="parameters">Valid until this returns.</param>
    void Control(byte prefix, byte intermediate, byte final, SequenceParameters parameters);

    /// <summary>An operating system command, without what is around it.</summary>
    void SystemCommand(ReadOnlySpan<byte> data);
}
