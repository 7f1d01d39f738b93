using HybridEmu.Chip;
using HybridEmu.Emulator.Tests;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>Every command that a chip's memory gets while programs run, held against the checker.</summary>
public sealed class ChipLegalityTests
{
    private const int LogEntries = 1 << 18;

    private static readonly TrainingCase s_short = new(Count: 80, HeldOutCount: 20, Epochs: 2);

    [Theory]
    [InlineData("tiny")]
    [InlineData("edge")]
    [InlineData("hybrid")]
    [InlineData("tiny hbm.standard=HBM3 hbm.page=adaptive")]
    [InlineData("tiny hbm.standard=DDR3 hbm.power_down=30_cycles hbm.postpone=8")]
    [InlineData("tiny hbm.scheduler=fr-fcfs-grouped hbm.queue_of=bank hbm.queue=4 hbm.write_high=8 hbm.write_low=1 hbm.refresh=per-bank hbm.postpone=8 hbm.page=closed")]
    [InlineData("tiny core.clock=1300_MHz hbm.clock=900_MHz hbm.power_down=10_cycles hbm.self_refresh=2000_cycles")]
    public void A_training_breaks_no_rule_of_its_memory(string config) => Check(s_short.Boot(config));

    [Theory]
    [InlineData("hybrid hbm.channels=2 hbm.capacity=1_GiB")]
    [InlineData("hybrid hbm.channels=1 hbm.capacity=1_GiB hbm.scheduler=fr-fcfs-grouped hbm.queue_of=bank hbm.queue=16 hbm.write_high=64 hbm.responses=64 hbm.refresh=per-bank hbm.postpone=8")]
    public void A_stream_breaks_no_rule_of_its_memory(string config) => Check(Firmware.Boot(
        config, Firmware.Stream, null, ("blocks", BitConverter.GetBytes(6)), ("writes", BitConverter.GetBytes(1))));

    private static void Check(ChipRun run)
    {
        foreach (HbmChannel channel in run.Chip.MemoryChannels)
            channel.Log = new HbmCommandLog(LogEntries);
        run.Finish();
        foreach (HbmChannel channel in run.Chip.MemoryChannels)
        {
            Assert.True(channel.Log!.Written > 10, "The memory was used.");
            HbmLegality.Check(channel.Log, run.Chip.MemoryConfig);
        }
    }
}
