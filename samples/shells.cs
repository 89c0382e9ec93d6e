#!/usr/bin/env dotnet
#:project ../src/Stateroom/Stateroom.csproj
#:property PublishAot=false
#:property NoWarn=$(NoWarn);CS1591;CA2007;CA1515

// Shells: commands that build on each other. A shell is one process in the room, which keeps its directory, variables, functions, aliases and jobs
// from one command to the next. Everything runs offline; npm and mysqld are small stand-ins, made below. Ends with an error at the first surprise.
//
//     dotnet run samples/shells.cs

using System.Runtime.CompilerServices;
using System.Text;
using Stateroom;

var home = Directory.CreateTempSubdirectory("stateroom-sample-").FullName;
// The rooms of a root host run under user ids of their own, which must be able to pass.
File.SetUnixFileMode(home, (UnixFileMode)Convert.ToInt32("711", 8));
await using (var stateroom = StateroomHost.Local(new StateroomLocalOptions { HomeDirectory = home }))
await using (var session = await stateroom.CreateAsync())
{
    await Project.WriteAsync(session.Files);

    Title("Without a shell and with one");
    await session.RunAsync("cd /workspace/backend");
    Show(await session.RunAsync("pwd"), "/workspace\n"); // Each run is a process of its own.
    await using (var shell = await session.OpenShellAsync())
    {
        await shell.RunAsync("cd /workspace/backend");
        Show(await shell.RunAsync("pwd"), "/workspace/backend\n");
        await shell.RunAsync("cd ../frontend");
        Show(await shell.RunAsync("pwd"), "/workspace/frontend\n");
    }

    Title("State: variables, aliases, functions, options, background processes");
    await using (var shell = await session.OpenShellAsync())
    {
        await shell.RunAsync("export API_URL=http://localhost:8000");
        await shell.RunAsync("export DB_NAME=testdb");
        Show(await shell.RunAsync("printenv API_URL DB_NAME"), "http://localhost:8000\ntestdb\n");
        await shell.RunAsync("alias ll='ls -la'");
        Show(await shell.RunAsync("ll backend | tail -n 1 | grep -o '[^ ]*$'"), "manage.py\n");
        await shell.RunAsync("myfunction() { echo 'Hello from function'; }");
        Show(await shell.RunAsync("myfunction"), "Hello from function\n");
        await shell.RunAsync("set -o pipefail");
        Show(await shell.RunAsync("false | cat"), "", code: 1);
        await shell.RunAsync("python3 -m http.server 8000 --bind 127.0.0.1 2> /dev/null &");
        await UntilAsync(shell, "curl -sf http://localhost:8000 > /dev/null");
        Show(await shell.RunAsync("curl -s http://localhost:8000 | grep -c 'backend/'"), "1\n");
        Show(await shell.RunAsync("jobs -r | wc -l"), "1\n");
    }

    Title("Which shell, and what it begins with");
    await using (var bash = await session.OpenShellAsync(new ShellOptions { Shell = "bash" }))
    {
        await bash.RunAsync("declare -a arr=(1 2 3)");
        Show(await bash.RunAsync("echo ${#arr[@]} ${arr[2]}"), "3 3\n");
    }
    await using (var dash = await session.OpenShellAsync(new ShellOptions { Shell = "dash", Environment = new Dictionary<string, string?> { ["DEBUG"] = "1", ["ENV"] = "test" } }))
        Show(await dash.RunAsync("echo $0; printenv DEBUG ENV"), "dash\n1\ntest\n");

    Title("Use case 1: a Python virtual environment");
    await using (var shell = await session.OpenShellAsync())
    {
        Show(await shell.RunAsync("python3 -m venv --system-site-packages venv")); // pytest comes from the system: there is no network.
        await shell.RunAsync("source venv/bin/activate");
        Show(await shell.RunAsync("(cd wheels && python make.py)")); // A package of our own.
        Show(await shell.RunAsync("pip install -q --disable-pip-version-check --no-index ./wheels/greeting-1.0-py3-none-any.whl"));
        Show(await shell.RunAsync("python -c 'import greeting; print(greeting.__file__)'"), "/workspace/venv/lib/python3*/site-packages/greeting.py\n");
        Show(await shell.RunAsync("python -m pytest -q tests/"), "*1 passed*");
    }

    Title("Use case 2: a Node.js project");
    await using (var shell = await session.OpenShellAsync(new ShellOptions { Environment = Project.Path }))
    {
        await shell.RunAsync("cd /workspace/frontend");
        Show(await shell.RunAsync("npm install"), "up to date\n");
        Show(await shell.RunAsync("npm run lint"), "> frontend lint\n");
        var test = Show(await shell.RunAsync("npm test"), "> frontend test\nok\n");
        if (test.Success) Show(await shell.RunAsync("npm run build && ls dist"), "> frontend build\nindex.js\n");
    }

    Title("Use case 3: a database for tests");
    await using (var shell = await session.OpenShellAsync(new ShellOptions { Environment = Project.Path }))
    {
        await shell.RunAsync("mysqld --datadir=/tmp/mysql &");
        await UntilAsync(shell, "(: < /dev/tcp/localhost/3306) 2> /dev/null");
        await shell.RunAsync("cd backend");
        Show(await shell.RunAsync("python3 manage.py migrate"), "migrated\n");
        Show(await shell.RunAsync("python3 manage.py test"), "1 row, OK\n");
    }

    Title("Use case 4: a pipeline in stages");
    Check(await Pipeline(session) == (true, "Pipeline succeeded"), "the pipeline succeeds");
    await session.Files.WriteAsync("app/__main__.py", "print('never closed'"u8.ToArray());
    Check(await Pipeline(session) == (false, "Linting failed"), "the pipeline stops at its first failure");

    Title("Use case 5: debugging, in a pipe and at a terminal");
    foreach (var terminal in (TerminalSize?[])[null, TerminalSize.Default])
    {
        await using var shell = await session.OpenShellAsync(new ShellOptions { Terminal = terminal, Environment = new Dictionary<string, string?> { ["TERM"] = "dumb" } });
        await shell.RunAsync("cd /workspace");
        await shell.RunAsync("source .env");
        await using var pdb = await shell.StartAsync("python3 -m pdb main.py $ITEMS", new ShellCommandOptions { StreamInput = true });
        await using var debugger = new Debugger(pdb);
        await debugger.PromptAsync();
        Check((await debugger.SayAsync("break main.py:6")).Contains("Breakpoint 1 at /workspace/main.py:6", StringComparison.Ordinal), "a breakpoint is set");
        Check((await debugger.SayAsync("continue")).Contains("total += price", StringComparison.Ordinal), "it stops at the line");
        Check((await debugger.SayAsync("print(locals()['price'], total)")).Contains("3 0", StringComparison.Ordinal), "variables can be looked at");
        await debugger.SayAsync("continue");
        Check((await debugger.SayAsync("print(price, total)")).Contains("4 3", StringComparison.Ordinal), "and again, one item later");
        await pdb.WriteInputAsync("quit\n"u8.ToArray());
        Check((await pdb.WaitAsync()).Outcome == ExecOutcome.Exited, "the debugger ends");
        Show(await shell.RunAsync("echo $ITEMS"), terminal is null ? "3 4\n" : "3 4\r\n"); // The shell goes on.
    }

    Title("One-off commands need no shell");
    Show(await session.RunAsync("python3 --version"), "Python 3*");
    Show(await session.RunAsync("ls -la | head -n 1"), "total *");
    Show(await session.ExecAsync(["cat", "README.md"]), "A project.\n");

    Title("Good habits");
    await using (var backend = await session.OpenShellAsync(new ShellOptions { WorkingDirectory = "/workspace/backend", Environment = new Dictionary<string, string?> { ["CI"] = "1" } }))
    await using (var frontend = await session.OpenShellAsync(new ShellOptions { WorkingDirectory = "/workspace/frontend" }))
    {
        // A shell for each workflow: they run side by side and know nothing of each other.
        var both = await Task.WhenAll(backend.RunAsync("echo $PWD ${CI-unset}"), frontend.RunAsync("echo $PWD ${CI-unset}"));
        Check(both[0].StdoutText == "/workspace/backend 1\n" && both[1].StdoutText == "/workspace/frontend unset\n", "each shell has its own state");
        var build = Show(await backend.RunAsync("cat no-such-file && echo built"), code: 1);
        if (!build.Success) Console.WriteLine($"Build failed: {build.StderrText}");
        // A time limit ends the command and what it started, and leaves the shell with its state.
        var slow = await backend.RunAsync("echo begun; sleep 1000", new ShellCommandOptions { Timeout = TimeSpan.FromMilliseconds(200) });
        Check(slow is { Outcome: ExecOutcome.TimedOut, ExitCode: null, StdoutText: "begun\n" }, "a timeout is told as one, with the output so far");
        Show(await backend.RunAsync("pwd"), "/workspace/backend\n");
        Show(await backend.RunAsync("python3 /workspace/main.py 1 2"), "3\n"); // An absolute path does not depend on where the shell is.
    }

    Title("Trouble: cd does not persist");
    await session.RunAsync("cd /workspace/src");
    Show(await session.RunAsync("pwd"), "/workspace\n");
    await using (var shell = await session.OpenShellAsync())
    {
        await shell.RunAsync("cd /workspace/src");
        Show(await shell.RunAsync("pwd"), "/workspace/src\n");
    }

    Title("Trouble: a variable is not set");
    await session.RunAsync("export DEBUG=1");
    Show(await session.RunAsync("printenv DEBUG"), "", code: 1);
    await using (var shell = await session.OpenShellAsync())
    {
        await shell.RunAsync("export DEBUG=1");
        Show(await shell.RunAsync("printenv DEBUG"), "1\n");
    }
    Show(await session.RunAsync("printenv DEBUG", new ExecOptions { Environment = new Dictionary<string, string?> { ["DEBUG"] = "1" } }), "1\n");

    Title("Trouble: a background process is gone");
    await using (var shell = await session.OpenShellAsync())
    {
        await shell.RunAsync("python3 -m http.server 6379 --bind 127.0.0.1 2> /dev/null &");
        await UntilAsync(shell, "curl -sf http://localhost:6379 > /dev/null");
        Show(await session.RunAsync("curl -sf http://localhost:6379 > /dev/null && echo PONG"), "PONG\n"); // Others in the room see it, too.
    }
    Show(await session.RunAsync("curl -sf http://localhost:6379"), "", code: 7); // It ended with its shell. Keep the shell for as long.

    Title("Trouble: a command waits for input");
    await using (var shell = await session.OpenShellAsync())
    {
        Show(await shell.RunAsync("python3"), ""); // It does not hang: input is empty unless given.
        Show(await shell.RunAsync("python3 -c 'print(1+1)'"), "2\n");
        Show(await shell.RunAsync("python3", new ShellCommandOptions { Input = "print(1+1)\nexit()\n"u8.ToArray() }), "2\n");
    }
    Show(await session.ExecAsync(["python3"], new ExecOptions { Input = "print(1+1)\nexit()\n"u8.ToArray() }), "2\n");
}
Directory.Delete(home, recursive: true);
Console.WriteLine("\n✅ All as expected");
return 0;

