using System.Globalization;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>
/// Writes retirements as text, a line an instruction, in the form of spike's --log-commits:
/// <c>core   0: 3 0x80000000 (0x00000297) x5  0x80000000 mem 0x80001000 0x00000001</c>. Traps that took an instruction's
/// place are lines of their own: <c>core   0: trap 0x00000002 at 0x80000010 value 0x00000000</c>.
/// </summary>
internal sealed class CommitLogWriter(TextWriter writer, IReadOnlyList<RetirementLog> logs)
{
    public void Drain()
    {
        foreach (RetirementLog log in logs)
        {
            while (log.TryRead(out Retirement r))
                Write(r);
            if (log.Dropped > 0)
                throw new InvalidOperationException($"The commit log dropped {log.Dropped} retirements.");
        }
    }

    private void Write(in Retirement r)
    {
        CultureInfo c = CultureInfo.InvariantCulture;
        if (r.Trap != 0)
        {
            writer.Write(string.Create(c, $"core {r.Hart,3}: trap 0x{r.TrapCause:x8} at 0x{r.Pc:x8} value 0x{r.TrapValue:x8}\n"));
            return;
        }

        writer.Write(string.Create(c, $"core {r.Hart,3}: 3 0x{r.Pc:x8} (0x{r.Word:x8})"));
        if (r.Rd != 0)
            writer.Write(string.Create(c, $" {"x" + r.Rd.ToString(c),-3} 0x{r.RdValue:x8}"));
        if (r.CsrWritten != 0)
            writer.Write(string.Create(c, $" c{r.CsrNumber}_{Isa.CsrTable.Find(r.CsrNumber)?.Name} 0x{r.CsrValue:x8}"));
        if (r.MemorySize != 0)
            writer.Write(string.Create(c, $" mem 0x{r.MemoryAddress:x8}"));
        if (r.MemorySize != 0 && r.IsWrite != 0)
            writer.Write(string.Create(c, $" 0x{(r.WriteData & (uint.MaxValue >> (32 - (8 * r.MemorySize)))).ToString($"x{2 * r.MemorySize}", c)}"));
        writer.Write('\n');
    }
}
