using System.Net.Sockets;

namespace Stateroom.Tests.Sandboxes.Runtimes.Bubblewrap;

public sealed class LongPathTests
{
    [Theory]
    [InlineData("short")]
    [InlineData("long-enough-that-the-path-of-the-socket-under-it-does-not-fit-into-the-address-of-a-unix-socket-any-more")]
    public async Task A_room_s_socket_is_bound_however_long_its_path_is(string name)
    {
        await using var bench = new RoomBench(name);
        var room = await bench.LaunchSleeperAsync();
        Assert.True(File.Exists(room.Directory.Socket));
        // The listener waits in the room, so the kernel takes the connection before anybody accepts it.
        var shorter = Path.Combine(bench.Root, "s");
        File.CreateSymbolicLink(shorter, room.Directory.Path);
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(Path.Combine(shorter, "guest.sock")));
        Assert.True(socket.Connected);
    }
}
