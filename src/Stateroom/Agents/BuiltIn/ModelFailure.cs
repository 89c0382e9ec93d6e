using System.Net;
using Anthropic.Exceptions;

namespace Stateroom.Agents.BuiltIn;

/// <summary>Why the model gave no reply.</summary>
/// <param name="Code">The result's error code.</param>
/// <param name="Message">What the provider said.</param>
/// <param name="IsTransient">True if the same request may succeed a moment later.</param>
internal sealed record ModelFailure(string Code, string Message, bool IsTransient)
{
    public const string ModelError = "model_error", AuthenticationError = "authentication_error";

    public static ModelFailure From(Exception exception) => exception switch
    {
        AnthropicApiException e => FromStatus(e.StatusCode, e.ApiMessage ?? $"HTTP status {(int)e.StatusCode}"),
        AnthropicSseException e => FromType(e.Type?.Raw(), e.ApiMessage ?? "the stream broke off with an error"),
        AnthropicIOException e => new(ModelError, $"the connection to the model failed: {e.InnerException?.Message ?? e.Message}", true),
        HttpRequestException { StatusCode: { } status } e => FromStatus(status, e.Message),
        HttpRequestException or IOException => new(ModelError, $"the connection to the model failed: {exception.Message}", true),
        // The limit of one request is minutes long; trying again would only make the user wait on.
        OperationCanceledException or TimeoutException => new(ModelError, "the model did not answer in time", false),
        _ => new(ModelError, exception.Message, false),
    };

    private static ModelFailure FromStatus(HttpStatusCode status, string message) => status switch
    {
        HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden => new(AuthenticationError, message, false),
        HttpStatusCode.RequestTimeout or HttpStatusCode.Conflict or HttpStatusCode.TooManyRequests or >= HttpStatusCode.InternalServerError =>
            new(ModelError, message, true),
        _ => new(ModelError, message, false),
    };

    private static ModelFailure FromType(string? type, string message) => type switch
    {
        "authentication_error" or "permission_error" => new(AuthenticationError, message, false),
        "overloaded_error" or "rate_limit_error" or "api_error" or "timeout_error" => new(ModelError, message, true),
        _ => new(ModelError, message, false),
    };
}
