using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// How a run is made changes neither a bit nor a cycle: the order in which units are evaluated, edges left out, somebody
/// watching, a stop and a continuation.
/// </summary>
public sealed class InvarianceTests(ITestOutputHelper output)
{
    private const long FarStride = 997; // cycles between two looks; prime, so that looks fall everywhere in the rhythms of a chip

    private static readonly TrainingCase Short = new(Count: 40, HeldOutCount: 10, Epochs: 1);

    [Theory]
    [InlineData("tiny", 1)]
    [InlineData("tiny", 2)]
    [InlineData("tiny core.clock=700_MHz", 3)]
    [InlineData("tiny core.clock=1300_MHz hbm.clock=900_MHz", 4)]
    [InlineData("hybrid", 5)]
    [InlineData("datacenter", 6)]
    public void The_order_of_evaluation_changes_nothing(string config, int seed) =>
        Compare(config, new RunOptions(), new RunOptions { ShuffleSeed = (ulong)seed }, FarStride);

    [Theory]
    [InlineData("tiny")]
    [InlineData("edge")]
    [InlineData("tiny core.clock=1300_MHz hbm.clock=900_MHz")]
    [InlineData("edge fabric.load_ports=2")]
    [InlineData("tiny thermal.sample_interval=1_us thermal.trip=45.25_C thermal.release=45_C thermal.ambient=44_C thermal.initial=45.5_C")]
    [InlineData("tiny hbm.scheduler=fr-fcfs-grouped hbm.queue_of=bank hbm.queue=2 hbm.write_high=4 hbm.write_low=1 hbm.refresh=per-bank hbm.postpone=8 hbm.page=adaptive")]
    [InlineData("tiny hbm.standard=DDR3 hbm.postpone=4 hbm.page=closed hbm.starvation=60_cycles")]
    [InlineData("tiny hbm.standard=HBM3 hbm.scheduler=fcfs hbm.queue_of=kind hbm.queue=3")]
    [InlineData("tiny hbm.power_down=20_cycles hbm.self_refresh=3000_cycles thermal.sample_interval=1_us hbm.refresh_follows_heat=on hbm.refresh_hot=45.1_C hbm.refresh_very_hot=45.3_C")]
    [InlineData("hybrid")]
    [InlineData("datacenter")]
    public void Leaving_out_edges_changes_nothing(string config) =>
        Compare(config, new RunOptions(), new RunOptions { Skipping = false, ShuffleSeed = 77 }, 2 * FarStride);

    [Theory]
    [InlineData("tiny", SimdWidth.Widest)]
    [InlineData("edge", SimdWidth.Scalar)]
    [InlineData("hybrid", SimdWidth.Vector256)]
    [InlineData("tiny thermal.sample_interval=101_ns", SimdWidth.Vector128)] // samples fall into every state of an array
    public void The_arrays_engine_and_the_hosts_vectors_change_nothing(string config, SimdWidth simd) =>
        Compare(config, new RunOptions { Simd = simd }, new RunOptions { Engine = ArrayEngine.Step, Skipping = false }, 5 * FarStride);

    [Fact]
    public void Order_and_left_out_edges_change_nothing_at_any_single_cycle()
    {
        // Windows in which every cycle is compared: start-up, the first loads, the middle of a batch.
        foreach (string config in (string[])["tiny", "tiny core.clock=700_MHz"])
        {
            ChipRun one = Short.Boot(config), other = Short.Boot(config, new RunOptions { ShuffleSeed = 9 });
            ChipRun stepped = Short.Boot(config, new RunOptions { Skipping = false });
            foreach ((long first, int length) in ((long, int)[])[(1, 150), (3000, 150), (12_000, 150)])
            {
                foreach (ChipRun run in (ChipRun[])[one, other, stepped])
                    run.Advance(first - run.Cycles);
                for (int i = 0; i < length; i++)
                {
                    ulong hash = one.Chip.StateHash();
                    Assert.True(hash == other.Chip.StateHash(), $"{config}: shuffled differs after {one.Cycles} cycles");
                    Assert.True(hash == stepped.Chip.StateHash(), $"{config}: stepped differs after {one.Cycles} cycles");
                    one.Advance(1);
                    other.Advance(1);
                    stepped.Advance(1);
                }
            }
        }
    }

