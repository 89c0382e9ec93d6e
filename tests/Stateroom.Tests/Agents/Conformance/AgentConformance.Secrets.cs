using System.Text;
using Stateroom.Native;

namespace Stateroom.Tests.Agents.Conformance;

// The key stays on the host.
public abstract partial class AgentConformance
{
    // Looks into every environment, command line, file and readable memory of the room. A mark that is planted shows that it finds things. Neither text is
    // in the script as it is, which is a part of the conversation.
    private const string Search = """
        import glob, os, stat, sys
        key, mark = ("sk-conform" + "ance-0123456789").encode(), ("planted-" + "4711").encode()
        found = {"key": [], "mark": []}
        def look(where, data):
            if key in data: found["key"].append(where)
            if mark in data: found["mark"].append(where.split(":")[0])
        def read(path, most=64 << 20):
            try:
                with open(path, "rb") as f: return f.read(most)
            except OSError: return b""
        os.environ["PLANTED"] = mark.decode()
        for pid in glob.glob("/proc/[0-9]*"):
            for name in ("environ", "cmdline"): look(f"{name}:{pid}", read(f"{pid}/{name}"))
            try: maps, memory = open(f"{pid}/maps").read().splitlines(), open(f"{pid}/mem", "rb", 0)
            except OSError: continue
            for line in maps:
                parts = line.split()
                start, end = (int(x, 16) for x in parts[0].split("-"))
                if "r" not in parts[1] or (len(parts) > 5 and parts[5].startswith("/")): continue
                while start < end:
                    try:
                        memory.seek(start)
                        data = memory.read(min(end - start, 1 << 24))
                    except (OSError, ValueError, OverflowError): break
                    if not data: break
                    # What this process looks for lies in its own memory.
                    if int(pid[6:]) != os.getpid(): look(f"memory:{pid}", data)
                    start += len(data)
        for root in ("/workspace", "/home", "/tmp", "/run", "/etc", "/var", "/opt", "/dev/shm"):
            for directory, _, names in os.walk(root):
                for name in names:
                    path = os.path.join(directory, name)
                    try: regular = stat.S_ISREG(os.lstat(path).st_mode)
                    except OSError: continue
                    if regular and not path.startswith("/opt/stateroom/"): look(f"file:{path}", read(path))
        print("key", found["key"], "mark", sorted(set(found["mark"])))
        """;

    [Fact]
    public async Task The_key_is_nowhere_in_the_room_nor_in_what_is_stored()
    {
        await ModelAsync(Turn("search", Reply("I look.", Run("PLANTED=planted-$((4700 + 11)) sleep 60 & python3 search.py; kill %1")), Reply("{{tool_result:1}}")));
        await using var session = await SessionAsync();
        await File.WriteAllTextAsync(PathOf(session, "search.py"), Search, Soon);
        await File.WriteAllTextAsync(PathOf(session, "mark"), "planted-4711", Soon);
        var (result, events) = await PromptAsync(session, "search");
        Assert.True(result.Success, result.Error);
        Assert.StartsWith("key [] mark ['environ', 'file'", result.Response, StringComparison.Ordinal);
        Assert.All(events, e => Assert.DoesNotContain(ConformanceAgents.Key, e.ToString(), StringComparison.Ordinal));

        var needle = Encoding.ASCII.GetBytes(ConformanceAgents.Key);
        var files = Directory.EnumerateFiles(_home, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = FileAttributes.ReparsePoint, IgnoreInaccessible = true });
        var looked = 0;
        foreach (var file in files.Where(f => !f.Contains("/agents/", StringComparison.Ordinal) && !f.EndsWith(".sock", StringComparison.Ordinal)))
        {
            looked++;
            // Without .NET's lock, which the guest's own locks would refuse. What has gone meanwhile is stored nowhere.
            Assert.True(HostFile.TryReadAll(file).AsSpan().IndexOf(needle) < 0, $"The key is in {file}.");
        }

        Assert.True(looked > 3);
    }
}
