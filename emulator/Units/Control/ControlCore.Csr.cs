using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <content>Control and status registers.</content>
public sealed partial class ControlCore
{
    private const uint MachineStatusEnable = 1 << 3;
    private const uint MachineStatusPreviousEnable = 1 << 7;
    private const uint MachineStatusPrivilege = 3 << 11;
    private const uint MachineIsa = 0x4000_1101; // RV32IMA
    private const uint InhibitCycle = 1;
    private const uint InhibitRetired = 4;

    /// <summary>The table is the only place that knows it.</summary>
    private static readonly uint s_hxVersion = CsrTable.Find(Csr.Hxversion)!.Reset!.Value;

    private int AccessCsr(long edge, ref CoreState s, in DecodedInstruction i, uint source)
    {
        int number = i.Immediate;
        bool constant = i.Op is Instruction.Csrrwi or Instruction.Csrrsi or Instruction.Csrrci;
        bool swap = i.Op is Instruction.Csrrw or Instruction.Csrrwi;
        bool writes = swap || i.Rs1 != 0;
        if ((writes && number >> 10 == 3) || !IsCsr(number))
            return Trap(edge, TrapCause.Illegal, i.Word);
        uint operand = constant ? i.Rs1 : source;
        if (number is Csr.Time or Csr.Timeh)
        {
            uint address = (uint)AddressMap.Mtime + (number == Csr.Timeh ? 4u : 0);
            SystemRequest request = new() { Operation = SystemOperation.Read, Size = 4, Address = address };
            return AskSystem(edge, ref s, in request, StallUncached, out SystemReply reply)
                ? RetireWith(edge, ref s, i.Rd, reply.Data, 1)
                : _stall;
        }

        if (number == Csr.Hxqfault && swap && operand is (ResolveRetry or ResolveSkip))
            return ResolveQueueFault(edge, ref s, operand == ResolveSkip, i.Rd);
        uint old = ReadCsr(number);
        if (writes)
        {
            uint value = swap ? operand : i.Op is Instruction.Csrrs or Instruction.Csrrsi ? old | operand : old & ~operand;
            WriteCsr(ref s, number, value);

            // A counter shows what was written from the next instruction on.
            if (Log is not null)
                LogCsr(number, number is Csr.Mcycle or Csr.Mcycleh or Csr.Minstret or Csr.Minstreth ? value : ReadCsr(number));
        }

        return RetireWith(edge, ref s, i.Rd, old, 1);
    }

    private static bool IsCsr(int number) => CsrTable.Find(number) is not null;

    /// <summary>A register's present value, without effects, for firmware and debuggers; 0 for a number that does not exist.</summary>
    /// <remarks>time and timeh are read from the system side by firmware and are 0 here.</remarks>
    public uint ReadCsr(int number)
    {
        ref CoreState s = ref State;
        return number switch
        {
            Csr.Mstatus => MachineStatusPrivilege
                | (s.InterruptEnable != 0 ? MachineStatusEnable : 0)
                | (s.PreviousInterruptEnable != 0 ? MachineStatusPreviousEnable : 0),
            Csr.Misa => MachineIsa,
            Csr.Mie => s.Mie,
            Csr.Mtvec => s.Mtvec,
            Csr.Mcountinhibit => s.Mcountinhibit,
            Csr.Mscratch => s.Mscratch,
            Csr.Mepc => s.Mepc,
            Csr.Mcause => s.Mcause,
            Csr.Mtval => s.Mtval,
            Csr.Mip => s.Pending,
            Csr.Pmpcfg0 => s.Pmpcfg0,
            Csr.Pmpaddr0 => s.Pmpaddr0,
            Csr.Mcycle or Csr.Cycle => (uint)CycleCounter,
            Csr.Mcycleh or Csr.Cycleh => (uint)(CycleCounter >> 32),
            Csr.Minstret or Csr.Instret => (uint)RetiredCounter,
            Csr.Minstreth or Csr.Instreth => (uint)(RetiredCounter >> 32),
            Csr.Mimpid or Csr.Hxversion => s_hxVersion,
            Csr.Mhartid or Csr.Hxtile => (uint)_config.Tile,
            Csr.Hxwindow => s.Window,
            Csr.Hxqfault => FaultedQueue(ref s, out int queue) ? s.QueueFaults[queue].Cause | ((uint)queue << 8) : (uint)s.DescriptorInterruptQueue << 8,
            Csr.Hxqfaultaddr => FaultedQueue(ref s, out int queue) ? s.QueueFaults[queue].Address : 0,
            Csr.Hxqfaultdesc => FaultedQueue(ref s, out int queue) ? s.QueueFaults[queue].DescriptorAddress : 0,
            Csr.Hxtemphigh => s.TemperatureHigh,
            Csr.Hxfeatures => _config.Features,
            Csr.Hxrows => _config.Rows,
            Csr.Hxcolumns => _config.Columns,
            Csr.Hxpacking => _config.Packing,
            Csr.Hxspbytes => _config.ScratchpadBytes,
            Csr.Hxaccbytes => _config.AccumulatorBytes,
            Csr.Hxbanks => _config.Banks,
            Csr.Hxtiles => (uint)_config.Tiles,
            Csr.Hxchannels => (uint)_config.Homes.Count,
            Csr.Hxmemlo => (uint)_config.MemoryBytes,
            Csr.Hxmemhi => (uint)(_config.MemoryBytes >> 32),
            Csr.Hxlanes => _config.Lanes,
            Csr.Hxstream => (uint)(AddressMap.Hbm + _config.StreamBase),
            Csr.Hxslots => _config.Slots,
            Csr.Hxtemp => (uint)s.Lines.TemperatureQuarters,
            Csr.Hxthrottle => s.Lines.ThrottleTrips | (s.Lines.Throttled != 0 ? 1u << 31 : 0),
            Csr.Hxseed => _config.Seed,
            Csr.Hxhost => _config.HostKibibytes,
            _ => 0,
        };
    }

