using HybridEmu.Isa;
using Encoder = HybridEmu.Isa.Encoder;

namespace HybridEmu.Programs.Tests;

/// <summary>Random words for a hart that executes what it is sent, wherever its pc goes.</summary>
internal sealed class InjectedTrace(ulong seed)
{
    private const int Bases = 4;

    // Custom instructions talk to units that a generator knows nothing of, and may wait for them.
    private static readonly InstructionRow[] s_rows =
        [.. InstructionTable.Rows.ToArray().Where(r => r.Op is not Instruction.Illegal && r.Op < Instruction.HxIssue)];

    // A threshold of the sensor below the temperature would interrupt, which an answer does not tell.
    private static readonly int[] s_registers = [.. CsrTable.Rows.ToArray().Select(r => r.Number).Where(n => n != Csr.Hxtemphigh), 0x180, 0x7FF];

    private uint _drawn;

    public static uint[] Words(ulong seed, int length) => new InjectedTrace(seed).Words(length);

    private uint[] Words(int length)
    {
        List<uint> words = [];
        for (int register = 1; register <= Bases; register++)
            ScalarProgram.Load(words, register, register < Bases ? 0x8000_0000 + Below(0x800) : Draw());
        while (words.Count < length)
            words.Add(Word());
        return [.. words];
    }

    private uint Word()
    {
        if (Below(40) == 0)
            return Draw() | 3 & ~0x0Bu; // what the table does not have, mostly
        InstructionRow row = s_rows[Below((uint)s_rows.Length)];
        uint word = row.Match | (Draw() & ~row.Mask);
        bool memory = row.Operands.Contains(OperandKind.Memory) || row.Operands.Contains(OperandKind.Address);
        if (memory && Below(8) != 0)
            word = (word & ~(31u << 15)) | ((1 + Below(Bases)) << 15);
        if (row.Operands.Contains(OperandKind.Csr))
            word = (word & 0x000F_FFFF) | ((uint)s_registers[Below((uint)s_registers.Length)] << 20);
        if (memory && Below(4) != 0)
            word &= ~0xC0u & ~(uint)(Encoder.Encode(row.Op, 0, 0, 0, -1) & 0xC000_0000 & ~row.Mask); // near the base
        return word;
    }

    private uint Draw() => CounterRandom.Bits(seed, _drawn++);

    private uint Below(uint limit) => Draw() % limit;
}
