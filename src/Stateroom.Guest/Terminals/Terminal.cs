using System.Text;
using Stateroom.Guest.Native;
using Stateroom.Protocol;

namespace Stateroom.Guest.Terminals;

/// <summary>A pseudo-terminal (pty(7)): the guest holds its master, programs open the other end by its path.</summary>
internal sealed unsafe class Terminal
{
    // struct termios of the kernel: four flag words, the line discipline, then the control characters; VEOF is the fifth.
    private const int TermiosSize = 64, EndOfFileAt = 17 + 4;

    private int _other;

    private Terminal(int master, int other, string path) => (Master, _other, Path) = (master, other, path);

    /// <value>The master's descriptor. It belongs to whoever reads from it.</value>
    public int Master { get; }

    /// <value>Path of the end that programs open.</value>
    public string Path { get; }

    /// <value>The character that ends the input of a program that reads by lines; Ctrl-D unless it was changed.</value>
    public byte EndOfFile
    {
        get
        {
            var settings = stackalloc byte[TermiosSize];
            return Libc.ioctl(Master, Libc.TCGETS, settings) == 0 ? settings[EndOfFileAt] : (byte)4;
        }
    }

    /// <summary>A new terminal, or null and an errno.</summary>
    public static Terminal? Open(TerminalShape shape, out int errno)
    {
        var master = Libc.open("/dev/ptmx", Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC | Libc.O_NONBLOCK, 0);
        int number, unlocked = 0;
        if (master < 0 || Libc.ioctl(master, Libc.TIOCSPTLCK, &unlocked) != 0 || Libc.ioctl(master, Libc.TIOCGPTN, &number) != 0)
        {
            errno = Libc.Errno;
            if (master >= 0) Libc.close(master);
            return null;
        }
        // Held until the program has ended: one that closes its streams just before would else be hung up on by our closing the master.
        var path = $"/dev/pts/{number}";
        var other = Libc.open(path, Libc.O_RDWR | Libc.O_NOCTTY | Libc.O_CLOEXEC, 0);
        errno = other < 0 ? Libc.Errno : 0;
        if (other < 0)
        {
            Libc.close(master);
            return null;
        }
        var terminal = new Terminal(master, other, path);
        terminal.Resize(shape);
        return terminal;
    }

    /// <summary>The program has ended: the master reads an end of file once nobody else has the terminal open.</summary>
    public void LetGo()
    {
        if (_other >= 0) Libc.close(_other);
        _other = -1;
    }

    /// <summary>Closes both ends of a terminal that nothing was started on.</summary>
    public void Discard()
    {
        LetGo();
        Libc.close(Master);
    }

    /// <summary>The path as posix_spawn(3) takes it.</summary>
    public byte[] PathBytes() => Encoding.ASCII.GetBytes(Path + "\0");

    public void Resize(TerminalShape shape)
    {
        var size = new Libc.WindowSize { Columns = shape.Columns, Rows = shape.Rows };
        Libc.ioctl(Master, Libc.TIOCSWINSZ, &size);
    }

    /// <summary>A second descriptor for writing: each has its own place in the event loop.</summary>
    public int Duplicate() => Libc.fcntl(Master, Libc.F_DUPFD_CLOEXEC, 0);
}
