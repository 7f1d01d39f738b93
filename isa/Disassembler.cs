using System.Globalization;
using System.Text;

namespace HybridEmu.Isa;

/// <summary>Text of instruction words, as objdump -M no-aliases prints them, and of descriptors in the readable form.</summary>
public static partial class Disassembler
{
    /// <summary>How objdump writes a fence set of nothing.</summary>
    internal const string EmptyFenceSet = "unknown";

    private const uint FenceTso = 0x8330000F;

    /// <summary>
    /// One line: mnemonic, a space, operands. What the assembler would not turn back into the same word becomes .word with
    /// its value: words without a row, and fences with bits in reserved fields, whose meaning follows as a comment.
    /// </summary>
    /// <param name="word">Any of the 2^32.</param>
    /// <param name="pc">Where it lies; jump targets are printed as absolute addresses.</param>
    public static string Text(uint word, uint pc)
    {
        DecodedInstruction instruction = Decoder.Decode(word);
        if (instruction.Op == Instruction.Illegal)
            return Data(word);
        if (word == FenceTso)
            return "fence.tso";

        bool reservedMode = instruction.Op == Instruction.Fence && instruction.Immediate >> 8 != 0;
        string text = Text(in instruction, pc);
        return reservedMode || Encoder.Encode(in instruction) != word ? $"{Data(word)} # {text}" : text;
    }

    private static string Data(uint word) => string.Create(CultureInfo.InvariantCulture, $".word 0x{word:x8}");

    private static string Text(in DecodedInstruction instruction, uint pc)
    {
        InstructionRow row = InstructionTable.Row(instruction.Op);
        StringBuilder text = new(row.Mnemonic);
        if (row.Format == InstructionFormat.Atomic)
            text.Append(instruction.Immediate switch { 0 => "", 1 => ".rl", 2 => ".aq", _ => ".aqrl" });
        char separator = ' ';
        foreach (OperandKind kind in row.Operands)
        {
            text.Append(separator).Append(Operand(kind, in instruction, pc));
            separator = ',';
        }

        return text.ToString();
    }

    private static string Operand(OperandKind kind, in DecodedInstruction instruction, uint pc) => kind switch
    {
        OperandKind.Rd => RegisterNames.Abi[instruction.Rd],
        OperandKind.Rs1 => RegisterNames.Abi[instruction.Rs1],
        OperandKind.Rs2 => RegisterNames.Abi[instruction.Rs2],
        OperandKind.Immediate => Decimal(instruction.Immediate),
        OperandKind.Immediate20 => Hex((uint)instruction.Immediate >> 12),
        OperandKind.Shamt => Hex((uint)instruction.Immediate),
        OperandKind.Target => Hex(pc + (uint)instruction.Immediate),
        OperandKind.Csr => CsrTable.Find(instruction.Immediate)?.Name ?? Hex((uint)instruction.Immediate),
        OperandKind.Zimm => Decimal(instruction.Rs1),
        OperandKind.Memory => $"{Decimal(instruction.Immediate)}({RegisterNames.Abi[instruction.Rs1]})",
        OperandKind.Address => $"({RegisterNames.Abi[instruction.Rs1]})",
        OperandKind.Predecessor => FenceSet(instruction.Immediate >> 4 & 15),
        OperandKind.Successor => FenceSet(instruction.Immediate & 15),
        _ => throw new InvalidOperationException($"operand kind {kind} has no text"),
    };

    private static string FenceSet(int set) => set == 0
        ? EmptyFenceSet
        : ((set & 8) != 0 ? "i" : "") + ((set & 4) != 0 ? "o" : "") + ((set & 2) != 0 ? "r" : "") + ((set & 1) != 0 ? "w" : "");

    private static string Decimal(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
