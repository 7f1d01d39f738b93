using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class DescriptorFootprintTests
{
    [Fact]
    public void A_product_reads_its_operands_and_transposition_swaps_their_shapes()
    {
        Descriptor d = Build("mx.matmul");
        (d.A, d.B, d.N0, d.N1, d.N2, d.PitchA, d.PitchB) = (0x4000_0000, 0x4000_8000, 32, 64, 16, 128, 48);
        Region[] regions = List(in d);
        Assert.Equal(2, regions.Length);
        Matches(regions[0], RegionRole.A, RegionAccess.Read, 0x4000_0000, rows: 32, rowBytes: 128, pitch: 128);
        Matches(regions[1], RegionRole.B, RegionAccess.Read, 0x4000_8000, rows: 64, rowBytes: 32, pitch: 48);
        Assert.Equal(0x4000_8000 + (63 * 48) + 32, regions[1].End);

        d.TransposeA = d.TransposeB = true;
        regions = List(in d);
        Matches(regions[0], RegionRole.A, RegionAccess.Read, 0x4000_0000, rows: 64, rowBytes: 64, pitch: 128);
        Matches(regions[1], RegionRole.B, RegionAccess.Read, 0x4000_8000, rows: 16, rowBytes: 128, pitch: 48);
    }

    [Fact]
    public void A_drain_reads_bias_and_parameters_only_when_it_has_them()
    {
        Descriptor d = Build("mx.drain");
        (d.D, d.N0, d.N2, d.PitchD, d.TypeOut) = (0x4000_2000, 4, 10, 32, ElementType.Bf16);
        Matches(Assert.Single(List(in d)), RegionRole.D, RegionAccess.Write, 0x4000_2000, rows: 4, rowBytes: 20, pitch: 32);

        (d.B, d.TypeB, d.MatrixParameters) = (0x4000_3000, ElementType.Fp32, 0x4000_4000);
        Region[] regions = List(in d);
        Assert.Equal([RegionRole.B, RegionRole.D, RegionRole.Params], regions.Select(r => r.Role));
        Matches(regions[0], RegionRole.B, RegionAccess.Read, 0x4000_3000, rows: 1, rowBytes: 40, pitch: 40);
        Matches(regions[2], RegionRole.Params, RegionAccess.Read, 0x4000_4000, rows: 1, rowBytes: 64, pitch: 0);
    }

    [Fact]
    public void A_zero_has_no_regions()
    {
        Descriptor d = Build("mx.zero");
        Assert.Empty(List(in d));
    }

    [Fact]
    public void A_load_reads_HBM_with_strides_and_writes_the_scratchpad()
    {
        Descriptor d = Build("ld.copy");
        DescriptorRow row = DescriptorTable.Find("ld.copy")!;
        (d.A, d.D, d.N0, d.N1, d.N2) = (0x8100_0000, 0x4000_0000, 8, 4, 2);
        (d.TypeA, d.TypeOut) = (ElementType.Fp32, ElementType.Bf16);
        foreach ((string key, int stride) in new[] { ("src0", 8), ("src1", -256), ("src2", 1024), ("dst0", 2), ("dst1", 16), ("dst2", 64) })
            LegalDescriptors.Set(ref d, row.Field(key)!, unchecked((ulong)stride));
        Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(in d));
        Region[] regions = List(in d);

        Assert.Equal((RegionSpace.Hbm, 4, 8, 8, 4, 2), (regions[0].Space, regions[0].ElementBytes, regions[0].ElementStride, regions[0].Columns, regions[0].Rows, regions[0].Planes));
        Assert.Equal(60, regions[0].RowBytes);
        Assert.Equal(0x8100_0000 - (3 * 256), regions[0].Lowest);
        Assert.Equal(0x8100_0000 + 1024 + 60, regions[0].End);
        Assert.Equal((RegionSpace.Scratchpad, RegionAccess.Write, 16L, 16L, 64L), (regions[1].Space, regions[1].Access, regions[1].RowBytes, regions[1].Pitch, regions[1].PlanePitch));
        Assert.Equal(0x4000_0000, regions[1].Lowest);
        Assert.Equal(0x4000_0000 + 64 + 48 + 16, regions[1].End);
    }

    [Fact]
    public void A_store_writes_HBM()
    {
        Descriptor d = Build("st.copy");
        Assert.Equal([(RegionSpace.Scratchpad, RegionAccess.Read), (RegionSpace.Hbm, RegionAccess.Write)], List(in d).Select(r => (r.Space, r.Access)));
    }

    [Fact]
    public void A_broadcast_row_is_one_row()
    {
        Descriptor d = Build("vx.add");
        (d.N0, d.N2, d.PitchA, d.PitchB, d.PitchD) = (8, 16, 64, 0, 64);
        (d.TypeA, d.TypeB, d.TypeOut) = (ElementType.Fp32, ElementType.Fp32, ElementType.Fp32);
        Assert.Equal([8, 1, 8], List(in d).Select(r => r.Rows));
    }

    [Fact]
    public void A_loss_reads_labels_and_reads_and_writes_its_record()
    {
        Descriptor d = Build("loss.xent_grad");
        (d.N0, d.N2, d.Auxiliary, d.B) = (32, 10, 0x4000_4004, 0x4000_3000);
        Region[] regions = List(in d);
        Assert.Equal([RegionRole.A, RegionRole.D, RegionRole.Aux, RegionRole.Record, RegionRole.Params], regions.Select(r => r.Role));
        Matches(regions[2], RegionRole.Aux, RegionAccess.Read, 0x4000_4004, rows: 1, rowBytes: 128, pitch: 128);
        Matches(regions[3], RegionRole.Record, RegionAccess.ReadWrite, 0x4000_3000, rows: 1, rowBytes: 128, pitch: 0);
    }

    [Fact]
    public void A_transpose_writes_columns_as_rows_and_sums_shrink()
    {
        Descriptor d = Build("tr.transpose");
        (d.N0, d.N2, d.TypeA, d.TypeOut) = (8, 16, ElementType.Bf16, ElementType.Bf16);
        Matches(List(in d)[1], RegionRole.D, RegionAccess.Write, 0x4000_1000, rows: 16, rowBytes: 16, pitch: 64);

        d = Build("vx.sum");
        (d.N0, d.N2) = (8, 16);
        Matches(List(in d)[1], RegionRole.D, RegionAccess.Write, 0x4000_1000, rows: 8, rowBytes: 4, pitch: 64);

        d = Build("vx.sum_rows");
        (d.N0, d.N2) = (8, 16);
        Matches(List(in d)[1], RegionRole.D, RegionAccess.Write, 0x4000_1000, rows: 1, rowBytes: 64, pitch: 64);
    }

    [Fact]
    public void The_optimizer_updates_its_master_weights_in_place()
    {
        Descriptor d = Build("opt.sgd");
        (d.N0, d.N2) = (16, 64);
        Region[] regions = List(in d);
        Assert.Equal([RegionAccess.ReadWrite, RegionAccess.Read, RegionAccess.Write, RegionAccess.Read], regions.Select(r => r.Access));
        Assert.Equal([4096L, 4096L, 2048L, 64L], regions.Select(r => r.End - r.Lowest));
    }

    [Fact]
    public void Every_legal_descriptor_lists_between_none_and_eight_regions()
    {
        foreach ((DescriptorRow row, Descriptor d) in LegalDescriptors.All())
        {
            foreach (Region region in List(in d))
                Assert.True(region.End > region.Lowest && region.RowBytes > 0, row.Mnemonic);
        }
    }

    private static Descriptor Build(string mnemonic) => LegalDescriptors.OneEach().Single(x => x.Row.Mnemonic == mnemonic).Descriptor;

    private static Region[] List(in Descriptor d)
    {
        Region[] regions = new Region[DescriptorFootprint.MaximumRegions];
        return regions[..DescriptorFootprint.Enumerate(in d, regions)];
    }

    private static void Matches(Region region, RegionRole role, RegionAccess access, ulong address, int rows, long rowBytes, long pitch) =>
        Assert.Equal((role, access, address, rows, rowBytes, pitch), (region.Role, region.Access, region.Address, region.Rows, region.RowBytes, region.Pitch));
}
