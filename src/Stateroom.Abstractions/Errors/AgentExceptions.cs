namespace Stateroom;

/// <summary>An agent cannot work with its configuration. Nothing was recorded.</summary>
/// <param name="message">What is missing and what to set.</param>
public sealed class AgentConfigurationException(string message) : StateroomException("agent_configuration", message);
