using System.Globalization;

namespace Stateroom.Tests.Checkpoints;

/// <summary>Makes and changes trees by chance: what there can be in a workspace, and what nobody expects there.</summary>
internal static class RandomTree
{
    // Python, since its names are bytes.
    private const string Script = """
        import os, random, sys
        r = random.Random(int(sys.argv[1]))
        odd = [b'a b', b'-n', b'new\nline', b'\xff\xfe', b'*', 'é'.encode(), b'.hidden', b'quo"te', b'tab\t', b'\\', b"x" * 255]
        def walk():
            dirs, files = [b'.'], []
            for at, ds, fs in os.walk(b'.'):
                dirs += [os.path.join(at, d) for d in ds if not os.path.islink(os.path.join(at, d))]
                files += [os.path.join(at, f) for f in fs if not os.path.islink(os.path.join(at, f)) and os.path.isfile(os.path.join(at, f))]
            return sorted(d for d in dirs if d.count(b'/') < 12), sorted(files)
        def content():
            size = r.choice([0, 1, 100, 3000, 4096, 100000, 4 << 20, 9000000]) if r.random() < 0.15 else r.randrange(3000)
            return bytes(size) if r.random() < 0.1 else r.randbytes(size)
        for _ in range(int(sys.argv[2])):
            dirs, files = walk()
            d, f = r.choice(dirs), r.choice(files) if files else None
            n = os.path.join(d, r.choice(odd) if r.random() < 0.25 else b'n%d' % r.randrange(40))
            what = r.choice(['dir', 'dir', 'write', 'write', 'write', 'sparse', 'link', 'hard', 'hard', 'pipe', 'cut', 'poke', 'mode', 'dirmode', 'time', 'remove', 'move', 'movedir', 'rmdir'])
            if not f and what in ('hard', 'cut', 'poke', 'mode', 'time', 'remove', 'move'): what = 'write'
            try:
                if what == 'dir': os.mkdir(n)
                elif what == 'write': open(n, 'wb').write(content()) if not os.path.exists(n) or n in files else None
                elif what == 'sparse':
                    with open(n, 'xb') as o: o.truncate(r.randrange(12000000)); o.seek(r.randrange(12000000)); o.write(b'data')
                elif what == 'link': os.symlink(r.choice([b'../gone', b'/etc/passwd', b'.', n]), n)
                elif what == 'hard': os.link(f, n)
                elif what == 'pipe': os.mkfifo(n)
                elif what == 'cut': os.truncate(f, r.randrange(12000000))
                elif what == 'poke':
                    with open(f, 'r+b') as o: o.seek(r.randrange(os.path.getsize(f) + 1)); o.write(b'poked')
                elif what == 'mode': os.chmod(f, r.choice([0o644, 0o755, 0o600, 0o4755, 0o1644, 0o444, 0o640]))
                elif what == 'dirmode': os.chmod(d, r.choice([0o755, 0o700, 0o2755, 0o1777])) if d != b'.' else None
                elif what == 'time': os.utime(f, ns=(0, r.randrange(-2**31, 2**32) * 10**9 + r.randrange(10**9)))
                elif what == 'remove': os.unlink(f)
                elif what == 'move': os.rename(f, n) if not os.path.isdir(n) else None
                elif what == 'movedir': os.rename(d, n) if d != b'.' else None
                elif what == 'rmdir': os.rmdir(d) if d != b'.' else None
            except OSError: pass
        """;

    /// <summary>Makes or changes what is in a directory.</summary>
    public static Task ChangeAsync(string directory, int seed, int steps) =>
        TreeBench.RunAsync(directory, "python3", "-c", Script, seed.ToString(CultureInfo.InvariantCulture), steps.ToString(CultureInfo.InvariantCulture));
}
