using System.Net;

namespace Stateroom.Agents.ClaudeCode.Install;

/// <summary>Fetches an archive from a registry.</summary>
internal static class ClaudeCodeDownload
{
    private static readonly TimeSpan SilenceLimit = TimeSpan.FromSeconds(60);

    // The host's own proxy variables count; where the bytes come from does not matter, since they are verified.
    private static readonly HttpClient Http = new(new SocketsHttpHandler { ConnectTimeout = TimeSpan.FromSeconds(30), AutomaticDecompression = DecompressionMethods.None, UseCookies = false })
    {
        Timeout = Timeout.InfiniteTimeSpan,
    };

    /// <summary>Fetches it.</summary>
    /// <param name="address">Where it is.</param>
    /// <param name="take">Gets the bytes as they come, their number if it is known, and what to call for each piece.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Cancels.</param>
    /// <exception cref="AgentInstallException">It cannot be had; says why and what to do.</exception>
    public static async Task FetchAsync(Uri address, Func<Stream, long?, Action, CancellationToken, Task> take, TimeProvider time, CancellationToken cancellationToken)
    {
        using var silence = new CancellationTokenSource(SilenceLimit, time);
        using var both = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, silence.Token);
        try
        {
            using var response = await Http.GetAsync(address, HttpCompletionOption.ResponseHeadersRead, both.Token).ConfigureAwait(false);
            if (!response.IsSuccessStatusCode) throw Failed(address, $"the registry answered with status {(int)response.StatusCode}");
            var body = await response.Content.ReadAsStreamAsync(both.Token).ConfigureAwait(false);
            await using var read = body.ConfigureAwait(false);
            await take(body, response.Content.Headers.ContentLength, () => silence.CancelAfter(SilenceLimit), both.Token).ConfigureAwait(false);
        }
        catch (HttpRequestException failure)
        {
            throw Failed(address, failure.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(address, $"the registry was silent for {SilenceLimit.TotalSeconds} s");
        }
    }

    // A user and password in the registry's address are not shown.
    private static AgentInstallException Failed(Uri address, string why) => new(
        $"Claude Code {ClaudeCodeProgram.Version} could not be fetched from {address.GetComponents(UriComponents.SchemeAndServer | UriComponents.Path, UriFormat.UriEscaped)}: {why.TrimEnd('.')}. " +
        "Try again, set NPM_CONFIG_REGISTRY to a registry that can be reached, or fetch the archive elsewhere ('npm pack') and use 'stateroom agent install claude-code --from FILE.tgz'.");
}
