using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <content>Records of retirements and traps. Nothing here runs while no log is attached.</content>
public sealed partial class ControlCore
{
    // What the instruction being executed did to memory and CSRs, for the log. Not state.
    private Retirement _entry;

    // Whether the last record was a trap, so that the next one is its handler's first. Not state.
    private bool _trapped;

    /// <summary>The instruction at pc; only when its line is in the fetch register.</summary>
    private ref readonly DecodedInstruction Current =>
        ref _decoded[(State.FetchFrame * InstructionCache.InstructionsPerLine) + (int)((State.Pc >> 2) & 15)];

    /// <summary>An instruction retires; to be called while the registers still hold its sources.</summary>
    private void LogRetirement(uint next, int rd, uint result)
    {
        LogInstruction(in Current);
        _entry.NextPc = next;
        _entry.Rd = (byte)rd;
        _entry.RdValue = rd == 0 ? 0 : result;
        Append();
    }

    private void LogTrap(uint cause, uint value, uint next, bool halt)
    {
        _entry = default;
        if (cause >> 31 == 0 && cause != TrapCause.FetchAccess)
            LogInstruction(in Current);
        _entry.NextPc = next;
        _entry.Trap = 1;
        _entry.TrapCause = cause;
        _entry.TrapValue = value;
        _entry.Halt = (byte)(halt ? 1 : 0);
        Append();
        _trapped = true;
    }

    private void LogInstruction(in DecodedInstruction i)
    {
        bool constant = i.Op is Instruction.Csrrwi or Instruction.Csrrsi or Instruction.Csrrci;
        _entry.Word = i.Word;
        _entry.Rs1 = constant ? (byte)0 : i.Rs1;
        _entry.Rs2 = i.Rs2;
        _entry.Rs1Value = State.Registers[_entry.Rs1];
        _entry.Rs2Value = State.Registers[i.Rs2];
    }

    private void Append()
    {
        _entry.Hart = _config.Tile;
        _entry.Pc = State.Pc;
        _entry.Cycle = _domain.Cycle;
        _entry.Intr = (byte)(_trapped ? 1 : 0);
        Log!.Append(in _entry);
        _entry = default;
        _trapped = false;
    }

    private void LogRead(uint address, int size, uint value)
    {
        _entry.MemoryAddress = address;
        _entry.MemorySize = (byte)size;
        _entry.IsRead = 1;
        _entry.ReadData = value & (uint.MaxValue >> (32 - (8 * size)));
    }

    private void LogWrite(uint address, int size, uint value)
    {
        _entry.MemoryAddress = address;
        _entry.MemorySize = (byte)size;
        _entry.IsWrite = 1;
        _entry.WriteData = value & (uint.MaxValue >> (32 - (8 * size)));
    }

    /// <summary>An AMO reads and writes; sc.w that succeeds only writes.</summary>
    private void LogAtomic(Instruction op, uint address, uint old, uint written)
    {
        if (op != Instruction.ScW)
            LogRead(address, 4, old);
        LogWrite(address, 4, written);
    }

    private void LogCsr(int number, uint value)
    {
        _entry.CsrWritten = 1;
        _entry.CsrNumber = (ushort)number;
        _entry.CsrValue = value;
    }
}
