using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Extensions;
using Stateroom.Testing.Messages;

namespace Stateroom.Testing;

/// <summary>Answers the requests of a <see cref="ScriptedModelServer"/>.</summary>
internal sealed class ScriptedModel(Scenario scenario, string? apiKey, TimeProvider time) : IDisposable
{
    private readonly CancellationTokenSource _stopping = new();
    private readonly ConditionalWeakTable<object, StrongBox<int>> _failures = [];

    public RequestLog Log { get; } = new();

    public Task StopAsync() => _stopping.CancelAsync();

    public void Dispose() => _stopping.Dispose();

    public async Task AnswerAsync(HttpContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, _stopping.Token);
        try
        {
            var body = await ReadBodyAsync(context.Request, ending.Token).ConfigureAwait(false);
            try
            {
                await AnswerAsync(context, body, ending.Token).ConfigureAwait(false);
            }
            catch (ApiErrorException e)
            {
                Record(context, body, e.Status);
                await WriteErrorAsync(context.Response, e, ending.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client left, or the server stops: there is no one to answer.
            context.Abort();
        }
    }

    private async Task AnswerAsync(HttpContext context, JsonElement body, CancellationToken cancellationToken)
    {
        CheckCredentials(context.Request);
        var isCount = context.Request.Path == "/v1/messages/count_tokens";
        if (!HttpMethods.IsPost(context.Request.Method) || (!isCount && context.Request.Path != "/v1/messages"))
            throw new ApiErrorException(404, "not_found_error", $"{context.Request.Method} {context.Request.Path}: not found");
        if (string.IsNullOrEmpty(context.Request.Headers["anthropic-version"]))
            throw ApiErrorException.Invalid("anthropic-version: header is required");
        if (body.ValueKind == JsonValueKind.Undefined)
            throw ApiErrorException.Invalid("The request body is not valid JSON.");

        var request = MessagesRequest.Parse(body, isCount);
        if (isCount)
        {
            Record(context, body, 200);
            await WriteJsonAsync(context.Response, 200, new JsonObject { ["input_tokens"] = request.InputTokens }, cancellationToken).ConfigureAwait(false);
            return;
        }

        var reply = ReplyPlanner.Plan(scenario, request);
        var error = IsDue(reply.Script.Error, reply.Script.Error?.Times) ? reply.Script.Error : null;
        var cut = error is null && IsDue(reply.Script.Break, reply.Script.Break?.Times) ? reply.Script.Break : null;
        if ((error is { InStream: true } || cut is not null) && !request.Stream)
            throw ApiErrorException.Invalid("scenario: the reply breaks off its stream, and the client did not ask for one.");
        Record(context, body, error is { InStream: false } ? error.Status : 200);
        if (reply.Script.DelayMs > 0)
            await Task.Delay(TimeSpan.FromMilliseconds(reply.Script.DelayMs), time, cancellationToken).ConfigureAwait(false);
        if (error is { InStream: false, RetryAfter: { } retryAfter })
            context.Response.Headers.RetryAfter = retryAfter;
        if (error is { InStream: false })
            await WriteErrorAsync(context.Response, new ApiErrorException(error.Status, error.Type, error.Message), cancellationToken).ConfigureAwait(false);
        else if (cut is not null)
            await WriteBrokenAsync(context, reply, cut, cancellationToken).ConfigureAwait(false);
        else
            await WriteReplyAsync(context.Response, request, reply, error, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteBrokenAsync(HttpContext context, PlannedReply reply, ScenarioBreak cut, CancellationToken cancellationToken)
    {
        // A length that is never reached: the client gets what was sent, and then no end of the response but that of the connection.
        if (cut.How == ScenarioBreakKind.Abort)
            context.Response.ContentLength = int.MaxValue;
        await SseReply.StartAsync(context.Response, reply, cancellationToken).ConfigureAwait(false);
        if (!cut.AtStart)
            await SseReply.WriteAsync(context.Response, reply, isCutOff: true, time, cancellationToken).ConfigureAwait(false);
        if (cut.How == ScenarioBreakKind.Malformed)
            await SseReply.MalformedAsync(context.Response, cancellationToken).ConfigureAwait(false);
    }

    private async Task WriteReplyAsync(
        HttpResponse response, MessagesRequest request, PlannedReply reply, ScenarioError? error, CancellationToken cancellationToken)
    {
        if (request.Stream)
        {
            await SseReply.StartAsync(response, reply, cancellationToken).ConfigureAwait(false);
            await SseReply.WriteAsync(response, reply, isCutOff: error is not null || reply.Script.Hang, time, cancellationToken).ConfigureAwait(false);
        }

        if (error is not null)
        {
            await SseReply.ErrorAsync(response, error, cancellationToken).ConfigureAwait(false);
            return;
        }

        if (reply.Script.Hang)
            await Task.Delay(Timeout.InfiniteTimeSpan, TimeProvider.System, cancellationToken).ConfigureAwait(false);
        if (request.Stream)
            await SseReply.EndAsync(response, reply, cancellationToken).ConfigureAwait(false);
        else
            await WriteJsonAsync(response, 200, reply.ToMessage(isStart: false), cancellationToken).ConfigureAwait(false);
    }

    private bool IsDue([NotNullWhen(true)] object? failure, int? times) =>
        failure is not null && (times is not { } most || Interlocked.Increment(ref _failures.GetOrCreateValue(failure).Value) <= most);

    private void CheckCredentials(HttpRequest request)
    {
        var given = request.Headers["x-api-key"].ToString();
        if (given.Length == 0 && request.Headers.Authorization.ToString() is { } header && header.StartsWith("Bearer ", StringComparison.Ordinal))
            given = header["Bearer ".Length..];
        if (given.Length == 0)
            throw new ApiErrorException(401, "authentication_error", "x-api-key header is required");
        if (apiKey is not null && !CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(given), Encoding.UTF8.GetBytes(apiKey)))
            throw new ApiErrorException(401, "authentication_error", "invalid x-api-key");
    }

    private void Record(HttpContext context, JsonElement body, int status)
    {
        var headers = context.Request.Headers.Where(h => !h.Key.Equals("x-api-key", StringComparison.OrdinalIgnoreCase)
            && !h.Key.Equals("authorization", StringComparison.OrdinalIgnoreCase));
        Log.Add(new RecordedRequest(
            context.Request.GetEncodedPathAndQuery(), headers.ToDictionary(h => h.Key.ToLowerInvariant(), h => h.Value.ToString()), body, status));
    }

    private static async Task<JsonElement> ReadBodyAsync(HttpRequest request, CancellationToken cancellationToken)
    {
        try
        {
            using var document = await JsonDocument.ParseAsync(request.Body, cancellationToken: cancellationToken).ConfigureAwait(false);
            return document.RootElement.Clone();
        }
        catch (JsonException)
        {
            return default;
        }
    }

    private static Task WriteErrorAsync(HttpResponse response, ApiErrorException error, CancellationToken cancellationToken) =>
        WriteJsonAsync(response, error.Status, new JsonObject
        {
            ["type"] = "error",
            ["error"] = new JsonObject { ["type"] = error.Type, ["message"] = error.Message },
        }, cancellationToken);

    private static Task WriteJsonAsync(HttpResponse response, int status, JsonObject body, CancellationToken cancellationToken)
    {
        response.StatusCode = status;
        response.ContentType = "application/json";
        return response.WriteAsync(body.ToJsonString(), cancellationToken);
    }
}