    [Theory]
    [InlineData("tiny", 11)]
    [InlineData("tiny core.clock=500_MHz hbm.clock=500_MHz hbm.refresh=per-bank hbm.page=closed hbm.starvation=60_cycles", 12)]
    [InlineData("tiny hbm.responses=3 hbm.queue=4", 13)]
    [InlineData("tiny thermal.sample_interval=1_us thermal.trip=45.25_C thermal.release=45_C thermal.ambient=44_C thermal.initial=45.5_C", 14)]
    [InlineData("hybrid hbm.channels=2", 15)]
    public void Bursts_that_go_ahead_of_their_edges_are_where_stepping_has_them_whenever_somebody_looks(string config, int seed)
    {
        ChipRun ahead = Short.Boot(config), stepped = Short.Boot(config, new RunOptions { Skipping = false, ShuffleSeed = (ulong)seed });
        int looks = 0;
        for (bool running = true; running; looks++)
        {
            // Mostly long enough for whole transactions to be on their way, and then some looks in the middle of one.
            ulong draw = CounterRandom.Bits((ulong)seed, (ulong)looks);
            long stride = 1 + (long)(draw % (draw % 4 == 0 ? 5u : 150u));
            running = ahead.Advance(stride) == RunResult.Running;
            stepped.Advance(stride);
            Assert.True(
                ahead.Chip.StateHash() == stepped.Chip.StateHash(), $"{config}: differs after {ahead.Cycles} cycles (seed {seed}, look {looks})");
        }

        Assert.True(looks > 100);
        AssertSameEnd(ahead, stepped);
    }

    [Fact]
    public void A_second_run_is_the_same_run() => Compare("hybrid", new RunOptions(), new RunOptions(), FarStride);

    [Theory]
    [InlineData("tiny")]
    [InlineData("hybrid")]
    public void Watching_changes_nothing(string config)
    {
        ChipRun plain = Short.Boot(config);
        plain.Finish();
        int spans = 0;
        using var log = new StringWriter();
        ChipRun watched = Short.Boot(config, new RunOptions { CommitLog = log, Timeline = _ => spans++ });
        SignalMap signals = watched.Signals;
        ulong seen = 0;
        while (watched.Advance(1) == RunResult.Running)
        {
            if (watched.Cycles > 4000 && watched.Cycles % 64 != 0)
                continue;
            foreach (Signal signal in signals.Signals)
                seen += signal.Read();
            _ = watched.Statistics();
        }

        Assert.True(spans > 0 && seen > 0 && log.GetStringBuilder().Length > 0);
        AssertSameEnd(plain, watched);
    }

    [Fact]
    public void A_waveform_shows_the_same_registers_with_either_engine()
    {
        // A window that begins in the middle of a fold, some cycles left out, and on into the next matmuls.
        ChipRun fast = Short.Boot("tiny"), step = Short.Boot("tiny", new RunOptions { Engine = ArrayEngine.Step });
        Func<ulong> rows = fast.Signals.Signals.Single(s => s.Path == "tile0.matrix.rowsEntered").Read;
        Func<ulong> folds = fast.Signals.Signals.Single(s => s.Path == "tile0.matrix.foldsLaunched").Read;
        while (folds() < 3 || rows() != 5)
            Assert.Equal(RunResult.Running, fast.Advance(1));
        step.Advance(fast.Cycles);
        int moving = 0;
        ulong[] last = new ulong[fast.Signals.Signals.Count];
        for (int look = 0; look < 300; look++)
        {
            for (int i = 0; i < last.Length; i++)
            {
                Signal signal = fast.Signals.Signals[i];
                ulong value = signal.Read();
                Assert.True(value == step.Signals.Signals[i].Read(), $"{signal.Path} differs after {fast.Cycles} cycles");
                moving += value != last[i] && signal.Path.EndsWith(".psum", StringComparison.Ordinal) ? 1 : 0;
                last[i] = value;
            }

            fast.Advance(1 + (look % 5));
            step.Advance(1 + (look % 5));
        }

        Assert.True(moving > 1000, $"psums changed {moving} times: the window saw no matmul");
    }

