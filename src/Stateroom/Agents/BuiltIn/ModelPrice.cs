namespace Stateroom.Agents.BuiltIn;

/// <summary>What a model costs, in US dollars per million tokens, from 0 up.</summary>
/// <param name="Input">Tokens read that the provider had not cached.</param>
/// <param name="Output">Tokens written.</param>
/// <param name="CacheRead">Tokens read from the provider's cache.</param>
/// <param name="CacheWrite">Tokens read and put into the provider's cache.</param>
public sealed record ModelPrice(decimal Input, decimal Output, decimal CacheRead, decimal CacheWrite);
