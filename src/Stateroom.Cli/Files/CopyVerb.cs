using System.CommandLine;
using Stateroom.Cli.CommandLine;
using Stateroom.Cli.Output;

namespace Stateroom.Cli.Files;

/// <summary><c>cp SRC DST</c></summary>
internal static class CopyVerb
{
    private const string Where = "'ID:PATH' in a session (below /workspace or /home/room, or relative to /workspace), or a path of this machine; '-' is standard";

    private static readonly Argument<string> From = new("SRC") { Description = $"What to copy: {Where} input." };
    private static readonly Argument<string> To = new("DST") { Description = $"Where to: {Where} output. Into a directory that is there, under the name that SRC has." };
    private static readonly Option<bool> Tar = new("--tar") { Description = "'-' is a tar stream, not a file." };

    public static Command Create() =>
        new Command("cp", "Copy files and directories into a session or out of it, open or closed, with modes, links and times.") { From, To, Tar }
            .WithExamples(
                "stateroom cp ./project web:                      # becomes /workspace/project",
                "stateroom cp web:report.pdf .                    # into the current directory",
                "stateroom cp web:/home/room/.bashrc bashrc",
                "stateroom cp web:logs/app.log - | tail           # one file to standard output",
                "tar c src | stateroom cp --tar - web:/workspace  # a tar stream, unpacked there",
                "stateroom cp --tar web: - | gzip > web.tar.gz")
            .Runs(RunAsync);

    private static async Task<int> RunAsync(Invocation invocation)
    {
        var (from, to) = (CopySide.Parse(invocation.Get(From)), CopySide.Parse(invocation.Get(To)));
        Check(invocation, from, to);
        await using var stateroom = StateroomHost.Local();
        var files = await stateroom.OpenFilesAsync(from.Session ?? to.Session!, invocation.Cancellation);
        // Not into the middle of what goes to the same terminal.
        var progress = CopyProgress.Create(Terminal.IsStderr && !invocation.Json && !(to.IsStream && !Console.IsOutputRedirected));
        FileTransfer transfer;
        try
        {
            transfer = from.Session is null
                ? await CopyInAsync(invocation, files, from, to, progress)
                : await CopyOutAsync(invocation, files, from, to, progress);
        }
        finally
        {
            progress.End();
        }
        return Tell(invocation, transfer, to);
    }

    private static void Check(Invocation invocation, CopySide from, CopySide to)
    {
        if (from.Session is null == to.Session is null)
            throw new UsageException("Exactly one of SRC and DST is in a session, as in 'web:notes.txt'. Put './' before a file of this machine that has a colon in its name.");
        var stream = from.IsStream || to.IsStream;
        if (invocation.Get(Tar) && !stream) throw new UsageException("--tar is about a stream: give '-' for SRC or DST.");
        if (invocation.Json && to.IsStream) throw new UsageException("--json and the copy cannot both go to standard output.");
    }

    private static async Task<FileTransfer> CopyInAsync(Invocation invocation, ISessionFiles files, CopySide from, CopySide to, CopyProgress progress)
    {
        var cancellation = invocation.Cancellation;
        if (from.IsStream)
        {
            await using var input = new StandardInput(invocation.Get(Tar) ? null : progress);
            if (invocation.Get(Tar))
            {
                var unpacked = await files.WriteArchiveAsync(to.Path, input, progress, cancellation);
                // Zeros behind the end of an archive are read too: the program that writes them would fail otherwise.
                await input.CopyToAsync(Stream.Null, cancellation);
                return unpacked;
            }
            if (to.EndsWithSlash) throw new UsageException($"'{to.Path}' is a directory: give the name of the file that standard input becomes.");
            await files.WriteAsync(to.Path, input, null, cancellation);
            return new FileTransfer(1, 0, 0, input.BytesRead, []);
        }
        var isDirectory = Directory.Exists(from.Path);
        if (await IsDirectoryAsync(files, to.Path, cancellation) || (to.EndsWithSlash && !isDirectory)) to = Into(to, Path.GetFullPath(from.Path), from);
        return await files.CopyInAsync(from.Path, to.Path, progress, cancellation);
    }

    private static async Task<FileTransfer> CopyOutAsync(Invocation invocation, ISessionFiles files, CopySide from, CopySide to, CopyProgress progress)
    {
        var cancellation = invocation.Cancellation;
        if (to.IsStream)
        {
            if (invocation.Get(Tar)) return await files.ReadArchiveAsync(from.Path, DescriptorStream.Stdout, progress, cancellation);
            await using var content = await files.OpenReadAsync(from.Path, cancellation);
            var buffer = new byte[1 << 18];
            while (await content.ReadAsync(buffer, cancellation) is var count and > 0)
            {
                await DescriptorStream.Stdout.WriteAsync(buffer.AsMemory(0, count), cancellation);
                progress.Report(new FileProgress(1, content.Position));
            }
            return new FileTransfer(1, 0, 0, content.Position, []);
        }
        if (Directory.Exists(to.Path)) to = Into(to, from.Path, from);
        return await files.CopyOutAsync(from.Path, to.Path, progress, cancellation);
    }

    // As cp(1): into a directory that is there goes SRC under its own name, and 'SRC/.' is what is in it.
    private static CopySide Into(CopySide directory, string source, CopySide from)
    {
        var contents = from.Path is "." && from.Session is not null || from.Path.EndsWith("/.", StringComparison.Ordinal);
        var name = contents ? "" : new CopySide(null, source).LastName;
        return name.Length == 0 ? directory : directory.Inside(name);
    }

    private static async Task<bool> IsDirectoryAsync(ISessionFiles files, string path, CancellationToken cancellationToken)
    {
        var entry = await files.StatAsync(path, cancellationToken);
        if (entry?.Type == SessionFileType.Link) entry = await files.StatAsync($"{path}/", cancellationToken);
        return entry?.Type == SessionFileType.Directory;
    }

    private static int Tell(Invocation invocation, FileTransfer transfer, CopySide to)
    {
        if (invocation.Json)
        {
            invocation.Out.WriteLine(CliJson.Indented(
                new CopyView(transfer.Files, transfer.Directories, transfer.Links, transfer.Bytes, [.. transfer.LeftOut.Select(left => new LeftOutView(left.Path, left.Reason, left.IsCopied))]),
                CliJson.Default.CopyView));
        }
        else
        {
            foreach (var left in transfer.LeftOut) Diagnostics.Line($"{(left.IsCopied ? "not as it is" : "left out")}: {Terminal.Printable(left.Path)} {Terminal.Printable(left.Reason)}");
            if (!to.IsStream) invocation.Out.WriteLine(Summary(transfer));
        }
        return transfer.LeftOut.Count == 0 ? ExitCodes.Ok : ExitCodes.Failed;
    }

    private static string Summary(FileTransfer transfer)
    {
        (long Number, string One, string Many)[] counts = [(transfer.Files, "file", "files"), (transfer.Directories, "directory", "directories"), (transfer.Links, "link", "links")];
        var parts = counts.Where(c => c.Number > 0).Select(c => $"{c.Number} {(c.Number == 1 ? c.One : c.Many)}").DefaultIfEmpty("nothing");
        return $"Copied {string.Join(", ", parts)} ({ByteSize.Text(transfer.Bytes)}).";
    }
}
