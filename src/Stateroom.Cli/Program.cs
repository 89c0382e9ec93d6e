using Stateroom.Cli.CommandLine;

return await StateroomCommand.RunAsync(args);
