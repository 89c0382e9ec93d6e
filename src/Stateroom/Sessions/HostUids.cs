using System.Buffers.Text;
using System.Security.Cryptography;
using System.Text;
using Stateroom.Native;

namespace Stateroom.Sessions;

/// <summary>Gives each session of a root host a user id of its own, which is never given again.</summary>
internal sealed class HostUids(HomeLayout layout)
{
    // The range that systemd's UIDS-GIDS document lists as unused.
    public const uint First = 1879048192, Last = 2147483646;

    // Homes on one machine do not know of each other: each starts at one of this many places, so that they rarely meet.
    private const int Starts = 2048, Stride = 65536;

    // Taken from the file at once, so that not every session waits for the disk. What a process does not use is never used.
    private const uint Batch = 16;

    private uint _next, _end;

    public async Task<uint> AllocateAsync(CancellationToken cancellationToken)
    {
        using var pass = await TurnGate.EnterAsync(layout.HostUidsLock, cancellationToken).ConfigureAwait(false);
        if (_next < _end) return _next++;
        using var held = await FileLock.AcquireAsync(layout.HostUidsLock, cancellationToken).ConfigureAwait(false);
        var text = HostFile.TryReadAll(layout.HostUids);
        uint next;
        if (text is null) next = First + (uint)(RandomNumberGenerator.GetInt32(Starts) * Stride);
        else if (!Utf8Parser.TryParse(text, out next, out _) || next < First)
            throw new SandboxStartException($"'{layout.HostUids}' holds no user id. Write a number above every host_uid in '{layout.Sessions}/*/.stateroom/session.json' into it.");
        if (next > Last)
            throw new SandboxStartException($"All user ids for rooms up to {Last} have been given ('{layout.HostUids}'). Start a new STATEROOM_HOME.");
        var end = Math.Min(next + Batch, Last + 1);
        AtomicFile.Replace(layout.HostUids, Encoding.ASCII.GetBytes($"{end}\n"));
        (_next, _end) = (next + 1, end);
        return next;
    }

    public static bool IsOurs(uint uid) => uid is >= First and <= Last;
}
