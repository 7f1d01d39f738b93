using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Bursts of streams go by train through the memory, not command by command. Neither the engines that they are for notice it, nor cores that ask
/// the same memory meanwhile, nor who looks at the chip.
/// </summary>
public sealed class TrainTests
{
    private const string Small = "scratchpad.bytes=64_KiB scratchpad.banks=16";

    // Loads and stores whose rows meet in banks, while the core walks through lines of the same banks and writes some of them.
    private static readonly ElfImage s_shared = Firmware.Inline("""
            li      s0, 4
        1:  issue   fetch
            issue   keep
            issue   fetch_rows
            li      s1, 40
            la      s2, walked
        2:  lw      t0, 0(s2)
            addi    t0, t0, 1
            sw      t0, 32(s2)
            li      t1, 1984
            add     s2, s2, t1
            addi    s1, s1, -1
            bnez    s1, 2b
            wait_for ALL_QUEUES
            addi    s0, s0, -1
            bnez    s0, 1b
            .data
            .balign 64
        fetch:      ld.copy  a=source, d=sp(4096), dims=2, n0=512, n1=40, src0=1, src1=512, dst0=1, dst1=512, type=uint8
        keep:       st.copy  a=sp(49152), d=kept + 96, dims=2, n0=400, n1=30, src0=1, src1=512, dst0=1, dst1=1024, type=uint8
        fetch_rows: ld.copy  a=source + 48, d=sp(32768), dims=2, n0=200, n1=60, src0=1, src1=1536, dst0=1, dst1=256, type=uint8
            .balign 512
        walked:     .space 81920
            .section .stream, "aw", @nobits
            .balign 512
        source: .space 131072
        kept:   .space 65536
        """);

    [Theory]
    [InlineData("hybrid tiles=1 hbm.channels=1 hbm.capacity=1_GiB", 1)]
    [InlineData("hybrid tiles=1 hbm.channels=1 hbm.capacity=1_GiB hbm.refresh=per-bank", 2)]
    [InlineData("hybrid tiles=1 hbm.channels=1 hbm.capacity=1_GiB hbm.queue=5 hbm.starvation=70_cycles", 3)]
    [InlineData("hybrid tiles=1 fabric.wide_outstanding=64", 4)]
    [InlineData("hybrid tiles=1 thermal.sample_interval=101_ns", 5)]
    public void Cores_that_ask_for_lines_of_the_same_banks_find_what_stepping_has(string config, int seed) => CompareWithStepping(config, s_shared, seed);

    [Theory]
    [InlineData("hybrid hbm.channels=1 hbm.capacity=1_GiB", false, 1)]
    [InlineData("hybrid hbm.channels=1 hbm.capacity=1_GiB", true, 2)]
    [InlineData("hybrid hbm.channels=2 hbm.capacity=1_GiB hbm.bank_xor=row", true, 3)]
    [InlineData("datacenter tiles=2", true, 4)]
    [InlineData("tiny", true, 5)]
    public void Streams_of_several_tiles_take_the_cycles_of_stepping(string config, bool writes, int seed) => CompareWithStepping(
        $"{config} {Small}", Firmware.Stream, seed, ("blocks", BitConverter.GetBytes(4)), ("writes", BitConverter.GetBytes(writes ? 1 : 0)));

    [Fact]
    public void Most_bursts_of_a_stream_of_reads_go_by_train()
    {
        ChipRun run = Firmware.Boot("hybrid tiles=1", Firmware.Stream, null, ("blocks", BitConverter.GetBytes(8)), ("writes", BitConverter.GetBytes(0)));
        run.Finish();
        long byTrain = run.Chip.MemoryChannels.Sum(channel => channel.BurstsByTrain), bursts = run.Statistics().Hbm.ReadBytes / 32;
        Assert.InRange((double)byTrain / bursts, 0.8, 1);
    }

    private static void CompareWithStepping(string config, ElfImage image, int seed, params (string Symbol, byte[] Bytes)[] data)
    {
        ChipRun one = Firmware.Boot(config, image, new RunOptions(), data), stepped = Firmware.Boot(config, image, new RunOptions { Skipping = false }, data);
        Looks.Compare(one, stepped, new Random(seed), mostCycles: 900, $"{config}, seed {seed}");
        Assert.Null(one.Fault);
        Assert.NotEqual(0, one.Chip.MemoryChannels.Sum(channel => channel.BurstsByTrain));
    }
}
