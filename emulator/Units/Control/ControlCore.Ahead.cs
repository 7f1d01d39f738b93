using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <content>Edges at which a core touches nothing but its registers, its store buffer and its caches' lines.</content>
public sealed partial class ControlCore
{
    // What an instruction can touch, by its number.
    private const byte Elsewhere = 0, Registers = 1, Target = 2, TargetByRegister = 3, Byte = 4, HalfWord = 5, Word = 6;

    private static readonly byte[] s_reach = Reaches();

    /// <summary>
    /// Evaluates the core edge after edge, as long as it stays within itself: no channel moves and no clock is read, so
    /// that the caller may bring clocks up to the last edge afterwards. Only while no other unit is due.
    /// </summary>
    /// <param name="due">The edge that the core wants next; then the one it wants after those evaluated.</param>
    /// <param name="end">The first edge that is not to be evaluated here.</param>
    /// <param name="evaluations">How many are allowed; then how many are left.</param>
    /// <param name="last">The last edge evaluated.</param>
    public void RunAhead(ref long due, long end, ref int evaluations, ref long last)
    {
        if (Log is not null || !_ports.Notice.IsEmpty || !_ports.Lines.IsEmpty || !_ports.SystemReply.IsEmpty)
            return;
        ref CoreState s = ref State;
        while (due < end && evaluations > 0 && StaysWithin(due, ref s))
        {
            evaluations--;
            last = due;
            due = Proceed(last, ref s);
        }
    }

    private bool StaysWithin(long edge, ref CoreState s)
    {
        if (_data.NeedsStep || _code.NeedsStep)
            return false;
        if (s.StoreCount != 0 && s.Stores[s.StoreHead].Space != MemorySpace.Cacheable)
            return false;
        if (edge < s.ResumeAt)
            return true;
        if (s.Asleep != 0 || (s.Pending & s.Mie) != 0)
            return false;
        uint pc = s.Pc;
        if ((pc & ~63u) != s.FetchLine && !FetchesHere(pc, ref s))
            return false;
        ref readonly DecodedInstruction i = ref _decoded[(s.FetchFrame * InstructionCache.InstructionsPerLine) + (int)((pc >> 2) & 15)];
        byte reach = s_reach[(int)i.Op];
        if (reach == Registers)
            return true;
        uint address = s.Registers[i.Rs1] + (uint)i.Immediate;
        return reach switch
        {
            Target => (i.Immediate & 2) == 0,
            TargetByRegister => (address & 2) == 0,
            Byte => IsCached(address),
            HalfWord => (address & 3) != 3 && IsCached(address),
            Word => (address & 3) == 0 && IsCached(address),
            _ => false,
        };
    }

    /// <summary>Brings pc's line to the fetch register if it is in the cache; a line that misses is asked for at its edge, not before.</summary>
    private bool FetchesHere(uint pc, ref CoreState s)
    {
        int frame = Injected is null && IsCached(pc) ? _code.Lookup((ulong)((pc & ~63u) - (uint)AddressMap.Hbm)) : -1;
        if (frame < 0)
            return false;
        s.FetchLine = pc & ~63u;
        s.FetchFrame = frame;
        return true;
    }

    private bool IsCached(uint address) =>
        address < (uint)AddressMap.Window && (ulong)(address - (uint)AddressMap.Hbm) < _cacheableBytes;

    private static byte[] Reaches()
    {
        byte[] reach = new byte[Enum.GetValues<Instruction>().Length];
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            reach[(int)row.Op] = row.Op switch
            {
                Instruction.Jalr => TargetByRegister,
                Instruction.Jal or (>= Instruction.Beq and <= Instruction.Bgeu) => Target,
                Instruction.Lb or Instruction.Lbu or Instruction.Sb => Byte,
                Instruction.Lh or Instruction.Lhu or Instruction.Sh => HalfWord,
                Instruction.Lw or Instruction.Sw => Word,
                Instruction.Lui or Instruction.Auipc or (>= Instruction.Addi and <= Instruction.And) or (>= Instruction.Mul and <= Instruction.Remu) => Registers,
                _ => Elsewhere,
            };
        }

        return reach;
    }
}
