using HybridEmu.Isa;

namespace HybridEmu.Reference;

/// <content>Control and status registers, traps and interrupts.</content>
public sealed partial class ReferenceHart
{
    private const uint InterruptBit = 0x8000_0000;
    private const uint EnableBit = 1 << 3;
    private const uint PreviousEnableBit = 1 << 7;
    private const uint MachinePrivilege = 3 << 11;
    private const uint KnownInterrupts = (1u << 3) | (1u << 7) | (1u << 16) | (1u << 17);
    private const uint InhibitRetired = 4;

    private uint _mie, _mtvec, _mscratch, _mepc, _mcause, _mtval, _mcountinhibit, _pmpcfg0, _pmpaddr0;
    private uint _window = 7, _temperatureHigh = 0x7FFF_FFFF;
    private bool _enabled, _previouslyEnabled;
    private ulong _instret;
    private ulong? _instretWritten;

    private uint AccessCsr(DecodedInstruction i, uint source)
    {
        int number = i.Immediate;
        bool constant = i.Op is Instruction.Csrrwi or Instruction.Csrrsi or Instruction.Csrrci;
        bool swap = i.Op is Instruction.Csrrw or Instruction.Csrrwi;
        bool writes = swap || i.Rs1 != 0;
        CsrRow? row = CsrTable.Find(number);
        if (row is null || (writes && row.Access == CsrAccess.ReadOnly))
            throw new TrapTaken(Cause.Illegal, i.Word);
        uint operand = constant ? i.Rs1 : source;
        uint old = ReadCsr(number);
        if (!writes)
            return old;
        bool set = i.Op is Instruction.Csrrs or Instruction.Csrrsi;
        WriteCsr(number, swap ? operand : set ? old | operand : old & ~operand);
        _record.CsrNumber = number;
        _record.CsrValue = number switch
        {
            Csr.Minstret => (uint)(_instretWritten ?? 0),
            Csr.Minstreth => (uint)((_instretWritten ?? 0) >> 32),
            _ => ReadCsr(number),
        };
        return old;
    }

    private uint ReadCsr(int number)
    {
        switch (number)
        {
            case Csr.Mstatus: return MachinePrivilege | (_enabled ? EnableBit : 0) | (_previouslyEnabled ? PreviousEnableBit : 0);
            case Csr.Mie: return _mie;
            case Csr.Mtvec: return _mtvec;
            case Csr.Mcountinhibit: return _mcountinhibit;
            case Csr.Mscratch: return _mscratch;
            case Csr.Mepc: return _mepc;
            case Csr.Mcause: return _mcause;
            case Csr.Mtval: return _mtval;
            case Csr.Pmpcfg0: return _pmpcfg0;
            case Csr.Pmpaddr0: return _pmpaddr0;
            case Csr.Minstret or Csr.Instret: return (uint)_instret;
            case Csr.Minstreth or Csr.Instreth: return (uint)(_instret >> 32);
            case Csr.Hxwindow: return _window;
            case Csr.Hxtemphigh: return _temperatureHigh;
            case Csr.Mhartid or Csr.Hxtile: return (uint)_config.Hart;
            case Csr.Mcycle or Csr.Mcycleh or Csr.Cycle or Csr.Cycleh or Csr.Time or Csr.Timeh or Csr.Mip
                or Csr.Hxqfault or Csr.Hxqfaultaddr or Csr.Hxqfaultdesc or Csr.Hxtemp or Csr.Hxthrottle:
                return Timed();
            default:
                return _config.Constants.TryGetValue(number, out uint value) ? value : CsrTable.Find(number)?.Reset ?? 0;
        }
    }

    private void WriteCsr(int number, uint value)
    {
        switch (number)
        {
            case Csr.Mstatus:
                _enabled = (value & EnableBit) != 0;
                _previouslyEnabled = (value & PreviousEnableBit) != 0;
                break;
            case Csr.Mie: _mie = value & KnownInterrupts; break;
            case Csr.Mtvec: _mtvec = value & ~2u; break;
            case Csr.Mcountinhibit: _mcountinhibit = value & (InhibitRetired | 1); break;
            case Csr.Mscratch: _mscratch = value; break;
            case Csr.Mepc: _mepc = value & ~3u; break;
            case Csr.Mcause: _mcause = value; break;
            case Csr.Mtval: _mtval = value; break;
            case Csr.Pmpcfg0: _pmpcfg0 = value; break;
            case Csr.Pmpaddr0: _pmpaddr0 = value; break;
            case Csr.Minstret: _instretWritten = (_instret & 0xFFFF_FFFF_0000_0000) | value; break;
            case Csr.Minstreth: _instretWritten = (uint)_instret | ((ulong)value << 32); break;
            case Csr.Hxwindow: _window = value; break;
            case Csr.Hxtemphigh: _temperatureHigh = value; break;
        }
    }

    /// <summary>minstret: a write of it replaces the increment of the instruction that writes; inhibiting counts from itself.</summary>
    private void CountRetired()
    {
        bool inhibited = (_mcountinhibit & InhibitRetired) != 0;
        _instret = _instretWritten ?? (inhibited ? _instret : _instret + 1);
        _instretWritten = null;
    }

    private void Interrupt(int number)
    {
        if (!_enabled || (_mie >> number & 1) == 0)
            throw new InvalidOperationException($"Interrupt {number} was taken at pc 0x{Pc:x8} while it was disabled.");
        throw new TrapTaken(InterruptBit | (uint)number, 0);
    }

    private void TakeTrap(uint cause, uint value)
    {
        bool interrupt = (cause & InterruptBit) != 0;
        _record.Trap = true;
        _record.TrapCause = cause;
        _record.TrapValue = value;
        _record.Unhandled = _mtvec == 0 && !_config.Bare;
        _trapped = true;
        if (_record.Unhandled)
        {
            _record.NextPc = Pc;
            return;
        }

        _mepc = Pc;
        _mcause = cause;
        _mtval = value;
        _previouslyEnabled = _enabled;
        _enabled = false;
        Pc = _mtvec & ~3u;
        if (interrupt && (_mtvec & 1) != 0)
            Pc += 4 * (cause & ~InterruptBit);
        _record.NextPc = Pc;
    }

    private uint ReturnFromTrap()
    {
        _enabled = _previouslyEnabled;
        _previouslyEnabled = true;
        return _mepc;
    }

    /// <summary>Exception numbers of mcause (RISC-V privileged architecture, machine cause values after trap).</summary>
    private static class Cause
    {
        public const uint FetchMisaligned = 0;
        public const uint FetchAccess = 1;
        public const uint Illegal = 2;
        public const uint Breakpoint = 3;
        public const uint LoadMisaligned = 4;
        public const uint LoadAccess = 5;
        public const uint StoreMisaligned = 6;
        public const uint StoreAccess = 7;
        public const uint EnvironmentCall = 11;
    }

    /// <summary>Leaves the instruction; only ever caught by <see cref="Step"/>.</summary>
    private sealed class TrapTaken(uint cause, uint value) : Exception
    {
        public uint Cause { get; } = cause;

        public uint Value { get; } = value;
    }
}
