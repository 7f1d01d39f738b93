using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// What is known about time from the records alone: when the software and the timer interrupt may be pending, and when they
/// must be; what counters may read. The reference takes such values from the chip, after they were found possible here.
/// </summary>
internal sealed class TimeWatch(Chip.Chip chip, ReferenceHart reference, int systemMegahertz, int coreMegahertz)
{
    /// <summary>System clock edges that an interrupt line or a reply may take to reach the core: a few of either clock.</summary>
    private readonly long _slack = 8 + (4 * ((systemMegahertz + coreMegahertz - 1) / coreMegahertz));

    private const int Software = 3, Timer = 7;
    private const uint Others = ~((1u << Software) | (1u << Timer));

    private bool _softwareAsked, _counterSet;
    private long _softwareChanged = long.MinValue / 2, _softwareLast = long.MinValue / 2;
    private ulong _compare = ulong.MaxValue;
    private long _compareChanged = long.MinValue / 2, _timerLast = long.MinValue / 2;
    private long _lastTime;
    private int? _due;

    /// <summary>What is impossible about a record, with the state before it; null when nothing is. To be asked before it is noted.</summary>
    public string? Impossible(in Retirement r)
    {
        long edge = SystemEdge(r.Cycle);
        bool interrupt = RetirementComparison.IsInterrupt(in r);
        int number = (int)(r.TrapCause & 0xFF);
        if (_due is { } due && (!interrupt || number > due))
            return $"    interrupt {due} was enabled and pending before this, and is not taken\n";
        if (interrupt)
            return MayBePending(number, edge) ? null : $"    interrupt {number} at system edge {edge} has no cause\n";
        if (r.Trap != 0)
            return null;
        DecodedInstruction i = Decoder.Decode(r.Word);
        if (i.Op == Instruction.Wfi)
            return AnyMayBePending(edge) ? null : $"    wfi ends at system edge {edge} without a pending interrupt\n";
        return i.Op is >= Instruction.Csrrw and <= Instruction.Csrrci && i.Rd != 0 ? ImpossibleCsr(in r, i.Immediate, edge) : null;
    }

    /// <summary>Learns from a record that was found possible, with the reference's state after it.</summary>
    public void Note(in Retirement r)
    {
        long edge = SystemEdge(r.Cycle);
        if (r.IsWrite != 0 && r.MemoryAddress == (uint)AddressMap.Msip)
        {
            _softwareLast = _softwareAsked ? edge : _softwareLast;
            _softwareAsked = (r.WriteData & 1) != 0;
            _softwareChanged = edge;
        }

        if (r.IsWrite != 0 && r.MemoryAddress is (uint)AddressMap.Mtimecmp or (uint)AddressMap.Mtimecmp + 4)
        {
            _timerLast = TimerIsDue(edge) ? edge : _timerLast;
            bool high = r.MemoryAddress != (uint)AddressMap.Mtimecmp;
            _compare = high ? (uint)_compare | ((ulong)r.WriteData << 32) : (_compare & 0xFFFF_FFFF_0000_0000) | r.WriteData;
            _compareChanged = edge;
        }

        _counterSet |= r.CsrWritten != 0 && r.CsrNumber is Csr.Mcycle or Csr.Mcycleh or Csr.Mcountinhibit;
        uint enabled = reference.TakesInterrupts ? reference.InterruptMask : 0;
        _due = MustBePending(Software, edge) && (enabled >> Software & 1) != 0 ? Software
            : MustBePending(Timer, edge) && (enabled >> Timer & 1) != 0 ? Timer : null;
    }

    private string? ImpossibleCsr(in Retirement r, int number, long edge)
    {
        switch (number)
        {
            case Csr.Cycle or Csr.Mcycle when !_counterSet:
                return RetirementComparison.Difference("cycle", r.RdValue, (uint)r.Cycle);
            case Csr.Cycleh or Csr.Mcycleh when !_counterSet:
                return RetirementComparison.Difference("cycleh", r.RdValue, (uint)(r.Cycle >> 32));
            case Csr.Timeh:
                return RetirementComparison.Difference("timeh", r.RdValue, (uint)(edge >> 32));
            case Csr.Time:
                bool possible = r.RdValue >= _lastTime && r.RdValue <= edge && r.RdValue >= edge - _slack;
                _lastTime = r.RdValue;
                return possible ? null : $"    time is {r.RdValue} at system edge {edge}\n";
            case Csr.Mip:
                foreach (int bit in (ReadOnlySpan<int>)[Software, Timer])
                {
                    bool set = (r.RdValue >> bit & 1) != 0;
                    if (set ? !MayBePending(bit, edge) : MustBePending(bit, edge))
                        return $"    mip bit {bit} is {(set ? 1 : 0)} at system edge {edge}\n";
                }

                return null;
            default:
                return null;
        }
    }

    private bool AnyMayBePending(long edge)
    {
        uint mask = reference.InterruptMask;
        return (mask & Others) != 0
            || ((mask >> Software & 1) != 0 && MayBePending(Software, edge)) || ((mask >> Timer & 1) != 0 && MayBePending(Timer, edge));
    }

    private bool MayBePending(int number, long edge) => number switch
    {
        Software => _softwareAsked || edge - _softwareLast <= _slack,
        Timer => TimerIsDue(edge) || edge - _timerLast <= _slack,
        _ => false,
    };

    private bool MustBePending(int number, long edge) => number == Software
        ? _softwareAsked && edge - _softwareChanged > _slack
        : edge - _compareChanged > _slack && TimerIsDue(edge - _slack);

    private bool TimerIsDue(long edge) => edge >= 0 && (ulong)edge >= _compare;

    private long SystemEdge(long cycle) => (long)((Int128)chip.TimeOfCycle(cycle) * systemMegahertz / 1_000_000);
}
