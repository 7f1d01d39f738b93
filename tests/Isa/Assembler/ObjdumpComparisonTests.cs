using System.Globalization;
using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Isa.Tests;

/// <summary>
/// The disassembler prints what GNU objdump -M no-aliases prints. Made equal before comparing: white space, objdump's
/// comments, .4byte and .word, and CSRs that are HX's own, which objdump knows by number only.
/// </summary>
public class ObjdumpComparisonTests(ITestOutputHelper output)
{
    private const uint Base = (uint)AddressMap.Hbm;
    private const int QuickWordsOfRow = 200, DeepWordsOfRow = 10_000;

    [GnuFact]
    [Trait("Depth", "Deep")]
    public void Every_row_reads_as_objdump_prints_it()
    {
        List<uint> words = [];
        int perRow = Environment.GetEnvironmentVariable("HYBRIDEMU_DEEP") is null ? QuickWordsOfRow : DeepWordsOfRow;
        foreach (InstructionRow row in InstructionTable.Rows[1..])
        {
            for (int i = 0; i < perRow && row.Section != "Xhx"; i++)
            {
                uint word = row.Match | (CounterRandom.Bits(77, (ulong)words.Count) & ~row.Mask);
                // objdump has names of CSRs that HX lacks.
                if (row.Operands.Contains(OperandKind.Csr))
                    word = (word & 0x000F_FFFF) | ((uint)CsrTable.Rows[i % CsrTable.Rows.Length].Number << 20);
                words.Add(word);
            }
        }

        Compare([.. words]);
        output.WriteLine($"{words.Count} words compared");
    }

    [GnuFact]
    [Trait("Depth", "Deep")]
    public void Generated_programs_read_as_objdump_prints_them()
    {
        int words = 0;
        for (ulong seed = 1; seed <= GeneratedSource.Programs; seed++)
        {
            // Numbers of CSRs that HX lacks have names in objdump: those words are left out, and the others keep their places.
            uint[] program = [.. Assembled.Words(GeneratedSource.Text(seed)).Select(w => IsForeignCsr(w) ? 0x13 : w)];
            Compare(program);
            words += program.Length;
        }

        output.WriteLine($"{words} words compared");
    }

    private static bool IsForeignCsr(uint word)
    {
        DecodedInstruction i = Decoder.Decode(word);
        return i.Op is >= Instruction.Csrrw and <= Instruction.Csrrci && CsrTable.Find(i.Immediate) is null;
    }

    private static void Compare(uint[] words)
    {
        string file = Path.GetTempFileName();
        File.WriteAllBytes(file, [.. words.SelectMany(BitConverter.GetBytes)]);
        string listing = GnuAssembler.Run("objdump", "-D", "-z", "-b", "binary", "-m", "riscv:rv32", "-M", "no-aliases", $"--adjust-vma=0x{Base:x}", file);
        File.Delete(file);
        int compared = 0;
        foreach (string line in listing.Split('\n'))
        {
            string[] cells = line.Split('\t');
            if (cells.Length < 3)
                continue;
            uint address = Convert.ToUInt32(cells[0].Trim().TrimEnd(':'), 16);
            uint word = words[(int)((address - Base) / 4)];
            string theirs = WithoutComment(string.Join(' ', cells[2..]));
            if (cells[2].Trim() == ".4byte")
                theirs = string.Create(CultureInfo.InvariantCulture, $".word 0x{Convert.ToUInt32(cells[3], 16):x8}");
            string ours = WithoutComment(Disassembler.Text(word, address));
            if (Decoder.Decode(word) is { Op: >= Instruction.Csrrw and <= Instruction.Csrrci } i && CsrTable.Find(i.Immediate) is { } csr && csr.Name.StartsWith("hx", StringComparison.Ordinal))
                ours = ours.Replace(csr.Name, $"0x{csr.Number:x}", StringComparison.Ordinal);
            Assert.Equal((address, word, theirs), (address, word, ours));
            compared++;
        }

        Assert.Equal(words.Length, compared);
    }

    private static string WithoutComment(string text) => text.Split('#')[0].Trim();
}
