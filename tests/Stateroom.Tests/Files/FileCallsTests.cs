using Stateroom.Files;
using Stateroom.Native;

namespace Stateroom.Tests.Files;

// Whether the process is dumpable changes for the moment of each call.
[CollectionDefinition(nameof(FileCallsTests), DisableParallelization = true)]
[Collection(nameof(FileCallsTests))]
public sealed class FileCallsTests : IDisposable
{
    private const uint User = 1_879_048_192;

    private readonly TempHome _home = new();

    [Fact]
    public void A_thread_has_its_own_credentials_back_after_each_call()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can take on another user.");
        static string[] Credentials() =>
            [.. File.ReadAllLines("/proc/thread-self/status").Where(line => line.Split(':')[0] is "Uid" or "Gid" or "Groups" or "CapEff" or "CapPrm")];
        var before = Credentials();
        var calls = FileCalls.As(User);
        using var directory = HostFile.Open(_home.Path, Libc.O_PATH | Libc.O_DIRECTORY);
        Assert.Equal(Libc.EACCES, calls.MakeDirectory(directory, "d\0"u8.ToArray(), 0x1C0));
        Assert.Equal(0, FileCalls.Own.MakeDirectory(directory, "d\0"u8.ToArray(), 0x1C0));
        File.SetUnixFileMode(_home.Path, (UnixFileMode)0b111_111_111);
        Assert.Equal(0, calls.MakeDirectory(directory, "mine\0"u8.ToArray(), 0x1C0));
        Assert.Equal((User, User), HostFile.TryStat(_home.Path + "/mine") is { } stat ? (stat.Uid, stat.Gid) : default);
        Assert.Equal(before, Credentials());
        Assert.Equal(1, Libc.prctl(Libc.PR_GET_DUMPABLE, 0, 0, 0, 0));
    }

    [Fact]
    public void A_group_of_the_host_opens_nothing_to_the_rooms_user()
    {
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "Only root can take on another user.");
        using var directory = HostFile.Open(_home.Path, Libc.O_PATH | Libc.O_DIRECTORY);
        using (HostFile.Open(_home.Path + "/roots", Libc.O_WRONLY | Libc.O_CREAT, 0x1A0 /* 0640 */)) { }
        Assert.Null(FileCalls.As(User).Open(directory, "roots\0"u8.ToArray(), Libc.O_RDONLY, 0, out var errno));
        Assert.Equal(Libc.EACCES, errno);
    }

    public void Dispose() => _home.Dispose();
}