static async Task<(bool Success, string Message)> Pipeline(ISession session)
{
    await using var shell = await session.OpenShellAsync();
    await shell.RunAsync("cd /workspace; export CI=true; source venv/bin/activate");
    foreach (var (stage, command) in ((string, string)[])
    [
        ("Install", "pip install -q --disable-pip-version-check --no-index -r requirements.txt"),
        ("Linting", "python -m compileall -q app tests"),
        ("Tests", "python -m pytest -q"),
        ("Build", "mkdir -p dist && python -m zipapp app -o dist/app.pyz && python dist/app.pyz"),
    ])
    {
        var result = await shell.RunAsync(command);
        Console.WriteLine($"{stage}: {result.ExitCode}\n{result.StdoutText}");
        if (!result.Success) return (false, $"{stage} failed");
    }
    return (true, "Pipeline succeeded");
}

// A server needs a moment: asked again until it answers, instead of a sleep that is too short or too long.
static async Task UntilAsync(IShell shell, string command) =>
    Check((await shell.RunAsync($"until {command}; do sleep 0.05; done", new ShellCommandOptions { Timeout = TimeSpan.FromSeconds(30) })).Success, command);

static void Title(string text) => Console.WriteLine($"\n=== {text} ===\n");

static void Check(bool holds, string what) => Console.WriteLine(holds ? $"✅ {what}" : throw new InvalidOperationException($"not so: {what}"));

