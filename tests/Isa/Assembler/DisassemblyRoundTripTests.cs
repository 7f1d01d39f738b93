using System.Text;
using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Isa.Tests;

/// <summary>
/// Assembling what the disassembler printed gives back the words: many words of each row, and of none. HYBRIDEMU_DEEP
/// takes a hundred times as many.
/// </summary>
public class DisassemblyRoundTripTests(ITestOutputHelper output)
{
    private const uint Base = (uint)AddressMap.Hbm;
    private const int QuickWordsOfRow = 500;
    private const int DeepFactor = 100;
    private const int WordsOfBatch = 4000;

    private static int WordsOfRow => QuickWordsOfRow * (Environment.GetEnvironmentVariable("HYBRIDEMU_DEEP") is null ? 1 : DeepFactor);

    [Fact]
    [Trait("Depth", "Deep")]
    public void What_the_disassembler_prints_assembles_to_the_same_words()
    {
        long words = 0;
        string? wrong = null;
        int perRow = WordsOfRow;
        long all = (long)perRow * InstructionTable.Rows.Length;
        Parallel.For(0, (all + WordsOfBatch - 1) / WordsOfBatch, (batch, loop) =>
        {
            uint[] sample = [.. Enumerable.Range(0, WordsOfBatch).Select(i => Word((batch * WordsOfBatch) + i))];
            Interlocked.Add(ref words, sample.Length);
            if (Difference(sample) is not { } found)
                return;
            wrong = found;
            loop.Stop();
        });
        Assert.Null(wrong);
        output.WriteLine($"{words} words, {perRow} of each of {InstructionTable.Rows.Length} rows");
    }

    /// <summary>Rows take turns; row 0 is Illegal, which stands for any word.</summary>
    private static uint Word(long number)
    {
        InstructionRow row = InstructionTable.Rows[(int)(number % InstructionTable.Rows.Length)];
        uint random = CounterRandom.Bits(5, (ulong)number);
        return row.Op == Instruction.Illegal ? random : row.Match | (random & ~row.Mask);
    }

    /// <summary>
    /// The text; a branch's target is said as a distance from the section's label. For a bare number we take the long form,
    /// two instructions, as GNU as does.
    /// </summary>
    private static string Line(uint word, uint pc)
    {
        string text = Disassembler.Text(word, pc);
        bool branch = InstructionTable.Row(Decoder.Decode(word).Op).Format == InstructionFormat.B;
        return branch ? text.Replace(",0x", $",_start-0x{Base:x}+0x", StringComparison.Ordinal) : text;
    }

    private static string? Difference(uint[] words)
    {
        var source = new StringBuilder(".globl _start\n_start:\n");
        for (int i = 0; i < words.Length; i++)
            source.AppendLine(Line(words[i], Base + (4 * (uint)i)));
        AssemblyResult result = Assembler.Assemble("words.s", source.ToString());
        if (!result.Succeeded)
            return result.Diagnostics[0].ToString();
        ReadOnlySpan<byte> bytes = result.Image!.Segments[0].Bytes.Span;
        for (int i = 0; i < words.Length; i++)
        {
            uint again = BitConverter.ToUInt32(bytes[(4 * i)..]);
            if (again != words[i])
                return $"{words[i]:x8} reads '{Disassembler.Text(words[i], Base + (4 * (uint)i))}', which assembles to {again:x8}";
        }

        return null;
    }
}
