using Stateroom.Guest.Execs;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Shells;

/// <summary>
/// The FIFO that is a command's streamed input. The guest holds both its ends until the shell has opened it: what was written before is kept, and an
/// end of the input that came before is not lost.
/// </summary>
internal sealed class CommandInput
{
    private readonly string _path;
    private int _watch;

    private CommandInput(string path) => _path = path;

    /// <summary>Makes the FIFO. Null and an errno if it cannot be.</summary>
    public static CommandInput? Open(string path, InputPipe input, out int errno)
    {
        const int OwnerOnly = 0x180;
        Libc.unlink(path);
        var result = new CommandInput(path);
        var held = Libc.mkfifo(path, OwnerOnly) == 0 ? Libc.open(path, Libc.O_RDWR | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0) : -1;
        result._watch = held < 0 ? -1 : OpenWatch.Begin(path, () =>
        {
            // Fails when the reader has gone again: then nobody will read.
            var writer = Libc.open(path, Libc.O_WRONLY | Libc.O_NONBLOCK | Libc.O_CLOEXEC, 0);
            if (writer < 0) input.Close();
            else input.Replace(writer);
        });
        errno = result._watch < 0 ? Libc.Errno : 0;
        if (result._watch >= 0)
        {
            input.Open(held, held: true);
            return result;
        }
        if (held >= 0) Libc.close(held);
        return null;
    }

    public void Close()
    {
        OpenWatch.End(_watch);
        Libc.unlink(_path);
    }
}