// Prints a call and its output, and compares: '*' in what is expected stands for anything.
static ExecResult Show(ExecResult result, string? expected = null, int code = 0, [CallerArgumentExpression(nameof(result))] string call = "")
{
    Console.WriteLine($"{call}\n{result.StdoutText}");
    var matches = expected is null || expected == result.StdoutText || System.IO.Enumeration.FileSystemName.MatchesSimpleExpression(expected, result.StdoutText, ignoreCase: false);
    if (!matches || result.ExitCode != code)
        throw new InvalidOperationException($"{call} gave {result.Outcome} {result.ExitCode}, '{result.StdoutText}', '{result.StderrText}', and not {code}, '{expected}'");
    return result;
}

// A dialog with pdb over one command's streamed input.
internal sealed class Debugger(IExec pdb) : IAsyncDisposable
{
    private readonly IAsyncEnumerator<OutputChunk> _output = pdb.ReadOutputAsync().GetAsyncEnumerator();

    public async Task<string> SayAsync(string line)
    {
        await pdb.WriteInputAsync(Encoding.UTF8.GetBytes($"{line}\n"));
        return await PromptAsync();
    }

    // Output comes in pieces of any size; the prompt says that pdb waits.
    public async Task<string> PromptAsync()
    {
        var text = new StringBuilder();
        while (!text.ToString().EndsWith("(Pdb) ", StringComparison.Ordinal))
        {
            if (!await _output.MoveNextAsync()) throw new InvalidOperationException($"pdb has ended: {text}");
            text.Append(Encoding.UTF8.GetString(_output.Current.Data.Span));
        }
        Console.WriteLine(text);
        return text.ToString();
    }

