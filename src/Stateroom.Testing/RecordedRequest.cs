using System.Text.Json;

namespace Stateroom.Testing;

/// <summary>A request that a <see cref="ScriptedModelServer"/> got.</summary>
/// <param name="Path">Path and query.</param>
/// <param name="Headers">The headers by lower-case name, without those that carry credentials.</param>
/// <param name="Body">The body; undefined if it was not JSON.</param>
/// <param name="StatusCode">The HTTP status of the answer.</param>
public sealed record RecordedRequest(string Path, IReadOnlyDictionary<string, string> Headers, JsonElement Body, int StatusCode);
