namespace HybridEmu.Isa;

/// <summary>Turns instructions into words; the inverse of <see cref="Decoder"/>. Field positions come from isa/Table.</summary>
public static partial class Encoder
{
    /// <summary>
    /// The word of an instruction. Arguments as <see cref="DecodedInstruction"/> holds them; bits that do not fit, and
    /// fields that the instruction does not have, are dropped: check <see cref="ImmediateRange"/> first.
    /// </summary>
    public static uint Encode(Instruction op, int rd, int rs1, int rs2, int immediate)
    {
        InstructionRow row = InstructionTable.Row(op);
        return row.Match | (Fields(row.Format, rd, rs1, rs2, immediate) & ~row.Mask);
    }

    /// <summary>The word of a decoded instruction; ignored bits of fence and fence.i come back as 0.</summary>
    public static uint Encode(in DecodedInstruction instruction) =>
        Encode(instruction.Op, instruction.Rd, instruction.Rs1, instruction.Rs2, instruction.Immediate);
}
