namespace Stateroom;

/// <summary>An agent cannot work with its configuration. Nothing was recorded.</summary>
/// <param name="message">What is missing and what to set.</param>
public sealed class AgentConfigurationException(string message) : StateroomException("agent_configuration", message);

/// <summary>The program of an agent could not be installed or removed. Nothing of it is left behind.</summary>
/// <param name="message">What failed, why, and what to do.</param>
public sealed class AgentInstallException(string message) : StateroomException("agent_not_installed", message);
