using System.Net;
using System.Text;
using System.Text.Json;
using Stateroom.Testing;

namespace Stateroom.Tests.Testing;

/// <summary>A scripted model and a bare HTTP client, without the help and the habits of any SDK.</summary>
internal sealed class ModelClient(ScriptedModelServer server) : IAsyncDisposable
{
    private readonly HttpClient _http = new() { BaseAddress = server.BaseAddress, Timeout = Patience.Limit };

    public ScriptedModelServer Server => server;

    public static async Task<ModelClient> StartAsync(string turns) =>
        new(await ScriptedModelServer.StartAsync(Scenario.Parse($$"""{ "turns": [ {{turns}} ] }""")));

    /// <summary>A request with the given messages and tools named <c>bash</c>.</summary>
    public Task<(HttpStatusCode Status, string Body)> SendMessagesAsync(string messages, string more = "") => SendAsync("v1/messages", $$"""
        { "model": "claude-opus-5-5", "max_tokens": 100, "messages": {{messages}},
          "tools": [ { "name": "bash", "description": "runs", "input_schema": { "type": "object", "properties": {} } } ] {{more}} }
        """);

    public async Task<(HttpStatusCode Status, string Body)> SendAsync(string path, string body, string? key = "any", string? version = "2023-06-01")
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = new StringContent(body, Encoding.UTF8, "application/json") };
        if (key is not null)
            request.Headers.Add("x-api-key", key);
        if (version is not null)
            request.Headers.Add("anthropic-version", version);
        using var response = await _http.SendAsync(request);
        return (response.StatusCode, await response.Content.ReadAsStringAsync());
    }

    public static (string Type, string Message) Error(string body)
    {
        using var document = JsonDocument.Parse(body);
        var error = document.RootElement.GetProperty("error");
        return (error.GetProperty("type").GetString()!, error.GetProperty("message").GetString()!);
    }

    public async ValueTask DisposeAsync()
    {
        _http.Dispose();
        await server.DisposeAsync();
    }
}
