using Stateroom.Tests.Agents.Conformance;
using Stateroom.Tests.Faults;
using Xunit.Runner.InProc.SystemConsole;

// The runner of the tests, or a process that a test starts, and may kill.
return args switch
{
    [FaultChild.Verb, var home] => await FaultChild.MainAsync(home),
    [AgentChild.Verb, var agent, var model, var home, var session, var prompt] => await AgentChild.MainAsync(agent, new Uri(model), home, session, prompt),
    _ => await ConsoleRunner.Run(args),
};
