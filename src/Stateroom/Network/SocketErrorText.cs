using System.Net.Sockets;

namespace Stateroom.Network;

/// <summary>What went wrong with a connection, in words.</summary>
internal static class SocketErrorText
{
    public static string Of(SocketException failure) => failure.SocketErrorCode switch
    {
        SocketError.HostNotFound or SocketError.NoData => "there is no such name",
        SocketError.TryAgain => "the name service gives no answer",
        SocketError.ConnectionRefused => "the connection is refused",
        SocketError.ConnectionReset => "the connection was reset",
        SocketError.TimedOut => "no answer in time",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable => "there is no way to it",
        _ => failure.Message,
    };
}
