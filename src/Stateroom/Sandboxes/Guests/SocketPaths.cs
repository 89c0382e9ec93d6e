using System.Net.Sockets;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Guests;

/// <summary>Unix socket paths of any length: sun_path holds 107 bytes (unix(7)), so a longer one goes through a descriptor of its directory.</summary>
internal static class SocketPaths
{
    private const int MaxDirect = 107;

    public static void Connect(Socket socket, string path)
    {
        if (System.Text.Encoding.UTF8.GetByteCount(path) <= MaxDirect)
        {
            socket.Connect(new UnixDomainSocketEndPoint(path));
            return;
        }
        var directory = Libc.open(Path.GetDirectoryName(path)!, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (directory < 0) throw new SocketException((int)SocketError.ConnectionRefused);
        try
        {
            socket.Connect(new UnixDomainSocketEndPoint($"/proc/self/fd/{directory}/{Path.GetFileName(path)}"));
        }
        finally
        {
            Libc.close(directory);
        }
    }
}
