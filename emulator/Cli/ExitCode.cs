using HybridEmu.Kernel;

namespace HybridEmu.Cli;

/// <summary>What the process says to its caller.</summary>
public enum ExitCode
{
    /// <summary>The firmware passed, or the verb did its work.</summary>
    Passed = 0,

    /// <summary>The firmware reported failure, or a check failed.</summary>
    Failed = 1,

    /// <summary>Bad usage, input or configuration.</summary>
    BadInput = 2,

    /// <summary>A fault, deadlock or watchdog.</summary>
    Fault = 3,

    /// <summary>A defect of the emulator itself.</summary>
    Defect = 4,

    /// <summary>SIGHUP.</summary>
    HungUp = 129,

    /// <summary>SIGINT: Ctrl-C.</summary>
    Interrupted = 130,

    /// <summary>Nobody reads stdout any more.</summary>
    PipeClosed = 141,

    /// <summary>SIGTERM.</summary>
    Terminated = 143,
}

/// <summary>The outcome of a run as an exit code.</summary>
public static class Outcome
{
    public static ExitCode Of(Fault? fault, uint? firmwareCode) =>
        fault is not null ? ExitCode.Fault : firmwareCode == 0 ? ExitCode.Passed : ExitCode.Failed;
}

/// <summary>A mistake of the user, told in whole sentences; ends the verb with <see cref="ExitCode.BadInput"/>.</summary>
public sealed class UserException(IReadOnlyList<string> messages) : Exception(string.Join(Environment.NewLine, messages))
{
    public UserException(string message)
        : this([message])
    {
    }

    public IReadOnlyList<string> Messages { get; } = messages;
}
