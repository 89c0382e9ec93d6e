using Microsoft.Extensions.Logging;

namespace Stateroom.Cli.Output;

/// <summary>Writes what the library logs to standard error, a line each.</summary>
internal sealed class LineLoggers : ILoggerFactory, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public bool IsEnabled(LogLevel logLevel) => logLevel is >= LogLevel.Debug and < LogLevel.None;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!IsEnabled(logLevel)) return;
        var text = exception is null ? formatter(state, null) : $"{formatter(state, exception)} {exception}";
        Diagnostics.Line(Terminal.Dim($"{SessionView.Name(logLevel)}: {Terminal.Printable(text.ReplaceLineEndings(" "))}"));
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException("What is logged goes to standard error alone.");

    public void Dispose()
    {
    }
}
