using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class DisassemblerTests
{
    private const uint Base = 0x8000_0000;

    [Theory]
    [InlineData(0x00150513u, "addi a0,a0,1")]
    [InlineData(0x12345537u, "lui a0,0x12345")]
    [InlineData(0xF2345537u, "lui a0,0xf2345")]
    [InlineData(0x0100006Fu, "jal zero,0x80000010")]
    [InlineData(0xFEB51EE3u, "bne a0,a1,0x7ffffffc")]
    [InlineData(0x00259513u, "slli a0,a1,0x2")]
    [InlineData(0xFFC12503u, "lw a0,-4(sp)")]
    [InlineData(0x00112623u, "sw ra,12(sp)")]
    [InlineData(0x00008067u, "jalr zero,0(ra)")]
    [InlineData(0x30551073u, "csrrw zero,mtvec,a0")]
    [InlineData(0x30046073u, "csrrsi zero,mstatus,8")]
    [InlineData(0x10051073u, "csrrw zero,0x100,a0")]
    [InlineData(0xFC002573u, "csrrs a0,hxversion,zero")]
    [InlineData(0x0330000Fu, "fence rw,rw")]
    [InlineData(0x8330000Fu, "fence.tso")]
    [InlineData(0x0000100Fu, "fence.i")]
    [InlineData(0x1605A52Fu, "lr.w.aqrl a0,(a1)")]
    [InlineData(0x18C5A52Fu, "sc.w a0,a2,(a1)")]
    [InlineData(0x0AC5A52Fu, "amoswap.w.rl a0,a2,(a1)")]
    [InlineData(0x30200073u, "mret")]
    [InlineData(0x0005000Bu, "hx.issue a0")]
    [InlineData(0x0205058Bu, "hx.tryissue a1,a0")]
    [InlineData(0x06B5160Bu, "hx.semtry a2,a0,a1")]
    [InlineData(0x0000200Bu, "hx.barrier")]
    [InlineData(0xFFFFFFFFu, ".word 0xffffffff")]
    [InlineData(0x0030000Fu, "fence unknown,rw")]
    [InlineData(0x8320000Fu, ".word 0x8320000f # fence rw,r")]
    [InlineData(0x0330008Fu, ".word 0x0330008f # fence rw,rw")]
    [InlineData(0x0010100Fu, ".word 0x0010100f # fence.i")]
    public void A_word_has_its_text(uint word, string text) => Assert.Equal(text, Disassembler.Text(word, Base));

    [Fact]
    public void A_product_is_written_in_the_readable_form()
    {
        Descriptor d = new()
        {
            Opcode = DescriptorOpcode.MxMatmul,
            Version = 1,
            Accumulate = true,
            TypeA = ElementType.Bf16,
            TypeB = ElementType.Bf16,
            TypeAccumulator = ElementType.Fp32,
            A = 0x4000_0000,
            B = 0x4000_2000,
            N0 = 32,
            N1 = 64,
            N2 = 16,
            PitchA = 128,
            PitchB = 32,
            Wait0 = new SemaphoreCount(3, 1),
            Post0 = new SemaphoreCount(4, 1),
            Post1 = new SemaphoreCount(5, 2),
        };
        Assert.Equal(
            "mx.matmul a=0x40000000, w=0x40002000, slot=0, m=32, k=64, n=16, pitcha=128, pitchw=32, type=bf16, accumulate, wait=3:1, post=4:1, post=5:2",
            Disassembler.Text(in d));
        d.Version = 2;
        Assert.EndsWith("post=5:2 # Version", Disassembler.Text(in d), StringComparison.Ordinal);
    }

    [Fact]
    public void A_copy_leaves_out_dimensions_that_it_does_not_have()
    {
        DescriptorRow row = DescriptorTable.Find("ld.copy")!;
        Descriptor d = LegalDescriptors.Build(row, ElementType.Fp32, ElementType.None, ElementType.None, ElementType.Bf16);
        foreach (string key in new[] { "n2", "src2", "dst2" })
            LegalDescriptors.Set(ref d, row.Field(key)!, 0);
        LegalDescriptors.Set(ref d, row.Field("src1")!, unchecked((ulong)-64));
        d.Dimensions = 2;
        Assert.Equal(
            "ld.copy a=0x40001000, d=0x40001000, dims=2, n0=5, n1=5, src0=16, src1=-64, dst0=16, dst1=16, typea=fp32, out=bf16",
            Disassembler.Text(in d));
    }

    [Fact]
    public void Type_keys_of_every_legal_descriptor_lead_back_to_its_types()
    {
        foreach ((DescriptorRow row, Descriptor d) in LegalDescriptors.All())
        {
            string text = Disassembler.Text(in d);
            ElementType? Key(string key)
            {
                string? part = text[(text.IndexOf(' ', StringComparison.Ordinal) + 1)..].Split(", ").FirstOrDefault(p => p.StartsWith(key + "=", StringComparison.Ordinal));
                return part is null ? null : ElementTypes.TryParse(part[(key.Length + 1)..], out ElementType type) ? type : throw new InvalidOperationException(part);
            }

            Assert.True(TypeResolution.TryResolve(row, d.B != 0, Key("type"), Key("typea"), Key("typeb"), Key("acc"), Key("out"), out ResolvedTypes types), text);
            Assert.Equal(ResolvedTypes.Of(in d), types);
        }
    }

    [Fact]
    public void Each_example_in_the_table_names_its_operation_and_only_keys_that_it_has()
    {
        foreach (DescriptorRow row in DescriptorTable.Rows)
        {
            Assert.StartsWith(row.Mnemonic + " ", row.Example, StringComparison.Ordinal);
            foreach (string part in row.Example[(row.Mnemonic.Length + 1)..].Split(", "))
            {
                string key = part.Split('=')[0];
                bool known = row.Field(key) is not null || key == "type" || Array.Exists(DescriptorTable.Header.ToArray(), f => f.Key == key);
                Assert.True(known, $"{row.Mnemonic}: {key}");
            }
        }
    }
}
