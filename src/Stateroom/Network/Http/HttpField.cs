namespace Stateroom.Network.Http;

/// <summary>One header field, in the order and spelling in which it came.</summary>
internal readonly record struct HttpField(string Name, string Value)
{
    public bool Is(string name) => Name.Equals(name, StringComparison.OrdinalIgnoreCase);
}
