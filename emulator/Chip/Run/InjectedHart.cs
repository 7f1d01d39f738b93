using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// A whole chip of one tile whose hart takes its instructions from outside, one after the other, and says of each what it did.
/// The hart knows 8 MiB of memory from 0x80000000 on, which reads 0 at reset, and nothing else.
/// </summary>
public sealed class InjectedHart
{
    /// <summary>An instruction that takes longer waits for something that never comes: no access and no division is as slow.</summary>
    private const long MostCycles = 100_000;
    private const int LogEntries = 16;

    private Chip _chip;
    private RetirementLog _log;
    private InjectedInstructions _instructions;

    public InjectedHart() => Reset();

    /// <summary>The chip: the smallest, its memory from 8 MiB on out of the hart's reach.</summary>
    public static ChipConfiguration Configuration { get; } = ConfigurationLoader.Load("tiny", ["fabric.streaming_base=8 MiB"]) with { BareHarts = true };

    /// <summary>Registers, memory, caches and time as they were at first.</summary>
    [System.Diagnostics.CodeAnalysis.MemberNotNull(nameof(_chip), nameof(_log), nameof(_instructions))]
    public void Reset()
    {
        _chip = new Chip(Configuration, toHost: null, ArrayEngine.Fast, SimdWidth.Widest, threads: 1);
        _chip.SetEntry((uint)AddressMap.Hbm);
        _log = _chip.AttachRetirementLogs(LogEntries)[0];
        _instructions = new InjectedInstructions();
        _chip.Control(0).Injected = _instructions;
    }

    /// <summary>Runs until the instruction has retired or trapped; interrupts before it are taken and not told.</summary>
    /// <returns>The fault that ended it instead, or null.</returns>
    public Fault? Execute(uint word, out Retirement record)
    {
        _instructions.Add(word);
        long limit = _chip.Cycles + MostCycles;
        long limitPs = _chip.TimeOfCycle(limit);
        while (true)
        {
            while (_log.TryRead(out record))
            {
                if (record.Trap == 0 || record.TrapCause >> 31 == 0)
                    return null;
            }

            bool alive = _chip.Step(limitPs);
            if (_chip.Faults.Pending is { } fault)
                return fault;
            if (!alive)
                return FaultReport.Deadlock(_chip);
            if (_chip.Cycles >= limit)
                return FaultReport.Watchdog(_chip, MostCycles);
        }
    }
}
