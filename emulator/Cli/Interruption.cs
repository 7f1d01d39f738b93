using System.Runtime.InteropServices;

namespace HybridEmu.Cli;

/// <summary>A signal asked the run to end. Earlier outputs stay as they were; what was written so far stays under its temporary name.</summary>
public sealed class InterruptedException(ExitCode code, string signal) : Exception($"interrupted by {signal}")
{
    /// <summary>128 + the signal's number, as shells have it.</summary>
    public ExitCode Code { get; } = code;
}

/// <summary>Takes SIGINT, SIGTERM and SIGHUP while a run is under way; a second one ends the process at once.</summary>
internal sealed class Interruption : IDisposable
{
    private readonly List<PosixSignalRegistration> _registrations;
    private volatile InterruptedException? _asked;

    public Interruption() => _registrations =
    [
        Take(PosixSignal.SIGINT, ExitCode.Interrupted, "SIGINT"),
        Take(PosixSignal.SIGTERM, ExitCode.Terminated, "SIGTERM"),
        Take(PosixSignal.SIGHUP, ExitCode.HungUp, "SIGHUP"),
    ];

    /// <exception cref="InterruptedException">A signal came.</exception>
    public void ThrowIfAsked()
    {
        if (_asked is { } asked)
            throw asked;
    }

    public void Dispose() => _registrations.ForEach(r => r.Dispose());

    private PosixSignalRegistration Take(PosixSignal signal, ExitCode code, string name) => PosixSignalRegistration.Create(signal, context =>
    {
        context.Cancel = _asked is null;
        _asked ??= new InterruptedException(code, name);
    });
}
