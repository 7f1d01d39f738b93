using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>firmware/layers/stream.s: convolutions whose images stay in the scratchpad with their padding.</summary>
public sealed class StreamedConvolutionTests
{
    private const string Small = "tiny array.rows=16 array.columns=16 scratchpad.bytes=1_MiB";

    [Theory]
    [InlineData(Small, 1, 7, 5, new[] { 3 }, new[] { 16, 16 })]
    [InlineData(Small, 7, 9, 9, new[] { 3, 3, 3, 3 }, new[] { 20, 40, 18, 33, 16 })] // groups of 2, 2, 2 and 1 image
    [InlineData(Small + " array.accumulate=bottom", 4, 11, 12, new[] { 3, 1, 5, 3 }, new[] { 33, 17, 40, 5, 20 })] // filters of several sizes
    [InlineData(Small, 9, 5, 4, new[] { 1, 1 }, new[] { 20, 40, 10 })] // no padding
    [InlineData(Small, 3, 1, 1, new[] { 7, 3 }, new[] { 20, 17, 10 })] // images smaller than their padding
    [InlineData("tpuv1", 3, 19, 19, new[] { 3, 3 }, new[] { 260, 16, 20 })]
    public void A_chain_of_convolutions_is_bit_equal_to_plain_loops(string config, int batch, int height, int width, int[] filters, int[] channels) =>
        new StreamedChain(config, batch, height, width, filters, channels, []).Check();

    [Fact]
    public void Convolutions_of_any_shape_are_bit_equal_to_plain_loops()
    {
        const int Layers = 3;
        Gen<StreamedChain> gen =
            from size in Gen.Choose(1, 9).Two()
            from batch in Gen.Choose(1, 6)
            from filters in Gen.Elements(1, 3, 5).ArrayOf(Layers)
            from channels in Gen.Choose(1, 40).ArrayOf(Layers + 1)
            select new StreamedChain(Small, batch, size.Item1, size.Item2, filters, channels, []);
        Prop.ForAll(Arb.From(gen, StreamedChain.Shrink), chain => chain.Check()).Check(Config.QuickThrowOnFailure.WithMaxTest(8).WithReplay(1704, 4761));
    }

    [Fact]
    public void Every_weight_meets_all_pixels_of_the_batch_and_the_padding_between_them_once()
    {
        Layer[] layers = [Layer.Of("a", new Convolution(11, 12, 3, 3, 20, 20, 1)), Layer.Of("b", new Convolution(11, 12, 3, 3, 20, 20, 1))];
        NetworkResult result = new NetworkRun(Firmware.Configuration(Small), layers, wide: false, vectors: 0, batch: 3).Finish();
        Assert.Equal(2 * 2 * 2 * 9, result.Tiles);
        long group = 110 + (8 * 11) + 10; // of two images, of 9 x 10 pixels and a column and a row of padding; the third is alone
        Assert.Equal(result.Tiles * (group + (8 * 11) + 10), result.Breakdown.Active);
        Assert.Equal(3L * 9 * 10 * 9 * 20 * 20 * 2, result.Macs);
        Assert.Equal(270, result.Intensity);
        Assert.Equal(result.Statistics.Phases.Single(p => p.Name == "forward").Count, result.Breakdown.Cycles);
    }

    [Theory]
    [InlineData("b,9,9,3,3,16,16,2", "stride 2")]
    [InlineData("b,9,9,3,5,16,16,1", "square filters of an odd side")]
    [InlineData("b,9,9,2,2,16,16,1", "square filters of an odd side")]
    [InlineData("b,8,9,3,3,16,16,1", "it must be 9x9, 7x7 with half a filter of padding on every side")]
    [InlineData("b,9,9,3,3,15,16,1", "its channels are not the filters of the layer before")]
    [InlineData("b,49,16,16", "convolutions and products do not stream in one network")]
    [InlineData("b,9,9,3,3,16,16,1", "without elementwise work", 1, 1)]
    public void Convolutions_that_cannot_stream_are_refused_with_words(string second, string words, int batch = 1, int vectors = 0)
    {
        IReadOnlyList<Layer> layers = LayerFile.Parse("t.csv", "a,9,9,3,3,16,16,1\n" + second);
        var e = Assert.Throws<DataException>(() => new NetworkRun(Firmware.Configuration(Small), layers, wide: false, vectors, batch: batch));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_image_that_no_slot_takes_is_refused_and_so_is_a_batch_of_products()
    {
        var image = Layer.Of("a", new Convolution(22, 22, 3, 3, 16, 16, 1));
        Assert.Contains("images of 419 pixels do not fit a slot", Refusal(image, 1), StringComparison.Ordinal);
        Assert.Contains("leave out --batch", Refusal(new Layer("a", 4, 16, 16), 2), StringComparison.Ordinal);
        static string Refusal(Layer layer, int batch) =>
            Assert.Throws<DataException>(() => new NetworkRun(Firmware.Configuration(Small), [layer], wide: false, vectors: 0, batch: batch)).Message;
    }
}