    [Theory]
    [InlineData("tiny")]
    [InlineData("edge")]
    [InlineData("hybrid")]
    public void A_run_saved_at_any_cycle_and_restored_goes_on_as_if_it_had_not_stopped(string config)
    {
        ChipRun whole = Short.Boot(config);
        whole.Finish();
        ulong seed = 20260101;
        for (ulong i = 0; i < 6; i++)
        {
            long at = 1 + (CounterRandom.Bits(seed, i) % (whole.Cycles - 2));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{config}: saved after {at} of {whole.Cycles} cycles (seed {seed}, draw {i})"));
            ChipRun first = Short.Boot(config), second = Short.Boot(config);
            first.Advance(at);
            using var saved = new MemoryStream();
            first.Chip.Save(saved);
            saved.Position = 0;
            second.Chip.Restore(saved);
            Assert.Equal(first.Chip.StateHash(), second.Chip.StateHash());
            second.Finish();
            AssertSameEnd(whole, second);
            first.Finish(); // saving is no change either
            AssertSameEnd(whole, first);
        }
    }

    [Theory]
    [InlineData("hybrid", "tile0.load.in_flight")]
    [InlineData("hybrid", "tile1.store.in_flight")]
    [InlineData("edge", "tile0.store.in_flight")]
    [InlineData("hybrid", "tile0.matrix.phase")]
    [InlineData("tiny", "tile0.vector.results")]
    [InlineData("tiny", "tile0.vector.writesInFlight")]
    public void A_run_saved_while_a_unit_is_at_work_goes_on_as_if_it_had_not_stopped(string config, string signal)
    {
        ChipRun whole = Short.Boot(config), first = Short.Boot(config);
        whole.Finish();
        Func<ulong> busy = first.Signals.Signals.Single(s => s.Path == signal).Read;
        int places = 0;
        while (places < 3 && first.Advance(1) == RunResult.Running)
        {
            if (busy() == 0 || first.Cycles % 7 != 0)
                continue;
            places++;
            ChipRun second = Short.Boot(config);
            using var saved = new MemoryStream();
            first.Chip.Save(saved);
            saved.Position = 0;
            second.Chip.Restore(saved);
            second.Finish();
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{config}: saved after {first.Cycles} cycles"));
            AssertSameEnd(whole, second);
            first.Advance(200); // the next piece of work
        }

        Assert.InRange(places, 1, 3);
    }

    [Fact]
    public void A_restored_run_is_equal_at_every_cycle_that_follows()
    {
        foreach (long at in (long[])[777, 5432, 14_321])
        {
            ChipRun first = Short.Boot("tiny"), second = Short.Boot("tiny");
            first.Advance(at);
            using var saved = new MemoryStream();
            first.Chip.Save(saved);
            saved.Position = 0;
            second.Chip.Restore(saved);
            for (int i = 0; i < 100; i++)
            {
                first.Advance(1);
                second.Advance(1);
                Assert.True(first.Chip.StateHash() == second.Chip.StateHash(), $"saved after {at}, differs after {first.Cycles} cycles");
            }
        }
    }

    private static void Compare(string config, RunOptions oneWay, RunOptions otherWay, long stride)
    {
        ChipRun one = Short.Boot(config, oneWay), other = Short.Boot(config, otherWay);
        while (one.Advance(stride) == RunResult.Running)
        {
            other.Advance(stride);
            Assert.Equal(one.Cycles, other.Cycles);
            Assert.True(one.Chip.StateHash() == other.Chip.StateHash(), $"{config}: hashes differ after {one.Cycles} cycles");
        }

        other.Advance(stride);
        AssertSameEnd(one, other);
    }

    private static void AssertSameEnd(ChipRun one, ChipRun other)
    {
        Assert.Null(one.Fault);
        Assert.Null(other.Fault);
        Assert.Equal((0u, 0u), (one.ExitCode, other.ExitCode));
        Assert.Equal((one.Cycles, one.TimePs), (other.Cycles, other.TimePs));
        Assert.Equal(one.Chip.StateHash(), other.Chip.StateHash());
        Assert.Equal(one.Signature(Firmware.Train), other.Signature(Firmware.Train));
    }
}
