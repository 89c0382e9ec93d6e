using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;
using Stateroom.Faults;
using Stateroom.Native;

namespace Stateroom.Files;

/// <summary>A new file beside the one it is to replace: whoever reads sees the old or the new one whole. Undone unless it is committed.</summary>
internal sealed class FileReplacement : IDisposable
{
    // Shorter runs of zeros are not worth a hole: it goes by blocks.
    private const int ShortestHole = 4096;

    private readonly FileCalls _calls;
    private readonly SafeFileHandle _directory, _file;
    private readonly byte[] _name, _temporary;
    private readonly string _path;
    private readonly UnfinishedFiles.Mark? _mark;
    private bool _committed, _endsInHole;

    /// <param name="calls">As whom.</param>
    /// <param name="directory">Where; not owned.</param>
    /// <param name="name">The name to take.</param>
    /// <param name="path">For messages.</param>
    /// <param name="unfinished">Where it is marked until it has its name, so that it goes if this process is killed; null for a directory of no session.</param>
    public FileReplacement(FileCalls calls, SafeFileHandle directory, byte[] name, string path, UnfinishedFiles? unfinished = null)
        : this(calls, directory, name, path, NewName(), unfinished)
    {
    }

    /// <summary>As above, under a temporary name of the caller's, who marks it.</summary>
    public FileReplacement(FileCalls calls, SafeFileHandle directory, byte[] name, string path, string temporary)
        : this(calls, directory, name, path, temporary, null)
    {
    }

    private FileReplacement(FileCalls calls, SafeFileHandle directory, byte[] name, string path, string temporary, UnfinishedFiles? unfinished)
    {
        (_calls, _directory, _name, _path) = (calls, directory, name, path);
        _temporary = Workspaces.HostDirectory.Name(temporary);
        _mark = unfinished?.Begin(directory, temporary, path);
        Failpoint.Hit(HostFailpoint.FileMarked);
        var file = calls.Open(directory, _temporary, Libc.O_WRONLY | Libc.O_CREAT | Libc.O_EXCL, 0x180 /* 0600 */, out var errno);
        if (file is null)
        {
            _mark?.Dispose();
            throw FileFailure.Of("Cannot write", path, errno);
        }
        _file = file;
        Failpoint.Hit(HostFailpoint.FileCreated);
    }

    public SafeFileHandle File => _file;

    /// <summary>A name for what has none yet.</summary>
    public static string NewName() => $".stateroom-{RandomNumberGenerator.GetHexString(16, lowercase: true)}";

    /// <summary>Goes on behind so many zeros that take no space.</summary>
    public void Skip(long count)
    {
        if (count == 0) return;
        FileContent.Skip(_file, count, _path);
        _endsInHole = true;
    }

    /// <summary>Writes data, or skips it if it is zeros.</summary>
    public void WriteOrSkip(ReadOnlySpan<byte> data)
    {
        if (data.Length >= ShortestHole && !data.ContainsAnyExcept((byte)0)) Skip(data.Length);
        else Write(data);
    }

    public void Write(ReadOnlySpan<byte> data)
    {
        Failpoint.Torn(HostFailpoint.FileTorn, _file, data);
        FileContent.Write(_file, data, _path);
        _endsInHole = false;
    }

    /// <summary>Gives the file its mode and its name.</summary>
    /// <param name="mode">Its mode.</param>
    /// <param name="modified">When its content is said to have changed; null leaves it at now.</param>
    /// <param name="replace">False fails if there is something of that name.</param>
    public void Commit(int mode, Libc.StatxTime? modified, bool replace)
    {
        if (TryCommit(mode, modified, replace) is var errno and not 0) throw FileFailure.Of("Cannot replace", _path, errno);
    }

    /// <summary>As <see cref="Commit"/>; the errno if the name cannot be taken.</summary>
    public int TryCommit(int mode, Libc.StatxTime? modified, bool replace)
    {
        if (_endsInHole) FileContent.EndHere(_file, _path);
        FileContent.Finish(_file, mode, modified, _path);
        Failpoint.Hit(HostFailpoint.FileWritten);
        var errno = _calls.Rename(_directory, _temporary, _directory, _name, replace);
        if (errno != 0) return errno;
        Failpoint.Hit(HostFailpoint.FileRenamed);
        _committed = true;
        return 0;
    }

    public void Dispose()
    {
        _file.Dispose();
        // What is told is why the write failed; a name that cannot be removed then is a symptom of the same.
        if (!_committed) _ = _calls.Remove(_directory, _temporary, isDirectory: false);
        _mark?.Dispose();
    }
}
