using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// A tile's matrix unit, vector unit and scratchpad fall behind the clock while nobody else can notice. Nobody does: neither a core that asks the
/// scratchpad and the accumulators meanwhile, nor who looks at the chip, nor another host thread that makes up for it.
/// </summary>
public sealed class BehindTests
{
    private const string Hybrid = "hybrid tiles=1";
    private const int MostCycles = 100_000;

    // Two products and their drains, beside them a long sum of rows; and a core that asks for words, at distances that differ, and notes when it got them.
    private static readonly ElfImage s_meddling = Firmware.Inline("""
            li      s0, 3
        2:  issue   product
            issue   drain
            issue   sums
            li      s1, 0x40000000 + 0x20000
            li      s2, 0x60000000 + 0x1F000
            li      s3, 60
        3:  mv      t1, s3
        4:  addi    t1, t1, -1
            bgez    t1, 4b
            lw      t2, 0(s1)
            csrr    t3, mcycle
            sw      t3, 64(s1)
            addi    s3, s3, -7
            bgtz    s3, 3b
            lw      t2, 0(s2)
            csrr    t3, mcycle
            sw      t3, 4(s2)
            wait_for ALL_QUEUES
            addi    s0, s0, -1
            bnez    s0, 2b
        .data
        product:
            mx.matmul a=sp(0), w=sp(0x4000), slot=0, m=64, k=96, n=64, pitcha=192, pitchw=128, type=bf16
        drain:
            mx.drain d=sp(0x8000), slot=0, m=64, n=64, pitchd=256, acc=fp32, out=fp32, chain
        sums:
            vx.sum_rows a=sp(0x10000), d=sp(0x18000), m=90, n=64, pitcha=256, typea=fp32, out=fp32
        """);

    [Theory]
    [InlineData(Hybrid, 1)]
    [InlineData("hybrid", 2)]
    [InlineData("hybrid tiles=1 scratchpad.ports=single accumulators.ports=single", 3)]
    [InlineData("hybrid tiles=1 scratchpad.ecc=secded scratchpad.scrub=3_cycles", 4)]
    [InlineData("edge", 5)]
    [InlineData("hybrid tiles=1 thermal.sample_interval=101_ns", 6)]
    public void Whoever_asks_or_looks_finds_the_engines_where_stepping_has_them(string config, int seed)
    {
        ChipRun behind = Firmware.Boot(config, s_meddling, null), stepped = Firmware.Boot(config, s_meddling, new RunOptions { Skipping = false, ShuffleSeed = (ulong)seed });
        Looks.Compare(behind, stepped, new Random(seed), mostCycles: 400, $"{config}, seed {seed}");
        Assert.Null(behind.Fault);
        Assert.Null(stepped.Fault);
    }

    [Fact]
    public void Engines_fall_behind_while_they_alone_use_the_scratchpad_and_not_when_skipping_is_off()
    {
        Assert.InRange(MostEdgesBehind(new RunOptions()), 60, 10_000);
        Assert.Equal(0, MostEdgesBehind(new RunOptions { Skipping = false }));
        Assert.Equal(0, MostEdgesBehind(new RunOptions { ShuffleSeed = 3 }));
    }

    [Theory]
    [InlineData("hybrid", 2)]
    [InlineData("hybrid", 3)]
    [InlineData("datacenter", 3)]
    public void Host_threads_that_make_up_for_tiles_change_nothing(string config, int threads)
    {
        TrainingCase digits = new(Count: 40, HeldOutCount: 8, Epochs: 1);
        ChipRun one = digits.Boot(config), shared = digits.Boot(config, new RunOptions { Threads = threads });
        Looks.Compare(one, shared, new Random(threads), mostCycles: 4500, $"{config}, {threads} threads");
        Assert.Equal(0u, one.ExitCode);
    }

    private static long MostEdgesBehind(RunOptions options)
    {
        ChipRun run = Firmware.Boot(Hybrid, s_meddling, options);
        long most = 0;
        while (!run.Chip.System.Exited && run.Cycles < MostCycles && run.Chip.Step(long.MaxValue))
            most = Math.Max(most, run.Chip.FirstTile.EdgesBehind(run.Chip.Core.Edge));
        Assert.True(run.Chip.System.Exited);
        return most;
    }
}
