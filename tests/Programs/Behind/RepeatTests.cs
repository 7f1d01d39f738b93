using System.Runtime.InteropServices;
using System.Text;
using HybridEmu.Chip;
using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// Engines that do the same again and again, with the next row or beat each time, do it in one event. Whoever looks at whatever edge finds what
/// stepping has there: bytes, rings, channels, counters, banks.
/// </summary>
public sealed class RepeatTests
{
    private const int RegionBytes = 0x18000;
    private const int Parameters = 0x100;
    private const int FirstRegion = 0x1000;

    private static readonly string[] s_floats = ["fp32", "bf16"];
    private static readonly string[] s_unary = ["vx.convert", "vx.relu", "vx.exp", "vx.rsqrt", "vx.sigmoid", "vx.tanh"];
    private static readonly string[] s_binary = ["vx.add", "vx.sub", "vx.mul", "vx.max", "vx.relu_grad", "vx.tanh_grad"];

    [Theory]
    [InlineData("hybrid tiles=1", 1, 12, 4000)]
    [InlineData("hybrid tiles=1 vector.lanes=64", 2, 6, 200)]
    [InlineData("hybrid tiles=1 vector.lanes=4", 3, 4, 800)]
    [InlineData("hybrid tiles=1 scratchpad.bank_width=8_B scratchpad.banks=64", 4, 6, 800)]
    [InlineData("hybrid tiles=1 scratchpad.ports=single", 5, 4, 0)]
    public void Whoever_looks_at_beats_and_rows_that_are_alike_finds_what_stepping_has(string config, int firstSeed, int programs, int least)
    {
        long repeated = 0;
        for (int seed = firstSeed * 100; seed < (firstSeed * 100) + programs; seed++)
        {
            string program = Draw(new Random(seed));
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

    /// <summary>A program of vector operations, each alone or beside others, and of drains.</summary>
    private static string Draw(Random random)
    {
        int m = random.Next(20, 80), n = random.Next(8, 100);
        var code = new StringBuilder("    issue product\n    wait_for ALL_QUEUES\n");
        var data = new StringBuilder($".data\nproduct:\n    mx.matmul a=sp(0x1000), w=sp(0x21000), slot=0, m={m}, k=40, n={n}, pitcha=64, pitchw=112, type=int8\n");
        for (int i = 0; i < 5; i++)
        {
            code.AppendLine($"    issue work{i}");
            if (random.Next(3) != 0)
                code.AppendLine("    wait_for ALL_QUEUES");
            data.AppendLine($"work{i}:").Append("    ").AppendLine(DrawDescriptor(random, m, n));
        }

        return code.Append(data).ToString();
    }

    private static string DrawDescriptor(Random random, int m, int n)
    {
        if (random.Next(4) == 0)
        {
            string type = Pick(["fp32", "bf16", "int32"]);
            return $"mx.drain d=sp(0x{Region(3)}), slot=0, m={m}, n={n}, pitchd={Pitch(n * Bytes(type))}, acc=int32, out={type}{Pick(["", type == "int32" ? "" : ", act=relu"])}";
        }

        if (random.Next(3) == 0)
        {
            string shadow = Pick(["bf16", "bf16", "int8"]), rounding = shadow == "bf16" ? Pick(["", ", round=stochastic"]) : "";
            return $"opt.sgd a=sp(0x{Region(0)}), b=sp(0x{Region(1)}), d=sp(0x{Region(2)}), m={random.Next(1, 12)}, n={16 * random.Next(4, 100)}, typea=fp32, typeb=fp32, out={shadow}, params=sp(0x{Parameters:x}){rounding}, chain";
        }

        bool two = random.Next(2) == 0;
        int columns = Pick([16 * random.Next(1, 90), 256, 784, random.Next(1, 300)]), rows = random.Next(1, Math.Max(2, RegionBytes / 5 / columns));
        rows = Math.Min(rows, random.Next(1, 40));
        string typeA = Pick(s_floats), typeB = random.Next(4) == 0 ? Pick(s_floats) : typeA, typeOut = random.Next(2) == 0 ? typeA : Pick(s_floats);
        int bytesA = Bytes(typeA) * columns;
        bool contiguous = random.Next(2) == 0;
        int pitchA = contiguous ? Round16(bytesA) : Pitch(bytesA), pitchB = contiguous ? Round16(Bytes(typeB) * columns) : Pitch(Bytes(typeB) * columns);
        string a = Region(0), b = Region(1);
        bool inPlace = typeOut == typeA && random.Next(2) == 0;
        string d = inPlace ? a : Region(2);
        int pitchD = inPlace ? pitchA : Pitch(Bytes(typeOut) * columns);
        string operands = two ? $"b=sp(0x{b}), pitchb={pitchB}, typeb={typeB}, " : "";
        return $"{Pick(two ? s_binary : s_unary)} a=sp(0x{a}), {operands}d=sp(0x{d}), m={rows}, n={columns}, pitcha={pitchA}, pitchd={pitchD}, typea={typeA}, out={typeOut}, chain";

        T Pick<T>(T[] values) => values[random.Next(values.Length)];

        // Mostly where lines begin.
        string Region(int number) => $"{FirstRegion + (number * 0x20000) + (16 * (random.Next(2) == 0 ? 4 * random.Next(16) : random.Next(32))):x}";

        int Pitch(int bytes) => Round16(bytes) + (16 * Pick([0, 0, 4, 8, random.Next(8)]));
    }

    private static int Round16(int bytes) => (bytes + 15) / 16 * 16;

    private static int Bytes(string type) => type == "bf16" ? 2 : 4;
}
