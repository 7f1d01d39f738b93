using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Isa.Tests;

/// <summary>
/// The space of all words, against the rows of the table. HYBRIDEMU_DEEP visits all 2^32, else every <see cref="QuickStride"/>th.
/// </summary>
public class EncodingSpaceTests(ITestOutputHelper output)
{
    private const int Shards = 4096;
    private const uint WordsOfShard = 1 << 20;

    // Odd, so that each shard's sample walks through all low bits, opcodes among them.
    private const uint QuickStride = 211;

    private static readonly InstructionRow[][] s_byOpcode =
        [.. Enumerable.Range(0, 128).Select(opcode => InstructionTable.Rows[1..].ToArray().Where(r => (r.Match & 0x7F) == opcode).ToArray())];

    private static readonly uint[] s_ignored = [.. InstructionTable.Rows.ToArray().Select(Ignored)];

    private static uint Stride => Environment.GetEnvironmentVariable("HYBRIDEMU_DEEP") is null ? QuickStride : 1;

    [Fact]
    [Trait("Depth", "Deep")]
    public void Every_word_is_one_instruction_or_illegal_and_encodes_back_but_for_ignored_bits()
    {
        long words = 0, legal = 0, changed = 0;
        string? wrong = null;
        Parallel.For(0, Shards, (shard, loop) =>
        {
            (long visited, long decoded, long others, string? found) = Shard((uint)shard * WordsOfShard, Stride);
            Interlocked.Add(ref words, visited);
            Interlocked.Add(ref legal, decoded);
            Interlocked.Add(ref changed, others);
            if (found is not null)
            {
                wrong = found;
                loop.Stop();
            }
        });
        Assert.Null(wrong);
        output.WriteLine($"{words} words: {legal} legal, of them {changed} fences with ignored bits that are not 0, which encode with 0 there");
        Assert.Equal(((WordsOfShard + Stride - 1) / Stride) * (long)Shards, words);
    }

    /// <summary>That only fences ignore bits, and which: rd and rs1 of fence, and all fields of fence.i.</summary>
    [Fact]
    public void Only_fences_ignore_bits()
    {
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            uint expected = row.Op switch
            {
                Instruction.Fence => 0x000F_8F80,
                Instruction.FenceI => 0xFFFF_8F80,
                _ => 0,
            };
            Assert.Equal((row.Op, expected), (row.Op, Ignored(row)));
        }
    }

    /// <summary>Bits of an instruction that are neither fixed nor a field that is encoded.</summary>
    private static uint Ignored(InstructionRow row) => ~row.Mask & ~(Encoder.Encode(row.Op, 31, 31, 31, -1) & ~row.Mask);

    private static (long Visited, long Legal, long Changed, string? Wrong) Shard(uint first, uint stride)
    {
        long visited = 0, legal = 0, changed = 0;
        for (uint offset = 0; offset < WordsOfShard; offset += stride)
        {
            uint word = first + offset;
            visited++;
            Instruction expected = Instruction.Illegal;
            int matches = 0;
            foreach (InstructionRow row in s_byOpcode[word & 0x7F])
            {
                if ((word & row.Mask) != row.Match)
                    continue;
                expected = row.Op;
                matches++;
            }

            DecodedInstruction decoded = Decoder.Decode(word);
            if (matches > 1 || decoded.Op != expected || decoded.Word != word)
                return (visited, legal, changed, $"{word:X8}: {matches} rows match, the last is {expected}; decoded as {decoded.Op}");
            if (matches == 0)
            {
                if (decoded != new DecodedInstruction(Instruction.Illegal, 0, 0, 0, 0, word))
                    return (visited, legal, changed, $"{word:X8} is illegal and has fields: {decoded}");
                continue;
            }

            legal++;
            uint ignored = s_ignored[(int)expected];
            changed += (word & ignored) != 0 ? 1 : 0;
            if (Encoder.Encode(in decoded) != (word & ~ignored))
                return (visited, legal, changed, $"{word:X8}, {expected}, encodes back as {Encoder.Encode(in decoded):X8}");
        }

        return (visited, legal, changed, null);
    }
}
