using Stateroom.Tests.Faults;
using Xunit.Runner.InProc.SystemConsole;

// The runner of the tests, or the process that a test kills.
return args is [FaultChild.Verb, var home] ? await FaultChild.MainAsync(home) : await ConsoleRunner.Run(args);
