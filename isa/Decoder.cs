namespace HybridEmu.Isa;

/// <summary>
/// One decoded instruction. Fields that the instruction does not have are 0, so Rd, Rs1 and Rs2 can be used for hazards
/// directly, except that csrrwi, csrrsi and csrrci hold their constant in Rs1.
/// </summary>
/// <param name="Op">Which instruction; Illegal leaves the other fields 0.</param>
/// <param name="Rd">Destination register.</param>
/// <param name="Rs1">First source register, or zimm.</param>
/// <param name="Rs2">Second source register.</param>
/// <param name="Immediate">
/// Sign-extended constant or offset in bytes; lui and auipc: already shifted; shifts: the amount; CSR instructions: the CSR
/// number; atomics: aq &lt;&lt; 1 | rl; fence: fm, pred and succ (bits 11:8, 7:4, 3:0).
/// </param>
/// <param name="Word">The word it was decoded from.</param>
public readonly record struct DecodedInstruction(Instruction Op, byte Rd, byte Rs1, byte Rs2, int Immediate, uint Word);

/// <summary>Turns words into instructions. The tree of switches and the field positions come from isa/Table.</summary>
public static partial class Decoder
{
    /// <summary>Total over all 2^32 words: what no row of the table matches is <see cref="Instruction.Illegal"/>.</summary>
    public static DecodedInstruction Decode(uint word)
    {
        Instruction op = Select(word);
        return op == Instruction.Illegal ? new DecodedInstruction(op, 0, 0, 0, 0, word) : Fields(op, word);
    }
}
