using System.Security.Cryptography;

namespace Stateroom.Checkpoints.Blobs;

/// <summary>All blobs of a home, in packs that are written once. Safe for many threads, and beside other processes.</summary>
internal sealed class BlobStore : IDisposable
{
    private const string TemporaryPrefix = "new-";

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Pack> _packs = new(StringComparer.Ordinal);
    private readonly Dictionary<BlobId, BlobPlace> _places = [];
    private readonly Dictionary<string, string> _damaged = new(StringComparer.Ordinal);

    /// <param name="directory">The directory of packs; it is made if there is none.</param>
    public BlobStore(string directory)
    {
        Directory.CreateDirectory(directory, (UnixFileMode)0b111_000_000);
        Path = directory;
    }

    public string Path { get; }

    /// <summary>Packs that could not be read, with the reason.</summary>
    public IReadOnlyDictionary<string, string> Damaged
    {
        get { lock (_gate) return new Dictionary<string, string>(_damaged, StringComparer.Ordinal); }
    }

    public static string TemporaryName() => TemporaryPrefix + RandomNumberGenerator.GetHexString(16, lowercase: true);

    /// <summary>Whether there is such a blob. What another process has written since the last <see cref="Refresh"/> need not be seen.</summary>
    public bool Contains(BlobId id)
    {
        lock (_gate) return _places.ContainsKey(id);
    }

    /// <summary>Looks which packs there are.</summary>
    public void Refresh()
    {
        lock (_gate)
        {
            var there = Directory.EnumerateFiles(Path, "*" + PackFormat.Extension).ToHashSet(StringComparer.Ordinal);
            foreach (var gone in _packs.Keys.Where(path => !there.Contains(path)).ToList()) Forget(gone);
            foreach (var path in there)
            {
                if (!_packs.ContainsKey(path)) Learn(path);
            }
        }
    }

    /// <summary>Adds what a writer has finished.</summary>
    public void Add(PackWriter writer)
    {
        if (writer.Finish() is not { } finished) return;
        lock (_gate)
        {
            _packs[finished.Pack.Path] = finished.Pack;
            foreach (var (id, place) in finished.Blobs) _places[id] = place;
        }
    }

    /// <summary>Reads a blob and compares it with its id.</summary>
    /// <exception cref="CheckpointDamagedException">It is missing or damaged.</exception>
    public byte[] Read(BlobId id)
    {
        var place = Find(id);
        var content = GC.AllocateUninitializedArray<byte>(place.Length);
        Read(id, place, content);
        return content;
    }

    /// <summary>Reads a blob into a buffer that is long enough, and compares it with its id.</summary>
    /// <returns>How many bytes it has.</returns>
    /// <exception cref="CheckpointDamagedException">It is missing or damaged.</exception>
    public int Read(BlobId id, Span<byte> to)
    {
        var place = Find(id);
        if (place.Length > to.Length) throw new CheckpointDamagedException($"The blob {id} has {place.Length} bytes where at most {to.Length} belong.");
        Read(id, place, to[..place.Length]);
        return place.Length;
    }

    public void Dispose()
    {
        lock (_gate)
        {
            foreach (var pack in _packs.Values) pack.Dispose();
            _packs.Clear();
            _places.Clear();
        }
    }

    private BlobPlace Find(BlobId id)
    {
        lock (_gate)
        {
            if (_places.TryGetValue(id, out var place)) return place;
        }
        Refresh();
        lock (_gate)
        {
            if (_places.TryGetValue(id, out var place)) return place;
        }
        throw new CheckpointDamagedException($"The blob {id} is missing.");
    }

    private static void Read(BlobId id, BlobPlace place, Span<byte> content)
    {
        try
        {
            place.Pack.Read(place.Offset, content);
        }
        catch (FileNotFoundException)
        {
            throw new CheckpointDamagedException($"The blob {id} is missing: its pack '{place.Pack.Path}' is gone.");
        }
        if (BlobId.Of(content) != id) throw new CheckpointDamagedException($"The blob {id} is damaged: bytes {place.Offset} to {place.Offset + place.Length} of '{place.Pack.Path}' are not what was written.");
    }

    // A damaged pack costs what is in it, and nothing else.
    private void Learn(string path)
    {
        var pack = new Pack(path);
        try
        {
            foreach (var (id, place) in pack.ReadTable()) _places.TryAdd(id, place);
            _packs[path] = pack;
            _damaged.Remove(path);
        }
        catch (FileNotFoundException)
        {
            // Removed since the directory was read.
        }
        catch (CheckpointDamagedException e)
        {
            _damaged[path] = e.Message;
        }
    }

    private void Forget(string path)
    {
        var pack = _packs[path];
        _packs.Remove(path);
        foreach (var id in _places.Where(place => place.Value.Pack == pack).Select(place => place.Key).ToList()) _places.Remove(id);
        pack.Dispose();
    }
}
