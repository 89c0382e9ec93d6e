using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Stateroom.Tests.Sessions;

public sealed class TurnLogTests : SessionHome
{
    [Fact]
    public async Task A_turn_is_logged_with_its_session_and_without_what_was_said()
    {
        Agent.Turn = (_, _) => WorkAsync();
        var lines = new Lines();
        await using var services = new ServiceCollection().AddSingleton<ILoggerFactory>(lines).AddStateroom(Options).BuildServiceProvider();
        await using var session = await services.GetRequiredService<IStateroom>().CreateAsync("logged");
        await session.CodeAsync("the secret plan");
        Assert.Contains(lines.Told, line => line.StartsWith("Debug Stateroom: Session logged: a turn of builtin begins, with a prompt of 15 characters", StringComparison.Ordinal));
        Assert.Contains("Debug Stateroom: Session logged: bash is called (c1).", lines.Told);
        Assert.Contains("Debug Stateroom: Session logged: c1 has ended, error False, 10 characters.", lines.Told);
        Assert.Contains(lines.Told, line => line.StartsWith("Information Stateroom: Session logged: a turn of builtin ended after", StringComparison.Ordinal) && line.Contains("success True", StringComparison.Ordinal));
        Assert.DoesNotContain(lines.Told, line => line.Contains("secret", StringComparison.Ordinal));
    }

    private static async IAsyncEnumerable<TurnEvent> WorkAsync()
    {
        await Task.CompletedTask;
        yield return new ToolCallStarted("c1", "bash", JsonSerializer.SerializeToElement(new { command = "cat secret" }));
        yield return new ToolCallCompleted("c1", false, "the secret");
        yield return new TurnCompleted(new TurnResult { Success = true, Response = "the secret", Turns = 2 });
    }

    private sealed class Lines : ILoggerFactory
    {
        public List<string> Told { get; } = [];

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public ILogger CreateLogger(string categoryName) => new Logger(this, categoryName);

        public void Dispose()
        {
        }

        private sealed class Logger(Lines lines, string category) : ILogger
        {
            public IDisposable? BeginScope<TState>(TState state)
                where TState : notnull => null;

            public bool IsEnabled(LogLevel logLevel) => true;

            public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
            {
                lock (lines.Told) lines.Told.Add($"{logLevel} {category}: {formatter(state, exception)}");
            }
        }
    }
}
