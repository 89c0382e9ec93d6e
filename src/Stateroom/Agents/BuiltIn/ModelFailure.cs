using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;
using Anthropic.Exceptions;

namespace Stateroom.Agents.BuiltIn;

/// <summary>Why the model gave no reply.</summary>
/// <param name="Code">The result's error code.</param>
/// <param name="Message">What the provider said.</param>
/// <param name="IsTransient">True if the same request may succeed a moment later.</param>
internal sealed record ModelFailure(string Code, string Message, bool IsTransient)
{
    public const string ModelError = "model_error", AuthenticationError = "authentication_error", ContextLimit = "context_limit";

    // Providers have no code for it.
    private static readonly string[] TooLongSaid = ["prompt is too long", "exceed context limit", "context_length_exceeded", "maximum context length"];

    // Anthropic's code for a service that has too much to do.
    private const int Overloaded = 529;

    /// <summary>What a user is told while the request is tried again.</summary>
    public string Short { get; private init; } = "The request to the model failed";

    /// <summary>True if the request was larger than what the model takes.</summary>
    public bool IsTooLong => !IsTransient && Code == ModelError && (IsRefusedForItsSize || TooLongSaid.Any(said => Message.Contains(said, StringComparison.OrdinalIgnoreCase)));

    private bool IsRefusedForItsSize { get; init; }

    /// <summary>A reply that stopped in the middle without an error.</summary>
    public static ModelFailure CutOff { get; } = new(ModelError, "the reply broke off before its end", true) { Short = "The model's reply broke off" };

    /// <param name="exception">What the client threw.</param>
    /// <param name="address">The model's host and port and what names them; null if that is not ours to know.</param>
    public static ModelFailure From(Exception exception, string? address = null) => exception switch
    {
        AnthropicApiException e => FromStatus(e.StatusCode, WithStatus(e.ApiMessage, e.StatusCode)),
        AnthropicSseException e => FromType(e.Type?.Raw(), e.ApiMessage ?? "the stream broke off with an error"),
        AnthropicIOException e => Unconnected((Exception?)e.InnerException ?? e, address),
        HttpRequestException { StatusCode: { } status } e => FromStatus(status, e.Message),
        AnthropicInvalidDataException or JsonException => new(ModelError, $"the model's reply was damaged: {exception.Message}", true) { Short = "The model's reply was damaged" },
        HttpRequestException or IOException => Unconnected(exception, address),
        // The limit of one request is minutes long; trying again would only make the user wait on.
        OperationCanceledException or TimeoutException => new(ModelError, "the model did not answer in time", false),
        _ => new(ModelError, exception.Message, false),
    };

    private static ModelFailure Unconnected(Exception failure, string? address)
    {
        var where = address is null ? "" : $" ({address})";
        // A name that does not exist is misspelt; one that could not be asked for may be known a moment later.
        return failure.GetBaseException() is SocketException { SocketErrorCode: SocketError.HostNotFound or SocketError.NoData }
            ? new(ModelError, $"the model's host does not exist{where}: {failure.Message}", false)
            : new(ModelError, $"the connection to the model failed{where}: {failure.Message}", true) { Short = "The connection to the model failed" };
    }

    private static string WithStatus(string? said, HttpStatusCode status)
    {
        var code = string.Create(CultureInfo.InvariantCulture, $"HTTP status {(int)status}");
        return string.IsNullOrWhiteSpace(said) ? code : $"{said.TrimEnd('.')} ({code})";
    }

    private static ModelFailure FromStatus(HttpStatusCode status, string message) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(AuthenticationError, message, false),
        HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
            new(ModelError, message, true) { Short = Describe((int)status, " (" + ((int)status).ToString(CultureInfo.InvariantCulture) + ")") },
        HttpStatusCode.RequestEntityTooLarge => new(ModelError, message, false) { IsRefusedForItsSize = true },
        _ => new(ModelError, message, false),
    };

    private static ModelFailure FromType(string? type, string message) => type switch
    {
        "authentication_error" or "permission_error" => new(AuthenticationError, message, false),
        "overloaded_error" => new(ModelError, message, true) { Short = Describe(Overloaded, "") },
        "rate_limit_error" => new(ModelError, message, true) { Short = Describe((int)HttpStatusCode.TooManyRequests, "") },
        "api_error" or "timeout_error" => new(ModelError, message, true) { Short = Describe((int)HttpStatusCode.InternalServerError, "") },
        _ => new(ModelError, message, false),
    };

    private static string Describe(int status, string code) => status switch
    {
        Overloaded => $"The model is overloaded{code}",
        (int)HttpStatusCode.TooManyRequests => $"The model's rate limit is reached{code}",
        >= (int)HttpStatusCode.InternalServerError => $"The model's service failed{code}",
        _ => $"The model did not take the request{code}",
    };
}