    public ValueTask DisposeAsync() => _output.DisposeAsync();
}

// The files that the commands above work on.
internal static class Project
{
    public static readonly Dictionary<string, string?> Path = new() { ["PATH"] = "/workspace/bin:/usr/local/bin:/usr/bin:/bin" };

    private static readonly UnixFileMode Executable = (UnixFileMode)Convert.ToInt32("755", 8);

    private static readonly Dictionary<string, string> Contents = new()
    {
        ["README.md"] = "A project.\n",
        [".env"] = "export ITEMS='3 4'\n",
        ["src/empty"] = "",
        ["main.py"] = """
            import sys

            total = 0
            for item in sys.argv[1:]:
                price = int(item)
                total += price
            print(total)
            """,
        ["app/__main__.py"] = "import greeting\nprint(greeting.TEXT)\n",
        ["tests/test_greeting.py"] = "import greeting\n\ndef test_text():\n    assert greeting.TEXT == 'hello'\n",
        ["requirements.txt"] = "./wheels/greeting-1.0-py3-none-any.whl\n",
        ["wheels/make.py"] = """
            import zipfile
            about = "greeting-1.0.dist-info/"
            with zipfile.ZipFile("greeting-1.0-py3-none-any.whl", "w") as wheel:
                wheel.writestr("greeting.py", "TEXT = 'hello'\n")
                wheel.writestr(about + "METADATA", "Metadata-Version: 2.1\nName: greeting\nVersion: 1.0\n")
                wheel.writestr(about + "WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
                wheel.writestr(about + "RECORD", "".join(f"{name},,\n" for name in wheel.namelist() + [about + "RECORD"]))
            """,
        ["frontend/index.js"] = "export const text = 'hello';\n",
        ["frontend/package.json"] = """
            {
              "name": "frontend",
              "scripts": {
                "lint": "! grep -n ' $' index.js",
                "test": "grep -q hello index.js && echo ok",
                "build": "mkdir -p dist && cp index.js dist"
              }
            }
            """,
        // Installs nothing, since there is no network, and runs scripts as npm does.
        ["bin/npm"] = """
            #!/usr/bin/env python3
            import json, subprocess, sys
            package = json.load(open("package.json"))
            if sys.argv[1] == "install":
                print("up to date")
            else:
                print(f"> {package['name']} {sys.argv[-1]}", flush=True)
                sys.exit(subprocess.call(package["scripts"][sys.argv[-1]], shell=True))
            """,
        // One statement a line, one answer a line, and everything in the data directory.
        ["bin/mysqld"] = """
            #!/usr/bin/env python3
            import json, os, socketserver, sqlite3, sys
            directory = sys.argv[1].removeprefix("--datadir=")
            os.makedirs(directory, exist_ok=True)
            data = sqlite3.connect(directory + "/data", isolation_level=None)
            class Client(socketserver.StreamRequestHandler):
                def handle(self):
                    for line in self.rfile:
                        self.wfile.write(json.dumps(data.execute(line.decode()).fetchall()).encode() + b"\n")
            socketserver.TCPServer(("127.0.0.1", 3306), Client).serve_forever()
            """,
        ["backend/manage.py"] = """
            import json, socket, sys
            server = socket.create_connection(("localhost", 3306)).makefile("rw")
            def query(statement):
                server.write(statement + "\n")
                server.flush()
                return json.loads(server.readline())
            if sys.argv[1] == "migrate":
                query("create table users (name text)")
                print("migrated")
            else:
                query("insert into users values ('Alice')")
                assert query("select name from users") == [["Alice"]]
                print("1 row, OK")
            """,
    };

    public static async Task WriteAsync(ISessionFiles files)
    {
        foreach (var (path, text) in Contents)
        {
            var options = new FileWriteOptions { Mode = path.StartsWith("bin/", StringComparison.Ordinal) ? Executable : null };
            await files.WriteAsync(path, Encoding.UTF8.GetBytes(text), options);
        }
    }
}
