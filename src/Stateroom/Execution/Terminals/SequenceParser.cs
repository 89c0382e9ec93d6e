using System.Buffers;
using System.Text;

namespace Stateroom.Execution.Terminals;

/// <summary>
/// Finds characters and control sequences in a byte stream that may be cut anywhere: the state machine of DEC's terminals as Paul Williams drew it
/// (vt100.net/emu/dec_ansi_parser), with UTF-8 for characters, and so without the controls of one byte above 0x7F. Never fails.
/// </summary>
internal sealed class SequenceParser(ISequenceHandler handler)
{
    /// <summary>Longer commands to the system around the terminal are left out.</summary>
    private const int MaxSystemCommand = 4096;

    private const byte Bell = 0x07, Cancel = 0x18, Substitute = 0x1A, EscapeByte = 0x1B, Delete = 0x7F;

    private readonly SequenceParameters _parameters = new();
    private readonly byte[] _command = new byte[MaxSystemCommand];
    private readonly byte[] _partial = new byte[4];
    private State _state;
    private byte _prefix, _intermediate;
    private bool _isInvalid;
    private int _commandLength, _partialLength;
    private long _fed, _began;

    private enum State
    {
        Ground,
        Escape,
        Control,
        SystemCommand,
        String,
    }

    /// <value>Bytes at the end of the stream so far that begin a character or sequence whose rest has not come.</value>
    public long Unfinished => _state == State.Ground ? _partialLength : _fed - _began;

    /// <value>True if the stream so far ends within a command to the system, which BEL ends as well as ST.</value>
    public bool IsInSystemCommand => _state == State.SystemCommand;

    public void Feed(ReadOnlySpan<byte> data)
    {
        while (!data.IsEmpty)
        {
            var used = _state == State.Ground ? Ground(data) : Sequence(data[0]);
            data = data[used..];
            _fed += used;
        }
    }

    private int Ground(ReadOnlySpan<byte> data)
    {
        var first = data[0];
        if (_partialLength > 0) return Complete(first);
        if (first >= 0x80) return Character(data);
        if (first >= 0x20)
        {
            if (first != Delete) handler.Print(new Rune(first));
        }
        else if (first == EscapeByte) Begin();
        else handler.Execute(first);
        return 1;
    }

    /// <summary>Takes a character of several bytes, or the part of it that is there.</summary>
    private int Character(ReadOnlySpan<byte> data)
    {
        var status = Rune.DecodeFromUtf8(data, out var rune, out var used);
        if (status == OperationStatus.NeedMoreData)
        {
            data.CopyTo(_partial);
            return _partialLength = data.Length;
        }
        Print(rune);
        return used;
    }

    /// <summary>Goes on with a character that was cut; 0 if the byte does not belong to it.</summary>
    private int Complete(byte next)
    {
        _partial[_partialLength] = next;
        var status = Rune.DecodeFromUtf8(_partial.AsSpan(0, _partialLength + 1), out var rune, out _);
        if (status == OperationStatus.NeedMoreData)
        {
            _partialLength++;
            return 1;
        }
        _partialLength = 0;
        Print(rune);
        return status == OperationStatus.Done ? 1 : 0;
    }

    private void Print(Rune rune)
    {
        // C1 controls as characters: terminals disagree on what to do, programs do not use them.
        if (rune.Value >= 0xA0) handler.Print(rune);
    }

    private void Begin()
    {
        (_state, _began, _prefix, _intermediate, _isInvalid, _commandLength) = (State.Escape, _fed, 0, 0, false, 0);
        _parameters.Clear();
    }

    private int Sequence(byte next)
    {
        if (next == EscapeByte)
        {
            if (_state == State.SystemCommand) EndSystemCommand();
            Begin();
        }
        else if (next is Cancel or Substitute) _state = State.Ground;
        else if (_state == State.SystemCommand) SystemCommand(next);
        else if (_state == State.Escape) Escape(next);
        else if (_state == State.Control) Control(next);
        return 1;
    }

    private void Escape(byte next)
    {
        if (next < 0x20) handler.Execute(next);
        else if (next < 0x30) Intermediate(next);
        else if (next < Delete)
        {
            _state = _intermediate != 0 ? State.Ground : (char)next switch
            {
                '[' => State.Control,
                ']' => State.SystemCommand,
                'P' or 'X' or '^' or '_' => State.String,
                _ => State.Ground,
            };
            if (_state == State.Ground && !_isInvalid) handler.Escape(_intermediate, next);
        }
    }

    private void Control(byte next)
    {
        if (next < 0x20) handler.Execute(next);
        else if (next < 0x30) Intermediate(next);
        else if (next < 0x40)
        {
            if (_intermediate != 0) _isInvalid = true;
            else if (next <= (byte)'9') _parameters.Digit(next - '0');
            else if (next <= (byte)';') _parameters.Separate(finer: next == ':');
            else if (_prefix != 0 || _parameters.Count > 0) _isInvalid = true;
            else _prefix = next;
        }
        else if (next < Delete)
        {
            _state = State.Ground;
            if (!_isInvalid) handler.Control(_prefix, _intermediate, next, _parameters);
        }
    }

    private void Intermediate(byte next)
    {
        if (_intermediate != 0) _isInvalid = true;
        _intermediate = next;
    }

    private void SystemCommand(byte next)
    {
        if (next == Bell)
        {
            _state = State.Ground;
            EndSystemCommand();
        }
        else if (next < 0x20) return;
        else if (_commandLength < MaxSystemCommand) _command[_commandLength++] = next;
        else _isInvalid = true;
    }

    private void EndSystemCommand()
    {
        if (!_isInvalid) handler.SystemCommand(_command.AsSpan(0, _commandLength));
    }
}
