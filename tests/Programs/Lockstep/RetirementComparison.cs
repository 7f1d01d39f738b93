using System.Globalization;
using System.Text;
using HybridEmu.Isa;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>The chip's record of an instruction beside the reference's, field by field with RVFI's names.</summary>
internal static class RetirementComparison
{
    /// <summary>A line for each field that differs; null when none does.</summary>
    /// <param name="r">The chip's.</param>
    /// <param name="e">The reference's.</param>
    /// <param name="order">Records of the reference before it.</param>
    public static string? Difference(in Retirement r, ReferenceRetirement e, long order)
    {
        StringBuilder? lines = null;
        Field(ref lines, "order", (ulong)r.Order, (ulong)order);
        Field(ref lines, "insn", r.Word, e.Word);
        Field(ref lines, "trap", r.Trap, Bit(e.Trap));
        Field(ref lines, "halt", r.Halt, Bit(e.Unhandled));
        Field(ref lines, "intr", r.Intr, Bit(e.Intr));
        Field(ref lines, "pc_rdata", r.Pc, e.Pc);
        Field(ref lines, "pc_wdata", r.NextPc, e.NextPc);
        Field(ref lines, "rs1_addr", r.Rs1, e.Rs1);
        Field(ref lines, "rs2_addr", r.Rs2, e.Rs2);
        Field(ref lines, "rs1_rdata", r.Rs1Value, e.Rs1Value);
        Field(ref lines, "rs2_rdata", r.Rs2Value, e.Rs2Value);
        Field(ref lines, "rd_addr", r.Rd, e.Rd);
        Field(ref lines, "rd_wdata", r.RdValue, e.RdValue);
        Field(ref lines, "mem_addr", r.MemoryAddress, e.MemoryAddress);
        Field(ref lines, "mem_rmask", r.ReadMask, Mask(e.IsRead, e.MemorySize));
        Field(ref lines, "mem_wmask", r.WriteMask, Mask(e.IsWrite, e.MemorySize));
        Field(ref lines, "mem_rdata", r.ReadData, e.ReadData);
        Field(ref lines, "mem_wdata", r.WriteData, e.WriteData);
        Field(ref lines, "cause", r.TrapCause, e.TrapCause);
        Field(ref lines, "mtval", r.TrapValue, e.TrapValue);
        Field(ref lines, "csr", r.CsrWritten != 0 ? r.CsrNumber : uint.MaxValue, (uint)e.CsrNumber);
        if (r.CsrWritten != 0 && !e.TimeDependent)
            Field(ref lines, "csr_wdata", r.CsrValue, e.CsrValue);
        return lines?.ToString();
    }

    /// <summary>One field of what is not a record, or null when it is equal.</summary>
    public static string? Difference(string what, uint found, uint expected) =>
        found == expected ? null : string.Create(CultureInfo.InvariantCulture, $"    {what}: chip 0x{found:x}, reference 0x{expected:x}\n");

    /// <summary>Where and when a record was made.</summary>
    public static string Heading(in Retirement r) => string.Create(
        CultureInfo.InvariantCulture,
        $"record {r.Order} at pc {r.Pc:x8}, {(IsInterrupt(in r) ? $"interrupt {r.TrapCause & 0xFF}" : Disassembler.Text(r.Word, r.Pc))}, cycle {r.Cycle}:\n");

    public static bool IsInterrupt(in Retirement r) => r.Trap != 0 && r.TrapCause >> 31 != 0;

    private static uint Mask(bool accessed, int size) => accessed ? (1u << size) - 1 : 0;

    private static uint Bit(bool value) => value ? 1u : 0;

    private static void Field(ref StringBuilder? lines, string name, ulong chip, ulong reference)
    {
        if (chip == reference)
            return;
        lines ??= new StringBuilder();
        lines.Append(CultureInfo.InvariantCulture, $"    {name}: chip 0x{chip:x}, reference 0x{reference:x}\n");
    }
}
