using Stateroom.Cli.CommandLine;

StandardDescriptors.Ensure();
return await StateroomCommand.RunAsync(args);
