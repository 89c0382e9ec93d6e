using Stateroom.Guest.Loop;
using Stateroom.Guest.Native;

namespace Stateroom.Guest.Connections;

/// <summary>The socket that the host made and bound; inside the room it has no path.</summary>
internal sealed unsafe class Listener : EventSource
{
    public Listener(int fd)
    {
        Fd = fd;
        Libc.fcntl(fd, Libc.F_SETFL, Libc.O_NONBLOCK);
        EventLoop.Add(this, Libc.EPOLLIN);
    }

    public override void OnReady(uint events)
    {
        int fd;
        while ((fd = Libc.accept4(Fd, null, null, Libc.O_NONBLOCK | Libc.O_CLOEXEC)) >= 0)
        {
            // What the client has sent already need not wait for the next turn of the loop.
            new Connection(fd).OnReady(Libc.EPOLLIN);
        }
    }
}
