using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>DMA alone against memory: firmware/stream.</summary>
public sealed class StreamTests
{
    private const string Best = "hbm.scheduler=fr-fcfs-grouped hbm.queue_of=bank hbm.queue=16 hbm.write_high=64 hbm.responses=64 hbm.refresh=per-bank hbm.postpone=8";

    private static readonly TrainingCase s_short = new(Count: 40, HeldOutCount: 10, Epochs: 1);

    [Theory]
    [InlineData("hybrid hbm.channels=1 hbm.capacity=1_GiB", false)] // memory is the limit
    [InlineData("hybrid hbm.channels=2 hbm.capacity=1_GiB", false)]
    [InlineData("hybrid", false)] // two load ports of 64 bytes a cycle are
    [InlineData("datacenter", false)]
    [InlineData("hybrid hbm.channels=2 hbm.capacity=1_GiB " + Best, true)]
    public void The_dma_reaches_83_percent_of_what_memory_or_its_ports_can_do(string config, bool writes)
    {
        ChipRun run = Boot(config, 16, writes);
        run.Finish();
        ChipConfiguration c = Firmware.Configuration(config);
        double ports = c.Tiles * 64.0 * c.Core.ClockMegahertz / 1000, peak = c.PeakHbmBytesPerSecond / 1e9;
        PhaseCycles(run, out long cycles);
        HbmStatistics hbm = run.Statistics().Hbm;
        double moved = (double)hbm.Bytes / cycles * c.Core.ClockMegahertz / 1000;
        Assert.InRange(moved / Math.Min(ports, peak), 0.83, 1);
    }

    [Theory]
    [InlineData("tiny", false)]
    [InlineData("tiny", true)]
    [InlineData("edge scratchpad.bytes=64_KiB scratchpad.banks=16", true)]
    [InlineData("hybrid tiles=1", true)]
    public void Every_block_is_read_and_every_second_one_written(string config, bool writes)
    {
        ChipRun run = Boot(config, 6, writes);
        run.Finish();
        ChipConfiguration c = Firmware.Configuration(config);
        long block = c.Scratchpad.Bytes / 4;
        HbmStatistics hbm = run.Statistics().Hbm;
        Assert.Equal(2 * hbm.Standby.Sum(s => s.Count), hbm.DataBus.Sum(s => s.Count)); // every cycle of both buses of a channel
        Assert.InRange(hbm.ReadBytes, c.Tiles * 6 * block, (c.Tiles * 6 * block) + 16_384); // and the program itself
        Assert.InRange(hbm.WriteBytes, writes ? c.Tiles * 3 * block : 0, (writes ? c.Tiles * 3 * block : 0) + 4096);
    }

    [Theory]
    [InlineData("hbm.standard=HBM2E")]
    [InlineData("hbm.standard=HBM3")]
    [InlineData("hbm.standard=DDR3")]
    [InlineData("hbm.scheduler=fcfs")]
    [InlineData(Best)]
    [InlineData("hbm.page=closed hbm.refresh=per-bank")]
    [InlineData("hbm.page=adaptive hbm.queue_of=kind hbm.queue=4 hbm.responses=2")]
    public void The_memory_changes_no_bit_of_a_training(string overrides)
    {
        uint[] Weights(string config, out long cycles)
        {
            ChipRun run = s_short.Boot(config);
            run.Finish();
            cycles = run.Cycles;
            return run.Signature(Firmware.Train);
        }

        uint[] plain = Weights("tiny", out long before);
        Assert.Equal(plain, Weights($"tiny {overrides}", out long after));
        Assert.NotEqual(before, after);
    }

    private static ChipRun Boot(string config, int blocks, bool writes) => Firmware.Boot(
        config, Firmware.Stream, null, ("blocks", BitConverter.GetBytes(blocks)), ("writes", BitConverter.GetBytes(writes ? 1 : 0)));

    private static void PhaseCycles(ChipRun run, out long cycles) =>
        cycles = run.Statistics().Phases.Single(p => p.Name == "data movement").Count;
}
