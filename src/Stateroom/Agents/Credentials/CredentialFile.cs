using System.Text.Json;
using System.Text.Json.Serialization;
using Stateroom.Native;
using Stateroom.Sessions;

namespace Stateroom.Agents.Credentials;

/// <summary>credentials.json in the home directory: one credential, readable by its owner alone.</summary>
internal static class CredentialFile
{
    private const int MostBytes = 64 * 1024, Others = 0x3F /* 077 */;

    /// <summary>What is stored; null if there is no file.</summary>
    /// <exception cref="AgentConfigurationException">The file is not ours alone, or not what we write; says what to do. Its content is not shown.</exception>
    public static ModelCredential? TryRead(string path)
    {
        try
        {
            // Something planted that is no file must not hold up the opening.
            using var file = HostFile.TryOpen(path, Libc.O_RDONLY | Libc.O_NONBLOCK);
            if (file is null) return null;
            var stat = HostFile.Stat(file, path);
            if (!stat.IsRegular) throw Refused(path, "it is not a regular file", "Remove it");
            if (stat.Uid != Libc.geteuid()) throw Refused(path, $"it belongs to user {stat.Uid}, not to user {Libc.geteuid()} who runs this", "Give it to that user, or store the credential anew");
            if ((stat.Mode & Others) != 0) throw Refused(path, $"others may read or write it (mode {Convert.ToString(stat.Mode & 0xFFF, 8)})", $"Make it yours alone with 'chmod 600 {path}', and have a new key made if others could have read this one");
            if (stat.Size > MostBytes) throw Refused(path, $"it is longer than {MostBytes} bytes", "Store the credential anew");
            return Parse(HostFile.ReadFrom(file, 0, path), path);
        }
        catch (IOException failure)
        {
            throw new AgentConfigurationException($"The stored credential cannot be read. {failure.Message} Store it anew with 'stateroom agent key'.");
        }
    }

    /// <summary>Stores a credential in place of what was there.</summary>
    public static async Task WriteAsync(HomeLayout layout, ModelCredential credential, CancellationToken cancellationToken)
    {
        var json = JsonSerializer.SerializeToUtf8Bytes(new StoredCredential(credential.Kind, credential.Value), CredentialJson.Default.StoredCredential);
        using var writer = await FileLock.AcquireAsync(layout.CredentialsLock, cancellationToken).ConfigureAwait(false);
        // What a killed writer left keeps its mode when it is written again.
        HostFile.Remove(layout.Credentials + ".new");
        AtomicFile.Replace(layout.Credentials, json);
    }

    /// <summary>Removes what is stored; false if nothing was.</summary>
    public static async Task<bool> RemoveAsync(HomeLayout layout, CancellationToken cancellationToken)
    {
        using var writer = await FileLock.AcquireAsync(layout.CredentialsLock, cancellationToken).ConfigureAwait(false);
        HostFile.Remove(layout.Credentials + ".new");
        if (HostFile.TryStat(layout.Credentials) is null) return false;
        HostFile.Remove(layout.Credentials);
        Faults.Failpoint.Hit(Faults.HostFailpoint.CredentialRemoved);
        return true;
    }

    private static ModelCredential Parse(byte[] json, string path)
    {
        try
        {
            if (JsonSerializer.Deserialize(json, CredentialJson.Default.StoredCredential) is { Value: { } value } stored && ModelCredential.IsValid(value))
                return new ModelCredential(stored.Kind, value);
        }
        catch (JsonException)
        {
            // Told below, without the message: it may quote the content.
        }
        throw Refused(path, "it is not {\"kind\":\"api-key\"|\"bearer\"|\"subscription\",\"value\":\"...\"}", "Store the credential anew with 'stateroom agent key'");
    }

    private static AgentConfigurationException Refused(string path, string why, string remedy) =>
        new($"The credential in '{path}' is not taken: {why}. {remedy}.");
}

/// <summary>What the file holds.</summary>
internal sealed record StoredCredential(ModelCredentialKind Kind, string? Value)
{
    // A record would print it.
    public override string ToString() => $"{Kind} {Redaction.Mark}";
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(StoredCredential))]
internal sealed partial class CredentialJson : JsonSerializerContext;
