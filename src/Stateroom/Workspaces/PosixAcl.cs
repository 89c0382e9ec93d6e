using System.Buffers.Binary;
using Stateroom.Native;

namespace Stateroom.Workspaces;

/// <summary>Default access control lists, so that what host root puts into a workspace is the room's to edit (acl(5)).</summary>
internal static unsafe class PosixAcl
{
    // linux/posix_acl_xattr.h and posix_acl.h: version 2, then entries of tag 2, permissions 2, id 4, little-endian, in the order of the tags.
    private const uint Version = 2, NoId = uint.MaxValue;
    private const ushort UserObject = 0x01, User = 0x02, GroupObject = 0x04, Mask = 0x10, Other = 0x20;

    /// <summary>New files and directories in <paramref name="directory"/>, whoever makes them, may be read and written by <paramref name="uid"/>.</summary>
    /// <returns>Null, or a note that says why it could not be done and what that means.</returns>
    public static string? GrantFuture(string directory, uint uid)
    {
        using var opened = HostDirectory.Open(directory);
        var list = Build(uid);
        fixed (byte* value = list)
            if (Libc.fsetxattr(opened.Fd, "system.posix_acl_default", value, (nuint)list.Length, 0) == 0)
                return null;
        return $"The file system of '{directory}' takes no access control lists ({Libc.Describe(Libc.Errno)}): " +
            $"files that root puts into the workspace belong to root; give them to the room with chown {uid}:{uid}.";
    }

    private static byte[] Build(uint uid)
    {
        var list = new byte[4 + (5 * 8)];
        BinaryPrimitives.WriteUInt32LittleEndian(list, Version);
        var at = 4;
        Put(UserObject, 7, NoId);
        Put(User, 7, uid);
        Put(GroupObject, 5, NoId);
        Put(Mask, 7, NoId);
        Put(Other, 5, NoId);
        return list;

        void Put(ushort tag, ushort permissions, uint id)
        {
            BinaryPrimitives.WriteUInt16LittleEndian(list.AsSpan(at), tag);
            BinaryPrimitives.WriteUInt16LittleEndian(list.AsSpan(at + 2), permissions);
            BinaryPrimitives.WriteUInt32LittleEndian(list.AsSpan(at + 4), id);
            at += 8;
        }
    }
}
