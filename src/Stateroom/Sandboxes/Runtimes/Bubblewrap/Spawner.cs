using System.Text;
using Stateroom.Native;

namespace Stateroom.Sandboxes.Runtimes.Bubblewrap;

/// <summary>
/// Starts a program with exactly the descriptors that are given, which Process.Start cannot, in a session of its own, with default signals
/// and an empty environment.
/// </summary>
internal static unsafe class Spawner
{
    /// <summary>Starts a program.</summary>
    /// <param name="program">Its absolute path.</param>
    /// <param name="arguments">Its arguments, the program's name first; none contains a NUL.</param>
    /// <param name="descriptors">Descriptors from 100 up that become 0, 1, 2, ...; all others are closed.</param>
    /// <param name="hostUser">The user and group to start it under; null for the caller's own.</param>
    /// <returns>The child's process id.</returns>
    /// <exception cref="SandboxStartException">It could not be started.</exception>
    public static int Spawn(string program, ReadOnlySpan<string> arguments, ReadOnlySpan<int> descriptors, uint? hostUser)
    {
        var size = Encoding.UTF8.GetMaxByteCount(program.Length) + 1;
        foreach (var argument in arguments) size += Encoding.UTF8.GetMaxByteCount(argument.Length) + 1;
        var text = stackalloc byte[size];
        var argv = stackalloc byte*[arguments.Length + 1];
        var next = text;
        for (var i = 0; i < arguments.Length; i++) argv[i] = Put(arguments[i], ref next);
        argv[arguments.Length] = null;

        byte* actions = stackalloc byte[Libc.SpawnActionsSize], attributes = stackalloc byte[Libc.SpawnAttributesSize];
        byte* noSignals = stackalloc byte[Libc.SignalSetSize], allSignals = stackalloc byte[Libc.SignalSetSize];
        new Span<byte>(noSignals, Libc.SignalSetSize).Clear();
        new Span<byte>(allSignals, Libc.SignalSetSize).Fill(0xff);
        Check(Libc.posix_spawnattr_init(attributes));
        Check(Libc.posix_spawn_file_actions_init(actions));
        try
        {
            Check(Libc.posix_spawnattr_setsigmask(attributes, noSignals));
            Check(Libc.posix_spawnattr_setsigdefault(attributes, allSignals));
            Check(Libc.posix_spawnattr_setflags(attributes, Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | Libc.POSIX_SPAWN_SETSID));
            for (var i = 0; i < descriptors.Length; i++) Check(Libc.posix_spawn_file_actions_adddup2(actions, descriptors[i], i));
            Check(Libc.posix_spawn_file_actions_addclosefrom_np(actions, descriptors.Length));
            // The monitor lives as long as the room and would keep the caller's directory busy.
            byte* root = stackalloc byte[] { (byte)'/', 0 };
            Check(Libc.posix_spawn_file_actions_addchdir_np(actions, root));
            byte* noEnvironment = null;
            int pid;
            var path = Put(program, ref next);
            var error = hostUser is { } user
                ? ThreadCredentials.Spawn(user, &pid, path, actions, attributes, argv, &noEnvironment)
                : Libc.posix_spawn(&pid, path, actions, attributes, argv, &noEnvironment);
            return error == 0 ? pid : throw Descriptors.Failed($"'{program}' cannot be run", error);
        }
        finally
        {
            _ = Libc.posix_spawn_file_actions_destroy(actions);
            _ = Libc.posix_spawnattr_destroy(attributes);
        }

        static void Check(int error)
        {
            if (error != 0) throw Descriptors.Failed("its process cannot be prepared", error);
        }
    }

    private static byte* Put(string text, ref byte* next)
    {
        var start = next;
        next += Encoding.UTF8.GetBytes(text, new Span<byte>(next, Encoding.UTF8.GetMaxByteCount(text.Length)));
        *next++ = 0;
        return start;
    }
}
