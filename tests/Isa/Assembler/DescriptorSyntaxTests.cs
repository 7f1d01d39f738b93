using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class DescriptorSyntaxTests
{
    private const string Matmul = "mx.matmul a=sp(x), w=sp(w1), slot=0, m=32, k=64, n=16, type=bf16, accumulate, wait=x_ready:1, post=y_ready:2";
    private const string Names = ".spalloc x, 32*64*2\n.spalloc w1, 64*16*2\n.equ x_ready, 3\n.equ y_ready, 4\n.data\n";

    private static Descriptor Only(string source)
    {
        ElfImage image = Assembled.Image(source);
        return Descriptor.Read(image.Segments[0].Bytes.Span[..64]);
    }

    [Fact]
    public void The_readable_form_fills_every_field()
    {
        Descriptor d = Only(Names + Matmul);
        Assert.Equal(DescriptorOpcode.MxMatmul, d.Opcode);
        Assert.Equal(1, d.Version);
        Assert.True(d.Accumulate && !d.Chain);
        Assert.Equal((0x4000_0000UL, 0x4000_1000UL), (d.A, d.B));
        Assert.Equal((32, 64, 16), (d.N0, d.N1, d.N2));
        Assert.Equal((ElementType.Bf16, ElementType.Bf16, ElementType.Fp32, ElementType.None), (d.TypeA, d.TypeB, d.TypeAccumulator, d.TypeOut));
        Assert.Equal((128, 32), (d.PitchA, d.PitchB));
        Assert.Equal(new SemaphoreCount(3, 1), d.Wait0);
        Assert.Equal(new SemaphoreCount(4, 2), d.Post0);
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(in d));
    }

    [Fact]
    public void The_second_wait_lies_behind_the_first()
    {
        Descriptor d = Only(Names + Matmul + ", wait=9:255");
        Assert.Equal(new SemaphoreCount(9, 255), d.Wait1);
        Assert.Equal(2, Assembled.Errors(Names + Matmul + ", wait=9:255, wait=1\nnop").Count);
    }

    [Fact]
    public void A_descriptor_and_its_label_stand_on_a_line()
    {
        ElfImage image = Assembled.Image(Names + ".byte 1\nd0: d1:\n" + Matmul + "\nd2: " + Matmul + "\nend: .word d2");
        Assert.Equal(0x40u, image.FindSymbol("d0")!.Value & 0xFF);
        Assert.Equal(image.FindSymbol("d0")!.Value, image.FindSymbol("d1")!.Value);
        Assert.Equal(image.FindSymbol("d0")!.Value + 64, image.FindSymbol("d2")!.Value);
        Assert.Equal(image.FindSymbol("d0")!.Value + 128, image.FindSymbol("end")!.Value);
    }

    [Fact]
    public void Every_example_of_the_table_assembles_and_passes_the_chips_check()
    {
        foreach (DescriptorRow row in DescriptorTable.Rows)
        {
            Descriptor d = Only(".data\n" + row.Example);
            Assert.Equal(row.Opcode, d.Opcode);
            Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(in d));
        }
    }

    [Fact]
    public void Rows_of_ten_get_a_pitch_of_sixteen_bytes_times_a_whole_number()
    {
        Descriptor d = Only(".data\nvx.add a=sp(0), b=sp(0x1000), d=sp(0x2000), m=4, n=10, type=fp32");
        Assert.Equal((48, 48, 48), (d.PitchA, d.PitchB, d.PitchD));
    }

    [Fact]
    public void A_copy_takes_its_dimensions_from_its_counts_and_packed_strides()
    {
        Descriptor d = Only(".data\nld.copy a=weights, d=sp(0), n0=64, n1=32, type=bf16, dst1=256\n.stream\nweights: .space 4096");
        Assert.Equal(2, d.Dimensions);
        Assert.Equal(0x8100_0000UL, d.A);
        Assert.Equal((2, 128, 0), (d.SourceStride(0), d.SourceStride(1), d.SourceStride(2)));
        Assert.Equal((2, 256), (d.DestinationStride(0), d.DestinationStride(1)));
        d = Only(".data\nld.copy a=hbm(0x1_0000_0000), d=sp(0), n0=64, typea=fp32, out=bf16".Replace("_", "", StringComparison.Ordinal));
        Assert.Equal(0x1_8000_0000UL, d.A);
        Assert.Equal((4, 2), (d.SourceStride(0), d.DestinationStride(0)));
    }

    [Fact]
    public void Field_offsets_are_known_by_name()
    {
        byte[] bytes = Assembled.Bytes(".byte desc.a, desc.n0, desc.b, desc.n1, desc.d, desc.n2, desc.pitcha, desc.m, desc.slot, desc.mx.drain.params, type.bf16, desc.wait, queue.vx", 0x8000_0000, 13);
        Assert.Equal([16, 22, 24, 30, 32, 38, 40, 22, 56, 52, 6, 8, 3], bytes);
    }

    [Fact]
    public void A_template_may_leave_fields_to_the_firmware()
    {
        Descriptor d = Only(".data\nmx.matmul template, type=bf16, slot=1");
        Assert.Equal((0UL, 0, 1), (d.A, d.N0, d.Slot));
    }

    [Theory]
    [InlineData("mx.matmul a=sp(0), w=sp(64), slot=0, m=1, k=1, type=bf16", 1, "needs 'n='", "for example")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=1, type=fp32, pichta=64", 57, "unknown key 'pichta'", "pitcha")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=1, type=fp32, slot=1", 57, "vx.exp has no 'slot'", "known: ")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=1, type=int4", 46, "does not take these types", "typea=int8|uint8|int32|bf16|fp32 out=bf16|fp32")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=1, type=f32", 51, "'f32' is no element type", "fp32")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=70000, n=1, type=fp32", 38, "70000 is out of range for m: 0 to 65535", "split")]
    [InlineData("vx.exp a=0x40000008, d=0x40001000, m=1, n=1, type=fp32", 10, "not a multiple of 16", "")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=0, type=fp32", 1, "sizes must be at least 1", "")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=1, m=2, type=fp32", 46, "'m' is given twice", "")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=1, type=fp32, wait=256:1", 62, "256 is out of range for semaphore numbers", "")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=1, type=fp32, act=relu", 57, "does not take act=relu", "mx.drain")]
    [InlineData("vx.exp a=0x40000000, d=0x40001000, m=1, n=1, type=bf16, round=stochastic", 1, "round=stochastic needs", "seed")]
    [InlineData("vx.expp a=1", 1, "unknown instruction 'vx.expp'", "vx.exp")]
    [InlineData("mx.drain d=0x40000000, slot=0, m=1, n=4, acc=int32, out=int32, act=relu", 1, "reserved", "raw")]
    public void A_mistake_is_named_with_its_column_and_a_hint(string line, int column, string message, string hint)
    {
        Diagnostic error = Assembled.Error(".data\n" + line);
        Assert.Equal((2, column), (error.Line, error.Column));
        Assert.Contains(message, error.Message, StringComparison.Ordinal);
        Assert.Contains(hint, error.Hint, StringComparison.Ordinal);
    }
}
