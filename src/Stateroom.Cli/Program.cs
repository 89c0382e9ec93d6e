using Stateroom.Cli.CommandLine;

// Read once, when the first socket is made: continuations run where the data arrived, which halves a round trip to a room.
Environment.SetEnvironmentVariable("DOTNET_SYSTEM_NET_SOCKETS_INLINE_COMPLETIONS", "1");

return await StateroomCommand.RunAsync(args);
