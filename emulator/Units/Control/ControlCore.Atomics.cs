using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <content>LR, SC and AMOs, performed in the L1D with the line writable there.</content>
public sealed partial class ControlCore
{
    /// <summary>Executes one. False: not done (yet), and _stall says why.</summary>
    private bool Atomic(long edge, ref CoreState s, Instruction op, uint address, uint operand, out uint result)
    {
        result = 0;
        bool load = op == Instruction.LrW;
        if ((address & 3) != 0)
        {
            _stall = Trap(edge, load ? TrapCause.LoadMisaligned : TrapCause.StoreMisaligned, address);
            return false;
        }

        if (Locate(address, out ulong target) != MemorySpace.Cacheable)
        {
            _stall = Trap(edge, load ? TrapCause.LoadAccess : TrapCause.StoreAccess, address);
            return false;
        }

        // Every atomic is ordered after all earlier stores, whatever its aq and rl.
        if (s.StoreCount != 0)
        {
            _stall = Stall(StallStoreBuffer);
            return false;
        }

        ulong line = target & ~63UL;
        if (op == Instruction.ScW && _data.State.ReservationLine != line)
        {
            _data.State.ReservationLine = DataCache.NoLine;
            result = 1;
            s.Atomics++;
            return true;
        }

        int frame = _data.Find(line);
        if (frame < 0 || !_data.IsWritable(frame))
        {
            // LR too takes the line writable, so that its SC needs no second transaction that could lose the race.
            _data.StartMiss(line, CoherenceType.GetModified);
            _stall = Stall(StallAtomicMiss);
            return false;
        }

        int offset = (int)target & 63;
        uint old = _data.Read(frame, offset, 4);
        s.Atomics++;
        if (load)
        {
            _data.State.ReservationLine = line;
            result = old;
            if (Log is not null)
                LogRead(address, 4, old);
            return true;
        }

        uint written = op == Instruction.ScW ? operand : Combine(op, old, operand);
        _data.Write(frame, offset, 4, written);
        if (op == Instruction.ScW)
            _data.State.ReservationLine = DataCache.NoLine;
        else
            result = old;
        if (Log is not null)
            LogAtomic(op, address, old, written);
        return true;
    }

    private static uint Combine(Instruction op, uint old, uint operand) => op switch
    {
        Instruction.AmoswapW => operand,
        Instruction.AmoaddW => old + operand,
        Instruction.AmoxorW => old ^ operand,
        Instruction.AmoandW => old & operand,
        Instruction.AmoorW => old | operand,
        Instruction.AmominW => (uint)Math.Min((int)old, (int)operand),
        Instruction.AmomaxW => (uint)Math.Max((int)old, (int)operand),
        Instruction.AmominuW => Math.Min(old, operand),
        Instruction.AmomaxuW => Math.Max(old, operand),
        _ => throw new InvalidOperationException("Not an AMO."),
    };
}
