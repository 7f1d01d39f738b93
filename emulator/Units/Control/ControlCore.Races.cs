using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>What the core tells the race checker: its own accesses to scratchpad and accumulators, and barriers.</summary>
public sealed partial class ControlCore
{
    /// <summary>The chip's race checker, or null when it is off. It takes no cycles and changes none.</summary>
    public RaceChecker? Races { get; set; }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private void CheckRace(long edge, uint address, int size, bool write)
    {
        if (Races!.CoreAccess(_config.Tile, address, size, write) is not { } conflict)
            return;
        Halt();
        _faults.Raise(new Fault(
            FaultKind.Race,
            _name,
            $"pc 0x{State.Pc:x8}",
            edge,
            $"The core's {(write ? "store to" : "load from")} 0x{address:x8} is not ordered against {RaceChecker.AgentName(conflict.Agent)} #{conflict.Index - 1}.",
            "Wait for that descriptor by hx.drain or hx.semwait first; checks.races=off turns the checker off."));
    }
}
