using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>What is special about descriptors of LD and ST: padding, int4, windows of images.</summary>
public class DmaDescriptorTests
{
    private static readonly DescriptorRow s_im2col = DescriptorTable.Find("ld.im2col")!;

    [Theory]
    [InlineData(5, 0, 1, 1, 5, QueueFaultCause.None)]
    [InlineData(6, 0, 1, 1, 5, QueueFaultCause.Size)]
    [InlineData(5, 1, 1, 1, 5, QueueFaultCause.Size)]
    [InlineData(8, 10, 3, 2, 3, QueueFaultCause.None)]
    [InlineData(8, 11, 3, 2, 3, QueueFaultCause.Size)]
    [InlineData(65535, 65535, 255, 255, 65535, QueueFaultCause.None)]
    public void Columns_of_windows_are_as_many_as_a_window_has_elements(int n, int first, int kh, int kw, int channels, QueueFaultCause expected)
    {
        Descriptor d = Windows();
        d.N2 = n;
        Set(ref d, "firstk", first);
        Set(ref d, "kh", kh);
        Set(ref d, "kw", kw);
        Set(ref d, "channels", channels);
        Set(ref d, "pitch", 4 * 65536);
        Assert.Equal(expected, DescriptorCheck.Check(in d));
    }

    [Fact]
    public void Windows_need_every_size_and_no_padding()
    {
        foreach (string key in new[] { "m", "n", "channels", "height", "width", "oh", "ow", "kh", "kw", "sh", "sw", "dh", "dw" })
        {
            Descriptor d = Windows();
            Set(ref d, key, 0);
            Assert.Equal(QueueFaultCause.Size, DescriptorCheck.Check(in d));
        }

        foreach (string key in new[] { "pt", "pl", "firstrow" })
        {
            Descriptor d = Windows();
            Set(ref d, key, 255);
            Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(in d));
        }
    }

    [Theory]
    [InlineData("a", 2, QueueFaultCause.None)]
    [InlineData("a", 1, QueueFaultCause.Misaligned)]
    [InlineData("d", 4, QueueFaultCause.None)]
    [InlineData("d", 2, QueueFaultCause.Misaligned)]
    [InlineData("pitch", 4, QueueFaultCause.None)]
    [InlineData("pitch", 2, QueueFaultCause.Misaligned)]
    public void Windows_are_aligned_to_elements(string key, int more, QueueFaultCause expected)
    {
        Descriptor d = LegalDescriptors.Build(s_im2col, ElementType.Bf16, ElementType.None, ElementType.None, ElementType.Fp32);
        Set(ref d, key, 0x1000 + more);
        Assert.Equal(expected, DescriptorCheck.Check(in d));
    }

    [Theory]
    [InlineData("ld.copy", "src0", 1)]
    [InlineData("st.copy", "dst0", 1)]
    [InlineData("st.copy", "src0", 2)]
    public void Two_int4_lie_in_a_byte(string mnemonic, string key, int stride)
    {
        (DescriptorRow row, Descriptor legal) = LegalDescriptors.All().Single(x => x.Row.Mnemonic == mnemonic
            && (x.Descriptor.TypeA == ElementType.Int4 || x.Descriptor.TypeOut == ElementType.Int4));
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(in legal));
        Descriptor d = legal;
        LegalDescriptors.Set(ref d, row.Field(key)!, (ulong)stride);
        Assert.Equal(QueueFaultCause.Size, DescriptorCheck.Check(in d));
    }

    [Fact]
    public void Padding_is_in_the_footprint_of_the_destination_only()
    {
        Descriptor d = Only("ld.copy a=0x81000000, d=0x40000100, n0=10, n1=3, src1=64, dst1=80, type=bf16, padbefore=3, padafter=255, fill=-1");
        Assert.Equal((uint.MaxValue, (byte)3, (byte)255), (d.Fill, d.PadBefore, d.PadAfter));
        Region[] regions = List(in d);
        Assert.Equal((10, 268), (regions[0].Columns, regions[1].Columns));
        Assert.Equal((0x8100_0000L, 0x8100_0000L + 128 + 20), (regions[0].Lowest, regions[0].End));
        Assert.Equal((0x4000_0100L, 0x4000_0100L + 160 + 536), (regions[1].Lowest, regions[1].End));
    }

    [Fact]
    public void Strides_that_are_not_given_leave_room_for_padding_and_pack_int4()
    {
        Descriptor d = Only("ld.copy a=0x81000000, d=0x40000000, n0=5, n1=2, n2=2, type=fp32, padbefore=1, padafter=2");
        Assert.Equal((4, 20, 40), (d.SourceStride(0), d.SourceStride(1), d.SourceStride(2)));
        Assert.Equal((4, 32, 64), (d.DestinationStride(0), d.DestinationStride(1), d.DestinationStride(2)));
        d = Only("ld.copy a=0x81000000, d=0x40000000, n0=5, n1=2, n2=2, typea=int4, out=int8");
        Assert.Equal((0, 3, 6), (d.SourceStride(0), d.SourceStride(1), d.SourceStride(2)));
        Assert.Equal((1, 5, 10), (d.DestinationStride(0), d.DestinationStride(1), d.DestinationStride(2)));
        Assert.Equal([3, 5], List(in d).Select(r => r.Columns));
        d = Only("st.copy a=0x40000000, d=0x81000000, n0=5, n1=2, typea=int8, out=int4");
        Assert.Equal((1, 5, 0, 3), (d.SourceStride(0), d.SourceStride(1), d.DestinationStride(0), d.DestinationStride(1)));
    }

    [Fact]
    public void A_sum_in_memory_reads_and_writes_it()
    {
        Descriptor d = Only("st.accumulate a=0x40000000, d=0x81000000, n0=5, n1=2, typea=bf16, out=fp32");
        Assert.Equal([RegionAccess.Read, RegionAccess.ReadWrite], List(in d).Select(r => r.Access));
        Assert.Equal([RegionSpace.Scratchpad, RegionSpace.Hbm], List(in d).Select(r => r.Space));
    }

    [Fact]
    public void The_readable_form_of_windows_fills_every_field_and_comes_back()
    {
        const string Text = "ld.im2col a=0x81000000, d=0x40000000, m=1, n=2, channels=3, height=4, width=5, oh=6, ow=7, kh=8, kw=9, sh=10, sw=11, dh=12, dw=13, pitch=14, pt=15, pl=16, firstrow=4294967295, firstk=18, type=bf16";
        Descriptor d = Only(Text);
        Assert.Equal(new ImageWindows(3, 4, 5, 8, 9, 10, 11, 12, 13, 15, 16, 6, 7, uint.MaxValue, 18), ImageWindows.Of(in d));
        Assert.Equal((1, 2, 14u), (d.N0, d.N2, d.Word(14)));
        Assert.Equal(Text, Disassembler.Text(in d));
    }

    [Fact]
    public void The_footprint_of_windows_has_every_byte_they_read_and_only_whole_images()
    {
        Gen<int[]> gen = Gen.Choose(0, 1 << 30).Select(seed => new[] { seed });
        Prop.ForAll(Arb.From(gen), seeds =>
        {
            var random = new Random(seeds[0]);
            int channels = 1 + random.Next(5), height = 1 + random.Next(6), width = 1 + random.Next(6), oh = 1 + random.Next(5), ow = 1 + random.Next(5);
            int m = 1 + random.Next(40);
            uint first = (uint)random.Next(100);
            Descriptor d = Windows();
            (d.N0, d.N1, d.N2) = (m, ow, 1);
            foreach ((string key, int value) in new[] { ("channels", channels), ("height", height), ("width", width), ("oh", oh), ("firstrow", (int)first) })
                Set(ref d, key, value);
            Region region = List(in d)[0];
            long image = (long)channels * height * width, lowest = first / (oh * ow) * image, end = (((first + m - 1) / (oh * ow)) + 1) * image;
            Assert.Equal((0x4000_1000 + lowest, 0x4000_1000 + end), (region.Lowest, region.End));
            Assert.Equal(end - lowest, (long)region.Columns * region.Rows * region.Planes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    [Theory]
    [InlineData(65535, 65535, 65535, 0u, 0x7FFF_FFFF_FFFFL)]
    [InlineData(65535, 65535, 1, 4_000_000_000u, 0x7FFF_FFFF_FFFFL)]
    [InlineData(40_000, 40_000, 2, 1u, 0x4000_1000 + (3L * 40_000 * 40_000 * 2))]
    public void Images_larger_than_any_memory_reach_beyond_it(int height, int width, int channels, uint first, long atLeast)
    {
        Descriptor d = Windows();
        (d.N0, d.N1) = (2, 1);
        Set(ref d, "height", height);
        Set(ref d, "width", width);
        Set(ref d, "channels", channels);
        Set(ref d, "oh", 1);
        Set(ref d, "firstrow", first);
        Region region = List(in d)[0];
        Assert.True(region.End >= atLeast && region.End > region.Lowest, $"{region.Lowest:x} {region.End:x}");
    }

    private static Descriptor Windows() => LegalDescriptors.OneEach().Single(x => x.Row == s_im2col).Descriptor;

    private static void Set(ref Descriptor d, string key, long value) => LegalDescriptors.Set(ref d, s_im2col.Field(key)!, (ulong)value);

    private static Descriptor Only(string line)
    {
        ElfImage image = Assembled.Image(".data\n" + line);
        return Descriptor.Read(image.Segments[0].Bytes.Span[..64]);
    }

    private static Region[] List(in Descriptor d)
    {
        Region[] regions = new Region[DescriptorFootprint.MaximumRegions];
        return regions[..DescriptorFootprint.Enumerate(in d, regions)];
    }
}
