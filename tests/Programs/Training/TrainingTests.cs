using System.Globalization;
using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>mlp_train on the chip against plain loops over arrays: the same bits, on every chip.</summary>
public sealed class TrainingTests(ITestOutputHelper output)
{
    [Theory]
    [InlineData("tiny")]
    [InlineData("edge")]
    [InlineData("hybrid")]
    [InlineData("hybrid tiles=1")]
    [InlineData("datacenter")]
    public void Trained_weights_are_bit_equal_to_a_plain_loop(string config)
    {
        // 211 = 6 * 32 + 19: the last batch is a partial one.
        Check(config, new TrainingCase(Count: 211, HeldOutCount: 75, Epochs: 3));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0x8000_0001u)]
    public void Every_seed_trains_to_its_own_bits(uint seed)
    {
        var one = new TrainingCase(Count: 100, HeldOutCount: 33, Epochs: 1);
        uint[] weights = Check("tiny", new TrainingCase(Count: 100, HeldOutCount: 33, Epochs: 1, Seed: seed) { Training = one.Training });
        Assert.NotEqual(one.TrainPlainly().Network.Weights(), weights);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(31)]
    [InlineData(32)]
    [InlineData(33)]
    [InlineData(65)]
    public void A_last_batch_of_any_size_trains_alike(int count)
    {
        Check("tiny", new TrainingCase(count, HeldOutCount: 17, Epochs: 2));
        Check("hybrid", new TrainingCase(count, HeldOutCount: 17, Epochs: 2));
    }

    [Theory]
    [InlineData("tiny array.rows=5 array.columns=3")]
    [InlineData("tiny array.rows=1 array.columns=7")]
    [InlineData("tiny vector.lanes=4")]
    [InlineData("tiny vector.lanes=16 scratchpad.banks=32")]
    [InlineData("tiny scratchpad.banks=2 scratchpad.ports=single")]
    [InlineData("tiny dispatch.queue_depth=1 core.store_buffer=1")]
    [InlineData("tiny dispatch.queue_depth=32")]
    [InlineData("tiny hbm.channels=4 hbm.queue=2")]
    [InlineData("tiny hbm.timing.cl=90_cycles hbm.timing.rcdrd=40_cycles hbm.timing.ras=80_cycles hbm.timing.rc=120_cycles")]
    [InlineData("tiny hbm.timing.refi=900_cycles")]
    [InlineData("tiny core.clock=700_MHz")]
    [InlineData("tiny core.clock=1700_MHz hbm.clock=600_MHz")]
    [InlineData("hybrid core.clock=300_MHz fabric.wide_outstanding=2")]
    [InlineData("hybrid array.rows=128 array.columns=64 array.accumulator_latency=9_cycles")]
    [InlineData("tiny core.l1d_bytes=256_B core.l1i_bytes=256_B")]
    [InlineData("tiny accumulators.ports=single")]
    [InlineData("hybrid accumulators.ports=single array.accumulator_latency=1_cycles")]
    public void Sizes_clocks_and_latencies_change_no_bit(string config) => Check(config, new TrainingCase(Count: 77, HeldOutCount: 33, Epochs: 1));

    [Theory]
    [InlineData("tiny")]
    [InlineData("hybrid")]
    public void A_hot_chip_is_throttled_and_takes_more_cycles_for_the_same_bits(string config)
    {
        var training = new TrainingCase(Count: 77, HeldOutCount: 33, Epochs: 1);
        ChipRun cool = training.Boot(config);
        cool.Finish();
        string hotter = $"{config} thermal.sample_interval=1_us thermal.trip=45.25_C thermal.release=45_C thermal.ambient=44_C thermal.initial=45.5_C";
        ChipRun hot = training.Boot(hotter);
        hot.Finish();
        Assert.Equal(0, cool.Statistics().Thermal.ThrottledCycles);
        Assert.True(hot.Statistics().Thermal.ThrottledCycles > 0, "nothing was throttled");
        Assert.True(hot.Cycles > cool.Cycles, $"{hot.Cycles} cycles throttled, {cool.Cycles} not");
        Assert.Equal(cool.Signature(Firmware.Train), hot.Signature(Firmware.Train));
    }

    [Theory]
    [InlineData("85", 0, 0)]
    [InlineData("44", 1, 0)] // the stack begins at 45 C
    [InlineData("30 hbm.refresh_very_hot=40_C", 0, 1)]
    public void A_hot_stack_refreshes_more_often_for_the_same_bits(string hot, double twice, double fourTimes)
    {
        var training = new TrainingCase(Count: 40, HeldOutCount: 10, Epochs: 1);
        ChipRun still = training.Boot("tiny");
        still.Finish();
        string[] words = hot.Split(' ');
        ChipRun run = training.Boot($"tiny thermal.sample_interval=100_ns hbm.refresh_follows_heat=on hbm.refresh_hot={words[0]}_C {string.Join(' ', words[1..])}".TrimEnd());
        run.Finish();
        ThermalStatistics heat = run.Statistics().Thermal;
        Assert.Equal(twice, heat.RefreshTwice, 0.02);
        Assert.Equal(fourTimes, heat.RefreshFourTimes, 0.02);
        double Refreshes(ChipRun r) => (double)r.Statistics().Hbm.Commands.Single(c => c.Name == "REFab").Count / r.Statistics().EmulatedPs;
        Assert.Equal(1 + twice + (3 * fourTimes), Refreshes(run) / Refreshes(still), 0.2 * (1 + twice + (3 * fourTimes))); // some ten intervals
        Assert.Equal(still.Signature(Firmware.Train), run.Signature(Firmware.Train));
    }

    [Theory]
    [InlineData(84.9, 0, 0)]
    [InlineData(85, 0, 1)]
    [InlineData(82, 1, 1)] // 3 C of hysteresis
    [InlineData(81.9, 1, 0)]
    [InlineData(95, 0, 2)]
    [InlineData(92, 2, 2)]
    [InlineData(91.9, 2, 1)]
    [InlineData(81.9, 2, 0)]
    public void The_refresh_rate_doubles_at_each_of_two_temperatures(double celsius, int before, int after)
    {
        Assert.Equal(after, new RefreshHeat(true, 85, 95).Shift(celsius, before));
        Assert.Equal(0, new RefreshHeat(false, 85, 95).Shift(celsius, before));
    }

    [Theory]
    [InlineData("hbm.ecc=secded", 1)]
    [InlineData("hbm.ecc=secded", 2)]
    public void A_flipped_bit_of_the_data_is_corrected_and_two_of_a_word_end_the_run(string ecc, int flips)
    {
        var training = new TrainingCase(Count: 40, HeldOutCount: 10, Epochs: 1);
        ChipRun still = training.Boot("tiny");
        still.Finish();
        ChipRun run = training.Boot($"tiny {ecc}");
        ulong data = Firmware.Address(Firmware.Train, "train_data") - AddressMap.Hbm;
        for (int bit = 0; bit < flips; bit++)
            run.Chip.FlipMemory(data + 640, bit);
        if (flips == 1)
        {
            run.Finish();
            Assert.Equal(still.Signature(Firmware.Train), run.Signature(Firmware.Train));
            Assert.Equal((1L, 0L), (run.Statistics().Hbm.EccCorrected, run.Statistics().Hbm.EccDetected));
            Assert.Equal(still.Cycles, run.Cycles);
            return;
        }

        run.Advance(10_000_000);
        Assert.Equal(FaultKind.Poison, run.Fault?.Kind);
    }

    [Fact]
    public void Inference_of_the_trained_weights_counts_what_training_counted()
    {
        var training = new TrainingCase(Count: 160, HeldOutCount: 90, Epochs: 2);
        ChipRun trained = training.Boot("tiny");
        trained.Finish();
        byte[] weights = MemoryMarshal.AsBytes(trained.Signature(Firmware.Train).AsSpan()).ToArray();
        uint correct = trained.TakePosts()[^1].Correct;
        foreach (string config in (string[])["tiny", "edge", "hybrid"])
        {
            ChipRun run = Firmware.Boot(config, Firmware.Infer, null, ("weights", weights), ("test_data", training.HeldOut.ToBytes()));
            string console = run.Finish();
            MailboxPost post = Assert.Single(run.TakePosts());
            Assert.Equal((true, correct, 90u), (post.HeldOut, post.Correct, post.Seen));
            Assert.Equal($"held-out digits: {correct} of 90 correct\n", console);
        }
    }

    private uint[] Check(string config, TrainingCase training)
    {
        ChipRun run = training.CheckAgainstPlainLoop(config);
        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{config}: {run.Cycles} cycles"));
        return run.Signature(Firmware.Train);
    }
}
