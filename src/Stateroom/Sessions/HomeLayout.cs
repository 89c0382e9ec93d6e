using System.Security.Cryptography;
using System.Text;

namespace Stateroom.Sessions;

/// <summary>Where things lie beneath the home directory. Ids are checked before they come here.</summary>
internal sealed class HomeLayout(string home)
{
    // NAME_MAX is 255 and ids may be as long; names that add to an id shorten long ones. '~' is not a character of ids.
    private const int LongestPlainName = 200;

    public string Home { get; } = home;

    public string Sessions { get; } = home + "/sessions";

    public string Locks { get; } = home + "/locks";

    public string Run { get; } = home + "/run";

    public string Trash { get; } = home + "/trash";

    public string Ephemeral { get; } = home + "/ephemeral";

    /// <summary>Programs of agents that run in rooms; rooms see it read-only.</summary>
    public string Agents { get; } = home + "/agents";

    /// <summary>The credential of the model; rooms do not see it.</summary>
    public string Credentials => Home + "/credentials.json";

    public string AgentsLock => Locks + "/.agents";

    public string CredentialsLock => Locks + "/.credentials";

    public string HostUids => Home + "/uids";

    // '.' is not a character of ids either.
    public string HostUidsLock => Locks + "/.uids";

    public string Lock(string id) => $"{Locks}/{Shorten(id)}";

    public string TurnLock(string id) => $"{Locks}/{Shorten(id)}.turn";

    public string NetworkLock(string id) => $"{Locks}/{Shorten(id)}.network";

    public string OwnerLock(string id) => $"{Locks}/{Shorten(id)}.owner";

    public string EphemeralMarker(string id) => $"{Ephemeral}/{id}";

    public string NewTrash(string id, TimeProvider time) => $"{Trash}/{Shorten(id)}-{SessionId.New(time)}";

    public SessionPaths Session(string id) => new($"{Sessions}/{id}");

    private static string Shorten(string id) =>
        id.Length <= LongestPlainName ? id : $"{id[..128]}~{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(id)))}";
}

/// <summary>Where one session's things lie.</summary>
internal sealed record SessionPaths(string Directory)
{
    public string Workspace => Directory + "/workspace";

    public string Home => Directory + "/home";

    public string Metadata => Directory + "/.stateroom";

    public string Record => Directory + "/.stateroom/session.json";

    public string History => Directory + "/.stateroom/history.jsonl";

    public string Messages => Directory + "/.stateroom/messages.jsonl";

    public string Network => Directory + "/.stateroom/network.jsonl";

    public string Executions => Directory + "/.stateroom/executions";
}
