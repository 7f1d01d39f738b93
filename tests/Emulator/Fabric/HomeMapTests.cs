using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public sealed class HomeMapTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    [InlineData(8)]
    [InlineData(16)]
    public void Granules_go_round_the_pseudo_channels_pc_first(int channels)
    {
        var map = new HomeMap(channels);
        Assert.Equal(2 * channels, map.Count);
        for (ulong granule = 0; granule < 100; granule++)
        {
            int expected = (int)(granule % (ulong)map.Count);
            Assert.Equal(expected, map.Index(granule * 512));
            Assert.Equal(expected, map.Index((granule * 512) + 511));
        }
    }

    [Fact]
    public void A_channel_count_that_is_no_power_of_two_is_refused() =>
        Assert.Throws<ArgumentException>(() => new HomeMap(3));
}
