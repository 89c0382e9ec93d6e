namespace Stateroom.Testing.Messages;

/// <summary>An error as the Messages API reports it.</summary>
internal sealed class ApiErrorException(int status, string type, string message) : Exception(message)
{
    public int Status { get; } = status;

    public string Type { get; } = type;

    public static ApiErrorException Invalid(string message) => new(400, "invalid_request_error", message);
}
