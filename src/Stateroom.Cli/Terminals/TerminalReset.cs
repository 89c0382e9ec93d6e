using System.Text;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Terminals;

/// <summary>Brings the user's terminal back to how a shell expects it, whatever a program in the room had switched on; the cursor stays.</summary>
internal static class TerminalReset
{
    // Leaving the alternate screen goes to the saved cursor, which is why the present one is saved first.
    private const string Common =
        "\e7\e[?1049l\e7\e[r\e8\e[m\e(B\x0F\e[?7h\e[?25h\e[?1l\e>\e[4l\e[20l\e[?5l\e[?9l\e[?1000l\e[?1002l\e[?1003l\e[?1004l\e[?1005l\e[?1006l\e[?1015l\e[?1016l\e[?2004l";

    // Origin mode, cursor shape, modifyOtherKeys, kitty's keys: the Linux console of some versions prints a part of these.
    private const string More = "\e[!p\e[?7h\e[ q\e[>4m\e[=0u";

    public static void Write()
    {
        if (!UserTerminal.IsShown) return;
        var text = Environment.GetEnvironmentVariable("TERM") == "linux" ? Common : Common + More;
        DescriptorStream.Stdout.Write(Encoding.ASCII.GetBytes(text));
    }
}
