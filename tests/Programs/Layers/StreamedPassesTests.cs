using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>firmware/layers/stream.s with PASSES: more groups of images than slots, and filters of the whole image.</summary>
public sealed class StreamedPassesTests
{
    private const string Small = "tiny array.rows=16 array.columns=16 scratchpad.bytes=1_MiB";

    [Theory]
    [InlineData(Small, 1, 7, 5, new[] { 3 }, new[] { 16, 16 }, new[] { 16, 16 })]
    [InlineData(Small, 5, 9, 9, new[] { 3, 3 }, new[] { 20, 15, 17 }, new[] { 33, 31, 10 })]
    [InlineData(Small + " array.accumulate=bottom", 4, 6, 7, new[] { 5, 1 }, new[] { 3, 20, 33 }, new[] { 20 })] // it is the last layer
    [InlineData(Small, 3, 4, 3, new[] { 1 }, new[] { 17, 30 }, new[] { 40, 5 })] // no padding
    [InlineData(Small, 2, 3, 3, new[] { 3 }, new[] { 17, 30 }, new[] { 9 })] // the filter before is as large, with padding
    [InlineData(Small, 17, 9, 9, new[] { 3, 3 }, new[] { 16, 16, 16 }, new[] { 40, 20 })] // nine groups: two passes of four, one of one
    [InlineData(Small, 11, 9, 9, new[] { 3, 3, 3 }, new[] { 20, 40, 33, 18 }, new[] { 20, 17 })] // six groups, several blocks
    [InlineData("tpuv1 accumulators.bytes=256_KiB", 11, 5, 5, new[] { 3, 3 }, new[] { 181, 181, 181 }, new[] { 300, 256 })]
    public void Convolutions_and_layers_that_are_fully_connected_are_bit_equal_to_plain_loops(
        string config, int batch, int height, int width, int[] filters, int[] channels, int[] connected) =>
        new StreamedChain(config, batch, height, width, filters, channels, connected).Check();

    [Theory]
    [InlineData(Small, 17, 9, 9, new[] { 3, 3, 3 }, new[] { 16, 16, 16, 10 })]
    [InlineData(Small, 10, 9, 9, new[] { 3, 1, 5 }, new[] { 33, 17, 40, 20 })]
    [InlineData(Small, 30, 11, 4, new[] { 1, 1 }, new[] { 20, 40, 10 })]
    public void More_images_than_the_slots_take_are_bit_equal_to_plain_loops(string config, int batch, int height, int width, int[] filters, int[] channels) =>
        new StreamedChain(config, batch, height, width, filters, channels, []).Check();

    [Fact]
    public void Networks_of_any_batch_that_end_in_connected_layers_are_bit_equal_to_plain_loops()
    {
        Gen<StreamedChain> gen =
            from size in Gen.Choose(1, 9).Two()
            from batch in Gen.Choose(1, 24)
            from layers in Gen.Choose(1, 3)
            from filters in Gen.Elements(1, 3, 5).ArrayOf(layers)
            from channels in Gen.Choose(1, 40).ArrayOf(layers + 1)
            from last in Gen.Choose(0, 2)
            from connected in Gen.Choose(1, 40).ArrayOf(last)
            select new StreamedChain(Small, batch, size.Item1, size.Item2, filters, channels, connected);
        Prop.ForAll(Arb.From(gen, StreamedChain.Shrink), chain => chain.Check()).Check(Config.QuickThrowOnFailure.WithMaxTest(12).WithReplay(1704, 4761));
    }

    [Fact]
    public void A_pass_fetches_its_tiles_again_and_a_pixel_of_a_filter_of_the_whole_image_meets_an_image_a_row()
    {
        NetworkResult result = new StreamedChain(Small, 17, 9, 9, [3], [16, 20], [40, 16]).Check();
        const int Convolution = 2 * 9, Whole = 2 * 3 * 81, Last = 3; // tiles
        Assert.Equal(Convolution + Whole + Last, result.Tiles);
        Assert.Equal((3 * Convolution) + Whole + Last, result.FetchedTiles); // a slot takes two images of 100 pixels
        long pairs = (9 * 10) + 10 + (8 * 10) + 9, alone = (8 * 10) + 9;
        Assert.Equal((Convolution * ((8 * pairs) + alone)) + (17 * (Whole + Last)), result.Breakdown.Active);
        long input = (11 + (17 * 100)) * 16, read = result.Statistics.Hbm.ReadBytes;
        Assert.InRange(read - (256L * result.FetchedTiles) - input, 0, 8192); // and the program
    }

    [Fact]
    public void No_zeros_are_written_into_padding_that_only_a_filter_of_the_whole_image_would_meet()
    {
        Assert.Equal(0, VectorWork(new StreamedChain(Small, 3, 9, 9, [3], [16, 20], [40])));
        Assert.NotEqual(0, VectorWork(new StreamedChain(Small, 3, 9, 9, [3, 3], [16, 20, 16], [40])));
        static long VectorWork(StreamedChain chain) => chain.Check().Statistics.Units.Single(u => u.Name == "tile0.vector").Causes.Single(c => c.Name == "Busy").Count;
    }

    [Theory]
    [InlineData("b,7,7,7,7,15,16,1", "b: its channels are not the filters of the layer before")]
    [InlineData("b,7,7,7,7,16,16,2", "b: stride 2")]
    [InlineData("b,7,7,7,6,16,16,1", "square filters of an odd side, or of the whole image of 7x7")]
    [InlineData("b,8,8,8,8,16,16,1", "square filters of an odd side, or of the whole image of 7x7")]
    [InlineData("b,9,9,9,9,16,16,1", "it must be 15x15, 7x7 with half a filter of padding on every side")]
    [InlineData("b,7,7,7,7,16,16,1\nc,3,3,3,3,16,16,1", "c: an image of 3x3 with a filter of 3x3: behind a filter of the whole image both must be 1x1")]
    [InlineData("b,7,7,7,7,16,16,1\nc,7,7,7,7,16,16,1", "behind a filter of the whole image both must be 1x1")]
    [InlineData("b,7,7,7,7,16,16,1\nc,17,16,16", "one behind that a filter of 1x1")]
    [InlineData("b,7,7,7,7,16,16,1", "activations of 8 bits; leave out --wide", 1, true)]
    [InlineData("b,7,7,7,7,16,16,1", "do not fit half of the scratchpad", 520)]
    [InlineData("b,7,7,7,7,16,1024,1", "b: 64 blocks of 16 channels in 4 groups of 256 images, as a slot of the accumulators takes; 255 is the most", 1000, false, "tiny array.rows=16 array.columns=16 scratchpad.bytes=32_MiB")]
    public void Filters_that_are_neither_whole_nor_the_same_and_batches_that_do_not_fit_are_refused_with_words(
        string rest, string words, int batch = 1, bool wide = false, string config = Small)
    {
        IReadOnlyList<Layer> layers = LayerFile.Parse("t.csv", "a,9,9,3,3,16,16,1\n" + rest);
        var e = Assert.Throws<DataException>(() => new NetworkRun(Firmware.Configuration(config), layers, wide, vectors: 0, batch: batch));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }
}
