using Microsoft.Win32.SafeHandles;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>Runs a short program the way rooms are started, as an unprivileged user, and collects what it says.</summary>
internal static class HostProbe
{
    // nobody, on every Linux.
    private const uint Nobody = 65534;

    /// <summary>The host user that probes run under: never root.</summary>
    public static uint User => Libc.geteuid() is var own && own == 0 ? Nobody : own;

    /// <summary>Runs a program to its end.</summary>
    /// <param name="program">Its path.</param>
    /// <param name="arguments">Its arguments, its name first.</param>
    /// <param name="input">The content of its descriptor 3.</param>
    /// <param name="cancellationToken">Cancels the wait.</param>
    public static async Task<(int Code, string Output)> RunAsync(string program, string[] arguments, byte[] input, CancellationToken cancellationToken)
    {
        using var nothing = Own(Descriptors.Open("/dev/null", Libc.O_RDWR));
        using var output = Own(Descriptors.Memory("output", []));
        using var third = Own(Descriptors.Memory("input", input));
        var pid = Spawner.Spawn(program, arguments, [Number(nothing), Number(output), Number(output), Number(third)], User == Libc.geteuid() ? null : User);
        var code = await MonitorReaper.Shared.Watch(pid).WaitAsync(cancellationToken).ConfigureAwait(false);
        var text = new byte[Math.Min(RandomAccess.GetLength(output), 4096)];
        var length = RandomAccess.Read(output, text, 0);
        return (code, System.Text.Encoding.UTF8.GetString(text, 0, length).Trim());
    }

    private static SafeFileHandle Own(int fd) => new(fd, ownsHandle: true);

    private static int Number(SafeFileHandle handle) => (int)handle.DangerousGetHandle();
}
