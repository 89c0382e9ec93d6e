using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Threading.Channels;

namespace Stateroom.Agents.ClaudeCode;

/// <summary>The command line as it runs in a room: lines of JSON go in and come out. One turn at a time uses it.</summary>
internal sealed class ClaudeProcess : IAsyncDisposable
{
    // The CLI's word for the model that it would choose itself; without it a resumed conversation keeps its last one.
    private const string OwnChoice = "default";

    private const int MostWaitingLines = 1024, ErrorTailBytes = 4096;

    private readonly IExec _exec;
    private readonly SemaphoreSlim _writing = new(1);
    private readonly Channel<JsonElement> _lines = Channel.CreateBounded<JsonElement>(new BoundedChannelOptions(MostWaitingLines) { SingleReader = true, SingleWriter = true });
    private readonly StringBuilder _errors = new();
    private readonly CancellationTokenSource _disposing = new();
    private readonly Task _reading;
    private long _requests;

    private string? _model;
    private int _disposed;

    private ClaudeProcess(IExec exec, IReadOnlyList<string> arguments, string? model)
    {
        (_exec, Arguments, _model) = (exec, arguments, model);
        _reading = ReadAsync();
    }

    /// <summary>Sets it apart from every other process that speaks in the same conversation.</summary>
    public string Owner => _exec.Id;

    /// <summary>What it was started with.</summary>
    public IReadOnlyList<string> Arguments { get; }

    public bool HasEnded => _lines.Reader.Completion.IsCompleted;

    /// <summary>The end of its standard error, for messages.</summary>
    public string Errors
    {
        get { lock (_errors) return _errors.ToString().Trim(); }
    }

    /// <summary>Starts it. It ends with the handle of the sandbox: nobody else could talk to it, and it would keep the room from becoming idle.</summary>
    /// <exception cref="ExecStartException">The program is not there.</exception>
    public static async Task<ClaudeProcess> StartAsync(
        ISandbox sandbox, string program, IReadOnlyList<string> arguments, string? model, string conversation, bool resume,
        IReadOnlyDictionary<string, string?> environment, CancellationToken cancellationToken)
    {
        string[] which = ["--model", model ?? OwnChoice, resume ? "--resume" : "--session-id", conversation];
        var options = new ExecOptions { StreamInput = true, EndWithHandle = true, Environment = environment };
        var exec = await sandbox.StartAsync([program, .. arguments, .. which], options, cancellationToken).ConfigureAwait(false);
        return new ClaudeProcess(exec, arguments, model);
    }

    /// <summary>
    /// Waits until it answers, with the model that is wanted. What it had still to say of an earlier turn is passed over.
    /// </summary>
    /// <returns>False if it has ended or does not answer.</returns>
    public async Task<bool> PrepareAsync(string? model, TimeSpan patience, TimeProvider time, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(patience, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            var answer = model == _model
                ? await RequestAsync("initialize", null, both.Token).ConfigureAwait(false)
                : await RequestAsync("set_model", request => request["model"] = model ?? OwnChoice, both.Token).ConfigureAwait(false);
            while (await ReadAsync(both.Token).ConfigureAwait(false) is { } line)
            {
                if (line.Text("type") != "control_response" || line.Member("response").Text("request_id") != answer) continue;
                // It asks the provider about a model, on a path that rooms do not reach: then a new process takes it.
                if (model != _model && line.Member("response").Text("subtype") != "success") return false;
                _model = model;
                return true;
            }
            return false;
        }
        catch (Exception e) when (e is InvalidDataException || (e is OperationCanceledException && !cancellationToken.IsCancellationRequested))
        {
            return false;
        }
    }

    /// <summary>The next line; null when the process has ended. What it prints that is no JSON is left out.</summary>
    public async ValueTask<JsonElement?> ReadAsync(CancellationToken cancellationToken)
    {
        while (await _lines.Reader.WaitToReadAsync(cancellationToken).ConfigureAwait(false))
        {
            while (_lines.Reader.TryRead(out var line))
            {
                if (line.ValueKind == JsonValueKind.Object) return line;
            }
        }
        return null;
    }

    public async Task SendAsync(JsonObject message, CancellationToken cancellationToken)
    {
        var line = Encoding.UTF8.GetBytes(message.ToJsonString() + "\n");
        await _writing.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            // Half a line would spoil the next one.
            await _exec.WriteInputAsync(line, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is StateroomException or InvalidOperationException or IOException)
        {
            // It has ended, or its input has: its output says so.
        }
        finally
        {
            _writing.Release();
        }
    }

    /// <summary>Sends a request about the process itself.</summary>
    /// <returns>The request's id, which the answer carries.</returns>
    public async Task<string> RequestAsync(string subtype, Action<JsonObject>? fill, CancellationToken cancellationToken)
    {
        var id = $"host-{Interlocked.Increment(ref _requests)}";
        var request = new JsonObject { ["subtype"] = subtype };
        fill?.Invoke(request);
        await SendAsync(new JsonObject { ["type"] = "control_request", ["request_id"] = id, ["request"] = request }, cancellationToken).ConfigureAwait(false);
        return id;
    }

    /// <summary>Waits for its end, which has begun.</summary>
    public Task<ExecResult> WaitAsync(CancellationToken cancellationToken) => _exec.WaitAsync(cancellationToken);

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref _disposed, 1) != 0) return;
        await _exec.CancelAsync().ConfigureAwait(false);
        await _disposing.CancelAsync().ConfigureAwait(false);
        await _reading.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _exec.DisposeAsync().ConfigureAwait(false);
    }

    private async Task ReadAsync()
    {
        Exception? failure = null;
        try
        {
            var lines = new JsonLines();
            await foreach (var chunk in _exec.ReadOutputAsync(cancellationToken: _disposing.Token).ConfigureAwait(false))
            {
                if (chunk.Stream == OutputStream.Stderr) Keep(chunk.Data.Span);
                else
                    foreach (var line in lines.Add(chunk.Data)) await _lines.Writer.WriteAsync(line, _disposing.Token).ConfigureAwait(false);
            }
        }
        catch (Exception e)
        {
            // Whoever reads the lines learns of it there.
            failure = e is OperationCanceledException ? null : e;
        }
        _lines.Writer.Complete(failure);
    }

    private void Keep(ReadOnlySpan<byte> data)
    {
        lock (_errors)
        {
            _errors.Append(Encoding.UTF8.GetString(data));
            if (_errors.Length > ErrorTailBytes) _errors.Remove(0, _errors.Length - ErrorTailBytes);
        }
    }
}
