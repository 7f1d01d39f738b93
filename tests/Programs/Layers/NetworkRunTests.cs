using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>firmware/layers/stream.s: networks whose weights stream through a ring of tiles.</summary>
public sealed class NetworkRunTests
{
    private const string Small = "tiny array.rows=16 array.columns=16";

    [Theory]
    [InlineData(Small, 5, new[] { 20, 40, 18, 33 }, 0)]
    [InlineData(Small + " array.accumulate=bottom", 40, new[] { 16, 16 }, 0)]
    [InlineData(Small + " scratchpad.bytes=1_MiB", 9, new[] { 100, 70, 50, 50, 10 }, 6)]
    [InlineData(Small + " scratchpad.bytes=1_MiB", 600, new[] { 40, 33, 20 }, 3)] // three slots
    [InlineData(Small + " scratchpad.bytes=1_MiB", 1100, new[] { 40, 33, 20, 10 }, 0)] // five: two passes
    [InlineData(Small + " scratchpad.bytes=1_MiB", 1100, new[] { 40, 33, 20, 10 }, 4)]
    [InlineData("tpuv1", 7, new[] { 300, 520, 256 }, 0)]
    [InlineData("tpuv1 array.rows=512 array.columns=512", 7, new[] { 300, 520, 256 }, 0)]
    public void A_chain_of_layers_is_bit_equal_to_plain_loops(string config, int batch, int[] sizes, int vectors)
    {
        Layer[] layers = [.. Enumerable.Range(0, sizes.Length - 1).Select(i => new Layer($"fc{i}", batch, sizes[i + 1], sizes[i]))];
        var run = new NetworkRun(Firmware.Configuration(config), layers, wide: false, vectors);
        NetworkResult result = run.Finish();
        for (int row = 0; row < batch; row++)
        {
            int[] values = [.. Enumerable.Range(0, sizes[0]).Select(k => run.Input(row, k))];
            for (int layer = 0; layer < layers.Length; layer++)
                values = [.. Enumerable.Range(0, sizes[layer + 1]).Select(n => Narrow(values.Select((v, k) => v * run.Weight(layer, k, n)).Sum(), run.Scale))];
            Assert.Equal(values, Enumerable.Range(0, sizes[^1]).Select(n => (int)run.Output(row, n)));
        }

        Assert.Equal((long)batch * result.Tiles, result.Breakdown.Active);
        AssertAllCyclesHaveAClass(result);
    }

    [Theory]
    [InlineData(Small, 12)]
    [InlineData(Small + " scratchpad.bytes=1_MiB", 1100)]
    public void Activations_of_16_bits_run_at_half_the_rate_and_give_the_same_bits_as_plain_loops(string config, int batch)
    {
        var layer = new Layer("gate", batch, 40, 50);
        var run = new NetworkRun(Firmware.Configuration(config), [layer, layer], wide: true, vectors: 0);
        NetworkResult result = run.Finish();
        for (int row = 0; row < layer.M; row++)
        {
            for (int n = 0; n < layer.N; n++)
                Assert.Equal(Narrow(Enumerable.Range(0, layer.K).Sum(k => run.Input(row, k) * run.Weight(1, k, n)), run.Scale), run.Output(row, n));
        }

        Assert.Equal(2L * layer.M * result.Tiles, result.Breakdown.Active);
        AssertAllCyclesHaveAClass(result);
    }

    [Fact]
    public void Where_weights_are_what_is_late_all_shifts_but_the_ring_s_are_seen_and_the_run_takes_the_memory_s_time()
    {
        var layer = new Layer("fc", 200, 1024, 1024);
        NetworkResult result = new NetworkRun(Firmware.Configuration("tpuv1 pcie.memory=0_B"), [layer], wide: false, vectors: 0).Finish();
        Assert.Equal(16, result.Tiles);
        Assert.Equal(16L * 200, result.Breakdown.Active);
        Assert.InRange(result.Breakdown.Shift, 12L * 256, 16L * 256); // those of the ring may be beside rows, as weights come before the input
        double peak = result.Statistics.Hbm.Bytes / (result.Configuration.PeakHbmBytesPerSecond / 700e6); // cycles of all bytes at the memory's peak
        Assert.InRange(result.Breakdown.Cycles, peak, 1.2 * peak);
    }

    [Theory]
    [InlineData("hybrid array.rows=16", 4, 32, 32, "square tiles")]
    [InlineData("tiny", 4, 32, 32, "whole 16 bytes")]
    [InlineData("tiny array.rows=16 array.columns=16", 200, 3200, 32, "do not fit half of the scratchpad")]
    public void A_network_that_cannot_stream_is_refused_with_words(string config, int m, int n, int k, string words)
    {
        var e = Assert.Throws<DataException>(() => new NetworkRun(Firmware.Configuration(config), [new Layer("fc", m, n, k)], wide: false, vectors: 0));
        Assert.Contains(words, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Layers_that_do_not_follow_each_other_are_refused()
    {
        Layer[] layers = [new("a", 4, 32, 16), new("b", 4, 16, 16)];
        var e = Assert.Throws<DataException>(() => new NetworkRun(Firmware.Configuration(Small), layers, wide: false, vectors: 0));
        Assert.Contains("its K is not the N of the layer before", e.Message, StringComparison.Ordinal);
    }

    private static void AssertAllCyclesHaveAClass(NetworkResult result) =>
        Assert.Equal(result.Statistics.Phases.Single(p => p.Name == "forward").Count, result.Breakdown.Cycles);

    /// <summary>A drain's way: scaled, ReLU, rounded, saturated.</summary>
    private static int Narrow(int sum, float scale) => (int)Math.Clamp(MathF.Round(Math.Max(0, sum * scale), MidpointRounding.ToEven), 0, sbyte.MaxValue);
}
