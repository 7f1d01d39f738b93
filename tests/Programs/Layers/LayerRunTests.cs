using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>firmware/layers: one image for any layer on any chip.</summary>
public sealed class LayerRunTests
{
    [Theory]
    [InlineData("tiny", 33, 41, 104)]
    [InlineData("tiny", 1, 1, 1)]
    [InlineData("tiny", 700, 10, 7)]          // more rows than a slot of these columns and the scratchpad hold
    [InlineData("tiny", 9, 70, 2000)]         // more k than the scratchpad holds
    [InlineData("tiny array.rows=3 array.columns=11", 20, 25, 40)]
    [InlineData("tiny array.accumulate=bottom array.int8_packing=4", 30, 17, 77)]
    [InlineData("edge tiles=3 scratchpad.bytes=64_KiB accumulators.bytes=64_KiB", 50, 97, 300)]
    [InlineData("hybrid", 129, 67, 1000)]
    [InlineData("hybrid", 1, 300, 100)]
    [InlineData("hybrid array.int8_packing=4", 65, 33, 130)]
    [InlineData("datacenter", 70, 617, 137)]  // the tiles form a row of four
    [InlineData("datacenter", 600, 130, 40)]  // or a column
    [InlineData("hybrid array.rows=256 array.columns=256 scratchpad.bytes=64_KiB accumulators.bytes=64_KiB tiles=1", 20, 260, 300)]
    [InlineData("hybrid array.rows=512 array.columns=512 scratchpad.bytes=64_KiB accumulators.bytes=128_KiB tiles=1", 20, 530, 600)]
    public void A_product_of_any_size_is_bit_equal_to_plain_loops_in_both_types(string config, int m, int n, int k)
    {
        ChipConfiguration chip = Firmware.Configuration(config);
        var layer = new Layer("product", m, n, k);
        LayerCase.Check(chip, layer, LayerType.Int8);
        if (chip.Array.Accumulate == Units.AccumulatePlace.Top) // at the bottom bf16 sums depend on the array
            LayerCase.Check(chip, layer, LayerType.Bf16);
    }

    [Theory]
    [InlineData("tiny", 14, 14, 5, 5, 6, 16, 1)]
    [InlineData("tiny", 12, 9, 3, 2, 5, 11, 2)]      // the last windows hang over the lower edge
    [InlineData("tiny", 20, 22, 17, 18, 2, 9, 1)]    // a window of more pixels than one descriptor takes: by rows
    [InlineData("tiny", 3, 279, 2, 270, 1, 5, 3)]    // and by parts of a row
    [InlineData("tiny", 1, 1, 1, 1, 900, 12, 1)]
    [InlineData("edge tiles=2", 15, 15, 3, 3, 40, 70, 3)]
    [InlineData("hybrid", 28, 28, 3, 3, 33, 20, 1)]
    public void A_convolution_is_bit_equal_to_plain_loops_in_both_types(string config, int h, int w, int fh, int fw, int c, int filters, int stride)
    {
        ChipConfiguration chip = Firmware.Configuration(config);
        var layer = Layer.Of("convolution", new Convolution(h, w, fh, fw, c, filters, stride));
        LayerCase.Check(chip, layer, LayerType.Int8);
        LayerCase.Check(chip, layer, LayerType.Bf16);
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("hybrid")]
    [InlineData("datacenter scratchpad.bytes=64_KiB scratchpad.banks=16")] // no room to keep operands in banks of their own
    public void Folds_one_after_another_give_the_same_result(string config)
    {
        ChipConfiguration chip = Firmware.Configuration(config);
        LayerCase.Check(chip, new Layer("product", 45, 77, 130), LayerType.Int8, separate: true);
        LayerCase.Check(chip, Layer.Of("convolution", new Convolution(9, 8, 3, 3, 7, 10, 2)), LayerType.Bf16, separate: true);
    }

    [Fact]
    public void Cycles_of_the_matrix_queue_all_have_a_cause_and_bytes_are_at_least_the_operands()
    {
        ChipConfiguration chip = Firmware.Configuration("hybrid");
        LayerMeasures m = new LayerRun(chip, new Layer("product", 200, 96, 150), LayerType.Bf16).Finish().Measures;
        Assert.Equal(chip.Tiles * m.Cycles, m.Stalls.Sum(s => s.Count));
        Assert.InRange(m.SetupCycles, 1, m.Cycles - 1);
        Assert.True(m.Hbm.ReadBytes >= 2 * ((200 * 150) + (150 * 96)));
        Assert.True(m.Hbm.WriteBytes >= 2 * 200 * 96);
        Assert.Equal(200L * 96 * 5 * 4, m.Accumulators.WriteBytes); // five folds of k = 32
        Assert.Equal(100.0 * 150 / 160, m.MappingPercent, 1e-9);
        Assert.Equal(100.0 * 200 * 96 * 150 / (2 * 1024 * m.Cycles), m.UtilisationPercent, 1e-9);
    }

    [Fact]
    public void Folds_of_the_largest_array_one_after_another_take_2R_plus_C_plus_M_minus_2_cycles()
    {
        ChipConfiguration chip = Firmware.Configuration("hybrid array.rows=512 array.columns=512");
        LayerMeasures measures = new LayerRun(chip, new Layer("product", 30, 600, 700), LayerType.Int8, separate: true).Finish().Measures;
        Assert.Equal(4 * ((2 * 512) + 512 + 30 - 2), measures.Cycles);
    }

    [Fact]
    public void The_same_seed_gives_the_same_cycles_and_bits_and_another_one_other_bits()
    {
        static string Run(string config)
        {
            var run = new LayerRun(Firmware.Configuration(config), new Layer("product", 5, 40, 20), LayerType.Int8);
            return $"{run.Finish().Statistics.Cycles} {Convert.ToHexString(run.ResultRow(4))}";
        }

        Assert.Equal(Run("tiny"), Run("tiny"));
        Assert.NotEqual(Run("tiny"), Run("tiny seed=2"));
    }

    [Fact]
    public void A_layer_that_memory_cannot_hold_is_refused_with_the_bound()
    {
        var e = Assert.Throws<DataException>(() => new LayerRun(Firmware.Configuration("tiny"), new Layer("vast", 1 << 14, 1 << 14, 1 << 4), LayerType.Int8));
        Assert.Contains("of streaming memory", e.Message, StringComparison.Ordinal);
    }
}
