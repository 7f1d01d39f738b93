namespace HybridEmu.Isa;

/// <summary>What an operand is in assembly, and so where its value goes in the word.</summary>
public enum OperandKind : byte
{
    Rd,
    Rs1,
    Rs2,

    /// <summary>Signed 12-bit constant.</summary>
    Immediate,

    /// <summary>20-bit constant of lui and auipc, written as the value of bits 31:12.</summary>
    Immediate20,

    /// <summary>Shift amount, 0 to 31.</summary>
    Shamt,

    /// <summary>Address to jump to; the word holds its distance from pc.</summary>
    Target,

    /// <summary>CSR by name or number.</summary>
    Csr,

    /// <summary>Unsigned 5-bit constant, in the place of rs1.</summary>
    Zimm,

    /// <summary>imm(rs1).</summary>
    Memory,

    /// <summary>(rs1).</summary>
    Address,

    /// <summary>Set of i, o, r, w before a fence.</summary>
    Predecessor,

    /// <summary>Set of i, o, r, w after a fence.</summary>
    Successor,
}

/// <summary>One instruction as data.</summary>
/// <param name="Op">Its name in the model; also its index in <see cref="InstructionTable.Rows"/>.</param>
/// <param name="Mnemonic">Its name in assembly; atomics take .aq, .rl or .aqrl after it.</param>
/// <param name="Section">Extension or chapter of the manual.</param>
/// <param name="Format">Where its fields lie.</param>
/// <param name="Match">Value of the fixed bits.</param>
/// <param name="Mask">Which bits are fixed; a word is this instruction when (word &amp; Mask) == Match.</param>
/// <param name="Operands">As written in assembly, in order.</param>
/// <param name="Summary">One sentence.</param>
public sealed record InstructionRow(
    Instruction Op, string Mnemonic, string Section, InstructionFormat Format, uint Match, uint Mask, OperandKind[] Operands, string Summary);

/// <summary>All instructions as data, for the assembler, the disassembler and test generators. The rows come from isa/Table.</summary>
public static partial class InstructionTable
{
    private static readonly InstructionRow[] s_rows = Build();

    /// <summary>Indexed by <see cref="Instruction"/>; row 0 is Illegal, with mask all ones and match 0.</summary>
    public static ReadOnlySpan<InstructionRow> Rows => s_rows;

    public static InstructionRow Row(Instruction op) => s_rows[(int)op];
}
