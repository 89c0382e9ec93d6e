using System.Runtime.InteropServices;

namespace Stateroom.Native;

// Credentials of the calling thread alone. The C library's functions would change those of every thread (nptl(7)), the system calls do not.
internal static unsafe partial class Libc
{
    public const int PR_GET_DUMPABLE = 3, PR_SET_DUMPABLE = 4;

    public static int thread_setgroups(nint count, uint* groups) => (int)syscall(SysSetgroups, count, (nint)groups, 0, 0);

    public static int thread_setresgid(uint real, uint effective, uint saved) => (int)syscall(SysSetresgid, (nint)real, (nint)effective, (nint)saved, 0);

    public static int thread_setresuid(uint real, uint effective, uint saved) => (int)syscall(SysSetresuid, (nint)real, (nint)effective, (nint)saved, 0);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getgroups(int count, uint* groups);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getresuid(uint* real, uint* effective, uint* saved);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int getresgid(uint* real, uint* effective, uint* saved);

    [LibraryImport("libc", SetLastError = true)]
    public static partial int prctl(int option, nint value, nint unused3, nint unused4, nint unused5);

    private static readonly bool IsArm64 = RuntimeInformation.ProcessArchitecture == Architecture.Arm64;

    private static readonly nint SysSetgroups = IsArm64 ? 159 : 116, SysSetresuid = IsArm64 ? 147 : 117, SysSetresgid = IsArm64 ? 149 : 119;
}
