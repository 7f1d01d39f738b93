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
    [InlineData("hybrid tiles=1", 1, 12, 2000)]
    [InlineData("hybrid tiles=1 vector.lanes=64", 2, 6, 200)]
    [InlineData("hybrid tiles=1 vector.lanes=4", 3, 4, 800)]
    [InlineData("hybrid tiles=1 scratchpad.bank_width=8_B scratchpad.banks=64", 4, 6, 800)]
    [InlineData("hybrid tiles=1 array.int8_packing=4 accumulators.ports=single", 6, 6, 800)]
    [InlineData("hybrid tiles=1 scratchpad.ports=single", 5, 4, 0)]
    public void Whoever_looks_at_beats_and_rows_that_are_alike_finds_what_stepping_has(string config, int firstSeed, int programs, int least)
    {
        long repeated = 0;
        for (int seed = firstSeed * 100; seed < (firstSeed * 100) + programs; seed++)
        {
            string program = DrawnWork.Draw(new Random(seed));
            ChipRun one = Boot(config, program, seed, new RunOptions()), stepped = Boot(config, program, seed, new RunOptions { Skipping = false });
            Compare(one, stepped, new Random(seed), $"{config}, seed {seed}:\n{program}");
            repeated += one.Chip.FirstTile.EdgesRepeated;
        }

        Assert.InRange(repeated, least, long.MaxValue);
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

    /// <summary>Runs both to the end, and compares them at looks that are up to some hundred cycles apart.</summary>
    private static void Compare(ChipRun one, ChipRun stepped, Random random, string what)
    {
        bool running = true;
        while (running)
        {
            long stride = 1 + random.Next(random.Next(2) == 0 ? 40 : 600);
            running = one.Advance(stride) == RunResult.Running;
            stepped.Advance(stride);
            Assert.True(one.Chip.StateHash() == stepped.Chip.StateHash(), $"Differs after {one.Cycles} cycles, {what}");
        }

        Assert.Null(one.Fault);
        Assert.Equal((one.Cycles, one.ExitCode), (stepped.Cycles, stepped.ExitCode));
    }
}