    private ulong CycleCounter =>
        (State.Mcountinhibit & InhibitCycle) != 0 ? State.CycleOffset : (ulong)_domain.Cycle + State.CycleOffset;

    private ulong RetiredCounter =>
        (State.Mcountinhibit & InhibitRetired) != 0 ? State.RetiredOffset : (ulong)State.Retired + State.RetiredOffset;

    private void WriteCsr(ref CoreState s, int number, uint value)
    {
        switch (number)
        {
            case Csr.Mstatus:
                s.InterruptEnable = (byte)((value & MachineStatusEnable) != 0 ? 1 : 0);
                s.PreviousInterruptEnable = (byte)((value & MachineStatusPreviousEnable) != 0 ? 1 : 0);
                break;
            case Csr.Mie: s.Mie = value & InterruptNumber.Writable; break;
            case Csr.Mtvec: s.Mtvec = value & ~2u; break;
            case Csr.Mcountinhibit: SetInhibit(ref s, value & (InhibitCycle | InhibitRetired)); break;
            case Csr.Mscratch: s.Mscratch = value; break;
            case Csr.Mepc: s.Mepc = value & ~3u; break;
            case Csr.Mcause: s.Mcause = value; break;
            case Csr.Mtval: s.Mtval = value; break;
            case Csr.Pmpcfg0: s.Pmpcfg0 = value; break;
            case Csr.Pmpaddr0: s.Pmpaddr0 = value; break;
            case Csr.Mcycle: SetCycle(ref s, (CycleCounter & 0xFFFF_FFFF_0000_0000) | value); break;
            case Csr.Mcycleh: SetCycle(ref s, (uint)CycleCounter | ((ulong)value << 32)); break;
            case Csr.Minstret: SetRetired(ref s, (RetiredCounter & 0xFFFF_FFFF_0000_0000) | value); break;
            case Csr.Minstreth: SetRetired(ref s, (uint)RetiredCounter | ((ulong)value << 32)); break;
            case Csr.Hxwindow:
                s.Window = value;
                s.FetchLine = DataCache.NoLine;
                break;
            case Csr.Hxtemphigh:
                s.TemperatureHigh = value;
                UpdatePending();
                break;
            default:
                break; // read-only by nature: misa, mip, tselect and kin ignore writes
        }
    }

    /// <summary>The next instruction in the next cycle reads what was written.</summary>
    private void SetCycle(ref CoreState s, ulong value) =>
        s.CycleOffset = (s.Mcountinhibit & InhibitCycle) != 0 ? value : value - (ulong)(_domain.Cycle + 1);

    /// <summary>The write replaces the writing instruction's own increment.</summary>
    private static void SetRetired(ref CoreState s, ulong value) =>
        s.RetiredOffset = (s.Mcountinhibit & InhibitRetired) != 0 ? value : value - (ulong)(s.Retired + 1);

    /// <summary>
    /// While a counter is inhibited its offset holds its value. The write holds for its own cycle and instruction already.
    /// </summary>
    private void SetInhibit(ref CoreState s, uint value)
    {
        ulong cycles = CycleCounter;
        ulong retired = RetiredCounter;
        s.Mcountinhibit = value;
        s.CycleOffset = (value & InhibitCycle) != 0 ? cycles : cycles - (ulong)_domain.Cycle;
        s.RetiredOffset = (value & InhibitRetired) != 0 ? retired : retired - (ulong)s.Retired;
    }

    /// <summary>The lowest queue that is frozen by a fault.</summary>
    private static bool FaultedQueue(ref CoreState s, out int queue)
    {
        for (queue = 0; queue < 4; queue++)
        {
            if (s.QueueFaults[queue].Cause != 0)
                return true;
        }

        queue = 0;
        return false;
    }
}
