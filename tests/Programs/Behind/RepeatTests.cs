using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Engines that do the same again and again, with the next row or beat each time, do it in one event. Whoever looks at whatever edge finds what
/// stepping has there: bytes, rings, channels, counters, banks.
/// </summary>
public sealed class RepeatTests
{
    [Theory]
    [InlineData("hybrid tiles=1", 1, 16, 1500)]
    [InlineData("hybrid tiles=1 vector.lanes=64", 2, 6, 100)]
    [InlineData("hybrid tiles=1 vector.lanes=4", 3, 4, 100)]
    [InlineData("hybrid tiles=1 scratchpad.bank_width=8_B scratchpad.banks=64", 4, 6, 100)]
    [InlineData("hybrid tiles=1 array.int8_packing=4 accumulators.ports=single", 6, 6, 100)]
    [InlineData("hybrid tiles=1 array.rows=64 array.columns=48", 7, 5, 100)]
    [InlineData("hybrid tiles=1 scratchpad.ports=single", 5, 4, 0)]
    public void Whoever_looks_at_beats_and_rows_that_are_alike_finds_what_stepping_has(string config, int firstSeed, int programs, int least)
    {
        long repeated = 0;
        for (int seed = firstSeed * 100; seed < (firstSeed * 100) + programs; seed++)
            repeated += CompareWithStepping(config, DrawnWork.Draw(new Random(seed)), seed);

        Assert.InRange(repeated, least, long.MaxValue);
    }

    [Theory]
    [InlineData("vx.softmax a=sp(0x41000), d=sp(0x61000), m=2, n=400, pitcha=1600, pitchd=1600, type=fp32")]
    [InlineData("vx.norm_rows a=sp(0x41000), d=sp(0x61000), m=1, n=784, pitcha=3136, pitchd=3136, rstd=sp(0x71000), params=sp(0x100), type=fp32")]
    [InlineData("vx.clip a=sp(0x41000), d=sp(0x61000), record=sp(0x200), m=30, n=64, pitcha=256, pitchd=256, params=sp(0x100), type=fp32")]
    public void A_vector_unit_that_waits_for_its_statistics_goes_on_in_time_beside_a_product_or_a_drain(string descriptor)
    {
        string program = $"""
                issue   product
                issue   drain
                issue   statistics
                issue   statistics
                issue   statistics
            .data
            product:
                mx.matmul a=sp(0x1000), w=sp(0x21000), slot=0, m=64, k=320, n=64, pitcha=640, pitchw=128, type=bf16
            drain:
                mx.drain d=sp(0x81000), slot=0, m=64, n=64, pitchd=256, type=fp32, chain
            statistics:
                {descriptor}, chain
            """;
        for (int seed = 1; seed <= 3; seed++)
            CompareWithStepping("hybrid tiles=1", program, seed);
    }

    [Theory]
    [InlineData("vx.relu a=sp(0x1000), d=sp(0x1000) + 1280, m=1, n=4096, pitcha=16384, pitchd=16384, type=fp32")]
    [InlineData("vx.relu a=sp(0x1000), d=sp(0x1000) - 1280, m=1, n=4096, pitcha=16384, pitchd=16384, type=fp32")]
    [InlineData("vx.add a=sp(0x1000), b=sp(0x21000), d=sp(0x21000) + 960, m=2, n=2048, pitcha=8192, pitchb=8192, pitchd=8192, type=fp32")]
    [InlineData("vx.relu a=sp(0x1000), d=sp(0x1000) + 4096, m=60, n=64, pitcha=64, pitchd=256, type=fp32")]
    public void Results_that_lie_where_later_operands_are_change_these_as_they_do_beat_by_beat(string descriptor)
    {
        CompareWithStepping("hybrid tiles=1", $"""
                issue   work
            .data
            work:
                {descriptor}
            """, 1);
    }

    [Fact]
    public void A_vector_unit_that_a_product_keeps_from_its_operands_sends_its_results_in_time()
    {
        CompareWithStepping("hybrid tiles=1", """
                issue   product
                issue   functions
            .data
            product:
                mx.matmul a=sp(0x1000), w=sp(0x81000), slot=0, m=90, k=96, n=64, pitcha=512, pitchw=128, type=bf16
            functions:
                vx.tanh a=sp(0x41000), d=sp(0x71000), m=40, n=16, pitcha=512, pitchd=64, type=fp32
            """, 1);
    }

    [Fact]
    public void Beats_are_cut_where_ports_are_narrower_than_the_lanes()
    {
        CompareWithStepping("hybrid tiles=1 vector.lanes=64 scratchpad.banks=4 scratchpad.bank_width=16_B", """
                issue   work
            .data
            work:
                vx.relu a=sp(0x1000), d=sp(0x41000), m=1, n=4096, pitcha=16384, pitchd=16384, type=fp32
            """, 1);
    }

    [Theory]
    [InlineData("opt.sgd a=sp(0x1000), b=sp(0x21000), d=sp(0x41000), m=64, n=256, typea=fp32, typeb=fp32, out=bf16, params=sp(0x100)", 2048, 1800)]
    [InlineData("vx.convert a=sp(0x1000), d=sp(0x41000), m=64, n=256, pitcha=1024, pitchd=512, typea=fp32, out=bf16", 1024, 950)]
    [InlineData("vx.add a=sp(0x1000), b=sp(0x21000), d=sp(0x1000), m=64, n=256, pitcha=1024, pitchb=1024, pitchd=1024, type=fp32", 2048, 1400)]
    [InlineData("mx.drain d=sp(0x41000), slot=0, m=96, n=64, pitchd=128, acc=fp32, out=bf16", 192, 160)]
    [InlineData("mx.drain d=sp(0x41000), slot=0, m=96, n=64, pitchd=256, acc=fp32, out=fp32", 192, 160)]
    public void Most_edges_of_work_that_is_alike_are_one_event(string descriptor, int edges, int least)
    {
        ChipRun run = Boot("hybrid tiles=1", $"""
                issue   product
                wait_for ALL_QUEUES
                issue   work
            .data
            product:
                mx.matmul a=sp(0x1000), w=sp(0x21000), slot=0, m=96, k=32, n=64, pitcha=64, pitchw=128, type=bf16
            work:
                {descriptor}
            """, 1, new RunOptions());
        run.Finish();
        Assert.InRange(run.Chip.FirstTile.EdgesRepeated, least, edges);
    }

    private static ChipRun Boot(string config, string program, int seed, RunOptions options)
    {
        ChipRun run = Firmware.Boot(config, Firmware.Inline(program), options);
        Span<byte> bytes = run.Chip.FirstTile.Scratchpad.Bytes;
        var random = new Random(seed);
        random.NextBytes(bytes); // all kinds of floats, NaN and infinities too
        foreach (ref float value in MemoryMarshal.Cast<byte, float>(bytes[..(bytes.Length / 2)]))
            value = random.Next(8) == 0 ? value : (random.NextSingle() * 4) - 2;
        return run;
    }

    /// <summary>Runs a program in both ways to its end, and compares them at looks that are up to some hundred cycles apart.</summary>
    /// <returns>Edges that were not evaluated, as an engine repeated itself.</returns>
    private static long CompareWithStepping(string config, string program, int seed)
    {
        ChipRun one = Boot(config, program, seed, new RunOptions()), stepped = Boot(config, program, seed, new RunOptions { Skipping = false });
        Looks.Compare(one, stepped, new Random(seed), mostCycles: 600, $"{config}, seed {seed}:\n{program}");
        Assert.Null(one.Fault);
        return one.Chip.FirstTile.EdgesRepeated;
    }
}
