using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class DecoderTests
{
    private const int RandomWords = 1_000_000;

    /// <summary>Rows by major opcode, which every row fixes; it only makes the search shorter.</summary>
    private static readonly InstructionRow[][] s_byOpcode =
        [.. Enumerable.Range(0, 128).Select(opcode => InstructionTable.Rows[1..].ToArray().Where(r => (r.Mask & 0x7F) == 0x7F && (r.Match & 0x7F) == opcode).ToArray())];

    /// <summary>Words as GNU as 2.40 assembles them, with the fields that they must decode to.</summary>
    [Theory]
    [InlineData(0x12345537u, Instruction.Lui, 10, 0, 0, 0x12345000)]
    [InlineData(0xFFFFF517u, Instruction.Auipc, 10, 0, 0, -4096)]
    [InlineData(0xFF9FF0EFu, Instruction.Jal, 1, 0, 0, -8)]
    [InlineData(0x0100006Fu, Instruction.Jal, 0, 0, 0, 16)]
    [InlineData(0x00008067u, Instruction.Jalr, 0, 1, 0, 0)]
    [InlineData(0x00B50863u, Instruction.Beq, 0, 10, 11, 16)]
    [InlineData(0xFEB51EE3u, Instruction.Bne, 0, 10, 11, -4)]
    [InlineData(0xFFC12503u, Instruction.Lw, 10, 2, 0, -4)]
    [InlineData(0x0035C503u, Instruction.Lbu, 10, 11, 0, 3)]
    [InlineData(0x00112623u, Instruction.Sw, 0, 2, 1, 12)]
    [InlineData(0xFEA58FA3u, Instruction.Sb, 0, 11, 10, -1)]
    [InlineData(0x00150513u, Instruction.Addi, 10, 10, 0, 1)]
    [InlineData(0x41F5D513u, Instruction.Srai, 10, 11, 0, 31)]
    [InlineData(0x40C58533u, Instruction.Sub, 10, 11, 12, 0)]
    [InlineData(0x02C5A533u, Instruction.Mulhsu, 10, 11, 12, 0)]
    [InlineData(0x0330000Fu, Instruction.Fence, 0, 0, 0, 0x33)]
    [InlineData(0x0000100Fu, Instruction.FenceI, 0, 0, 0, 0)]
    [InlineData(0x00000073u, Instruction.Ecall, 0, 0, 0, 0)]
    [InlineData(0x00100073u, Instruction.Ebreak, 0, 0, 0, 0)]
    [InlineData(0x30200073u, Instruction.Mret, 0, 0, 0, 0)]
    [InlineData(0x10500073u, Instruction.Wfi, 0, 0, 0, 0)]
    [InlineData(0x30551073u, Instruction.Csrrw, 0, 10, 0, 0x305)]
    [InlineData(0xFC002573u, Instruction.Csrrs, 10, 0, 0, 0xFC0)]
    [InlineData(0x30046073u, Instruction.Csrrsi, 0, 8, 0, 0x300)]
    [InlineData(0x1605A52Fu, Instruction.LrW, 10, 11, 0, 3)]
    [InlineData(0x18C5A52Fu, Instruction.ScW, 10, 11, 12, 0)]
    [InlineData(0x04C5A52Fu, Instruction.AmoaddW, 10, 11, 12, 2)]
    [InlineData(0x0005000Bu, Instruction.HxIssue, 0, 10, 0, 0)]
    [InlineData(0x0205058Bu, Instruction.HxTryissue, 11, 10, 0, 0)]
    [InlineData(0x06B5160Bu, Instruction.HxSemtry, 12, 10, 11, 0)]
    [InlineData(0x0000200Bu, Instruction.HxBarrier, 0, 0, 0, 0)]
    [InlineData(0x02B5300Bu, Instruction.HxInval, 0, 10, 11, 0)]
    public void A_word_decodes_to_its_fields(uint word, Instruction op, int rd, int rs1, int rs2, int immediate) =>
        Assert.Equal(new DecodedInstruction(op, (byte)rd, (byte)rs1, (byte)rs2, immediate, word), Decoder.Decode(word));

    [Theory]
    [InlineData(0x00000000u)]
    [InlineData(0xFFFFFFFFu)]
    [InlineData(0x02051513u)] // slli a0,a0,32: shamt[5] must be 0 on RV32
    [InlineData(0x42055513u)] // srai a0,a0,32
    [InlineData(0x1015A52Fu)] // lr.w with rs2 = x1
    [InlineData(0x0005B503u)] // ld
    [InlineData(0x0005E503u)] // lwu
    [InlineData(0x00B53023u)] // sd
    [InlineData(0x1005B52Fu)] // lr.d
    [InlineData(0x10200073u)] // sret
    [InlineData(0x12000073u)] // sfence.vma
    [InlineData(0x302000F3u)] // mret with rd = x1
    [InlineData(0x00004073u)] // SYSTEM, funct3 = 4
    [InlineData(0x00002063u)] // branch, funct3 = 2
    [InlineData(0x00009067u)] // jalr, funct3 = 1
    [InlineData(0x0000200Fu)] // MISC-MEM, funct3 = 2
    [InlineData(0x00000001u)] // c.nop
    [InlineData(0x00052507u)] // flw
    public void An_encoding_outside_the_table_is_illegal(uint word) =>
        Assert.Equal(new DecodedInstruction(Instruction.Illegal, 0, 0, 0, 0, word), Decoder.Decode(word));

    [Fact]
    public void Every_instruction_decodes_from_its_match_and_from_all_its_free_bits_set()
    {
        foreach (InstructionRow row in InstructionTable.Rows[1..])
        {
            Assert.Equal(row.Op, Decoder.Decode(row.Match).Op);
            Assert.Equal(row.Op, Decoder.Decode(row.Match | ~row.Mask).Op);
        }
    }

    [Fact]
    public void The_table_is_indexed_by_instruction()
    {
        Assert.Equal(Enum.GetValues<Instruction>().Length, InstructionTable.Rows.Length);
        Assert.Equal(InstructionTable.Rows.Length - 1, s_byOpcode.Sum(rows => rows.Length));
        for (int i = 0; i < InstructionTable.Rows.Length; i++)
            Assert.Equal((Instruction)i, InstructionTable.Rows[i].Op);
    }

    [Fact]
    public void Any_word_is_illegal_or_matches_exactly_one_row()
    {
        foreach (InstructionRow row in InstructionTable.Rows[1..])
        {
            for (int bit = 0; bit < 32; bit++)
            {
                AgreesWithTheRows(row.Match ^ 1u << bit);
                AgreesWithTheRows((row.Match | ~row.Mask) ^ 1u << bit);
            }
        }

        // A multiplicative generator of full period: the sample is the same on every run.
        uint word = 1;
        for (int i = 0; i < RandomWords; i++)
        {
            word = (word * 1664525) + 1013904223;
            AgreesWithTheRows(word);
            // Random opcodes are seldom legal: the second half of the sample borrows the major opcode of a row.
            AgreesWithTheRows((word & ~0x7Fu) | (InstructionTable.Rows[1 + (int)(word % (uint)(InstructionTable.Rows.Length - 1))].Match & 0x7F));
        }
    }

    [Fact]
    public void Every_major_opcode_and_function_agrees_with_the_rows()
    {
        for (uint low = 0; low < 128; low++)
        {
            for (uint function = 0; function < 1024; function++)
            {
                uint word = low | ((function & 7) << 12) | (function >> 3 << 25);
                AgreesWithTheRows(word);
                AgreesWithTheRows(word | 0x01FF8F80);
            }
        }
    }

    [Fact]
    public void Encode_then_decode_gives_back_every_field()
    {
        Gen<DecodedInstruction> instructions =
            from row in Gen.Elements(InstructionTable.Rows[1..].ToArray())
            from free in Gen.Choose(int.MinValue, int.MaxValue)
            select Decoder.Decode(row.Match | ((uint)free & ~row.Mask));
        Prop.ForAll(instructions.ToArbitrary(), instruction =>
        {
            DecodedInstruction again = Decoder.Decode(Encoder.Encode(in instruction));
            return again with { Word = instruction.Word } == instruction;
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(20_000));
    }

    [Fact]
    public void Decode_then_encode_gives_back_every_word_but_for_ignored_fence_bits()
    {
        uint word = 7;
        for (int i = 0; i < RandomWords; i++)
        {
            word = (word * 1664525) + 1013904223;
            InstructionRow row = InstructionTable.Rows[1 + (int)((word >> 7) % (uint)(InstructionTable.Rows.Length - 1))];
            uint legal = row.Match | (word & ~row.Mask);
            DecodedInstruction instruction = Decoder.Decode(legal);
            if (instruction.Op is not (Instruction.Fence or Instruction.FenceI) && Encoder.Encode(in instruction) != legal)
                Assert.Fail($"{row.Mnemonic}: {legal:X8} comes back as {Encoder.Encode(in instruction):X8}");
        }
    }

    [Fact]
    public void Every_Xhx_encoding_without_a_row_is_illegal()
    {
        const uint custom0 = 0x0B;
        InstructionRow[] rows = [.. InstructionTable.Rows.ToArray().Where(r => r.Section == "Xhx")];
        Assert.Equal(14, rows.Length);
        for (uint function = 0; function < 1024; function++)
        {
            uint word = custom0 | ((function & 7) << 12) | (function >> 3 << 25);
            bool legal = Array.Exists(rows, r => r.Match == word);
            Assert.Equal(legal, Decoder.Decode(word).Op != Instruction.Illegal);
        }

        foreach (InstructionRow row in rows)
        {
            for (int bit = 7; bit < 25; bit++)
            {
                bool isFunction3 = bit is >= 12 and < 15;
                if (!isFunction3 && (row.Mask >> bit & 1) != 0)
                    Assert.Equal(Instruction.Illegal, Decoder.Decode(row.Match | 1u << bit).Op);
            }
        }
    }

    [Fact]
    public void Custom_1_2_and_3_are_illegal()
    {
        foreach (uint opcode in new uint[] { 0x2B, 0x5B, 0x7B })
        {
            for (uint upper = 0; upper < 1 << 13; upper++)
                Assert.Equal(Instruction.Illegal, Decoder.Decode(opcode | (upper << 19) | (upper << 7)).Op);
        }
    }

    private static void AgreesWithTheRows(uint word)
    {
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
            Assert.Fail($"{word:X8}: {matches} rows match, the last is {expected}; decoded as {decoded.Op}");
    }
}
