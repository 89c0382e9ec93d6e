using System.CommandLine;
namespace Stateroom.Cli.Tour;
internal static class TourVerb { public static Command Create() => new("tour", "x"); }
