using System.CommandLine;
using Stateroom.Cli.CommandLine;

namespace Stateroom.Cli.Sessions;

/// <summary><c>session ...</c></summary>
internal static class SessionVerb
{
    public static Command Create() =>
        new Command("session", "Start, list, look at, close, restore and remove sessions.")
        {
            StartVerb.Create(),
            ListVerb.Create(),
            ShowVerb.Create(),
            HistoryVerb.Create(),
            MessagesVerb.Create(),
            NetworkVerb.Create(),
            CloseVerb.Create(),
            RestoreVerb.Create(),
            RemoveVerb.Create(),
        }.WithExamples("stateroom session start -n web", "stateroom session list --state idle", "stateroom session rm web");
}
