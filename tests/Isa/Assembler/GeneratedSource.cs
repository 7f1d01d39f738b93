using System.Text;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>Assembly source made from the instruction table, in the syntax that GNU as takes too.</summary>
internal static class GeneratedSource
{
    private const int Instructions = 1500;
    private const ulong QuickPrograms = 6, DeepPrograms = 200;

    /// <summary>How many to compare; HYBRIDEMU_DEEP asks for many.</summary>
    public static ulong Programs => Environment.GetEnvironmentVariable("HYBRIDEMU_DEEP") is null ? QuickPrograms : DeepPrograms;

    /// <summary>A program of the seed: instructions of every scalar row, and li with constants of any size.</summary>
    public static string Text(ulong seed, int count = Instructions)
    {
        var text = new StringBuilder(".globl _start\n_start:\n");
        uint Next(uint bound)
        {
            // xorshift64*: the tests must not depend on the host's generator.
            seed ^= seed >> 12;
            seed ^= seed << 25;
            seed ^= seed >> 27;
            return (uint)((seed * 0x2545F4914F6CDD1DUL) >> 33) % bound;
        }

        string Register() => RegisterNames.Abi[(int)Next(32)];
        InstructionRow[] rows = [.. InstructionTable.Rows.ToArray().Where(r => r.Op != Instruction.Illegal && !r.Mnemonic.StartsWith("hx.", StringComparison.Ordinal))];
        for (int i = 0; i < count; i++)
        {
            if (i % 7 == 0) text.AppendLine($"l{i / 7}:");
            InstructionRow row = rows[Next((uint)rows.Length)];
            (int minimum, int maximum, _) = Encoder.ImmediateRange(row.Format);
            IEnumerable<string> operands = row.Operands.Select(kind => kind switch
            {
                OperandKind.Immediate20 => $"0x{Next(0x100000):x}",
                OperandKind.Immediate => $"{minimum + (int)Next((uint)(maximum - minimum + 1))}",
                OperandKind.Memory => $"{minimum + (int)Next((uint)(maximum - minimum + 1))}({Register()})",
                OperandKind.Address => $"({Register()})",
                OperandKind.Shamt or OperandKind.Zimm => $"{Next(32)}",
                OperandKind.Csr => $"0x{Next(4096):x}",
                OperandKind.Target => $"l{Next((uint)((count + 6) / 7))}",
                OperandKind.Predecessor or OperandKind.Successor => (string)(new[] { "i", "o", "r", "w", "rw", "iorw", "ior" }[Next(7)]),
                _ => Register(),
            });
            text.AppendLine($"    {row.Mnemonic} {string.Join(", ", operands)}");
            // Not li zero: GNU as adds a second word there that nothing needs.
            if (Next(10) == 0) text.AppendLine($"    li {RegisterNames.Abi[1 + (int)Next(31)]}, {(int)(Next(uint.MaxValue / 2) << (int)Next(20))}");
        }

        return text.ToString();
    }
}
