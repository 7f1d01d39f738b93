using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

public class LatencyHistogramTests
{
    [Fact]
    public void Of_nothing_every_figure_is_zero() => Assert.Equal(new LatencyStatistics(0, 0, 0, 0, 0), new LatencyHistogram().Statistics());

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(99)]
    [InlineData(100)]
    [InlineData(101)]
    [InlineData(5000)]
    public void Percentiles_are_those_of_the_sorted_list_by_nearest_rank(int count)
    {
        var histogram = new LatencyHistogram();
        var latencies = new List<long>();
        for (int i = 0; i < count; i++)
        {
            // One in 16 lies beyond what is counted, and around the border.
            long latency = i % 16 == 5 ? LatencyHistogram.Counted - 1 + (i % 5) : (i * 7919L % 3000) + 17;
            latencies.Add(latency);
            histogram.Add(latency);
        }

        latencies.Sort();
        foreach (int percent in (int[])[1, 50, 90, 99, 100])
            Assert.Equal(latencies[((count * percent) + 99) / 100 - 1], histogram.Percentile(percent));
        Assert.Equal((count, latencies[^1]), (histogram.Count, histogram.Maximum));
        Assert.Equal(latencies.Average(), histogram.Mean, 1e-9);
        Assert.Equal(latencies.Count(l => l == latencies[0]), histogram.CountOf(latencies[0]));
    }

    [Fact]
    public void Percentiles_do_not_count_in_between()
    {
        var histogram = new LatencyHistogram();
        for (int i = 1; i <= 200; i++)
            histogram.Add(i <= 198 ? 17 : 300);
        Assert.Equal((17, 17, 300), (histogram.Percentile(50), histogram.Percentile(99), histogram.Maximum));
        histogram.Add(300);
        Assert.Equal(300, histogram.Percentile(99));
    }
}
