using System.Globalization;
using System.Text;

namespace HybridEmu.Isa;

/// <summary>Text of instruction words, as objdump -M no-aliases prints them, and of descriptors in the readable form.</summary>
public static partial class Disassembler
{
    private const uint FenceTso = 0x8330000F;

    /// <summary>One line: mnemonic, a space, operands. A word without a row becomes .word with its value.</summary>
    /// <param name="word">Any of the 2^32.</param>
    /// <param name="pc">Where it lies; jump targets are printed as absolute addresses.</param>
    public static string Text(uint word, uint pc)
    {
        DecodedInstruction instruction = Decoder.Decode(word);
        if (instruction.Op == Instruction.Illegal)
            return string.Create(CultureInfo.InvariantCulture, $".word 0x{word:x8}");
        if (word == FenceTso)
            return "fence.tso";

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

        if (instruction.Op == Instruction.Fence && instruction.Immediate >> 8 != 0)
            text.Append(CultureInfo.InvariantCulture, $" # fm={instruction.Immediate >> 8}");
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
        ? "unknown"
        : ((set & 8) != 0 ? "i" : "") + ((set & 4) != 0 ? "o" : "") + ((set & 2) != 0 ? "r" : "") + ((set & 1) != 0 ? "w" : "");

    private static string Decimal(long value) => value.ToString(CultureInfo.InvariantCulture);

    private static string Hex(ulong value) => "0x" + value.ToString("x", CultureInfo.InvariantCulture);
}
