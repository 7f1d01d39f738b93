namespace HybridEmu.Kernel;

/// <summary>Kinds of a program's mistake that end a run. Traps that firmware handles never become one of these.</summary>
public enum FaultKind
{
    None,
    UnhandledTrap,
    QueueFault,
    Race,
    Aliasing,
    UnmappedAddress,
    SemaphoreOverflow,
    Deadlock,
    Watchdog,

    /// <summary>Memory returned a word that its ECC could not correct.</summary>
    MemoryError,
}

/// <summary>A program's mistake: what, where, when, and what to do about it.</summary>
/// <param name="Kind">What class of mistake.</param>
/// <param name="Unit">The unit that saw it, as the breadboard names it: tile0.dispatch.</param>
/// <param name="Where">The place in the program: a pc, or queue and descriptor.</param>
/// <param name="Edge">Edge of the unit's domain.</param>
/// <param name="Message">One sentence: what happened.</param>
/// <param name="Hint">One sentence: what to do.</param>
public sealed record Fault(FaultKind Kind, string Unit, string Where, long Edge, string Message, string Hint);

/// <summary>
/// Where units report a fault that no architecture handles; the run loop looks at it after each time step. The first
/// fault by (unit name) order at the earliest time wins, so the report does not depend on evaluation order.
/// </summary>
public sealed class FaultLatch
{
    public Fault? Pending { get; private set; }

    public void Raise(Fault fault)
    {
        if (Pending is null || string.CompareOrdinal(fault.Unit, Pending.Unit) < 0)
            Pending = fault;
    }
}
