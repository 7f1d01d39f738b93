using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>The vector unit's beats and latencies, and the scratchpad's banks that it meets itself in.</summary>
internal static class VectorProbes
{
    private const string Unit = "vector";
    private const int ElementBytes = 4;

    public static void Add(ProbeBench bench)
    {
        ChipConfiguration c = bench.Configuration;
        int lanes = c.Vector.Lanes, pipeline = new Units.VectorConfig().PipelineCycles, transcendental = new Units.VectorConfig().TranscendentalCycles;
        int span = c.Scratchpad.Banks * c.Scratchpad.BankWidthBytes;
        int other = 0x4000 + (span / 4), result = 0x8000 + (span / 2);
        int Add(int n) => bench.TimeDescriptors(string.Create(
            CultureInfo.InvariantCulture, $"vx.add a=0x40000000, b=0x{0x40000000 + other:X}, d=0x{0x40000000 + result:X}, m=1, n={n}, pitcha=1024, pitchb=1024, pitchd=1024, typea=fp32, typeb=fp32, out=fp32"));
        int Unary(string name, int n) => bench.TimeDescriptors(string.Create(
            CultureInfo.InvariantCulture, $"{name} a=0x40000000, d=0x{0x40000000 + result:X}, m=1, n={n}, pitcha=1024, pitchd=1024, typea=fp32, out=fp32"));

        // Asked for an edge after the start, granted, answered, executed; sent P later, granted, acknowledged.
        const int First = 3, Acknowledged = 2;
        var beats = new RuleProbe(Unit, "V-1, V-2, V-3, V-4, V-5, V-15", "n elements: a beat of up to the lanes' number an edge, the way of one before and after");
        foreach (int n in (int[])[1, lanes - 1, lanes, lanes + 1, 2 * lanes, (2 * lanes) + 1, 9 * lanes])
            bench.Hold(beats, At("n", n), Add(n), ProbeBench.ToEngine + First + ((n + lanes - 1) / lanes) - 1 + pipeline + Acknowledged + ProbeBench.FromReport);

        var latency = new RuleProbe(Unit, "V-5", "an exponential is T - P later than a sum, whatever its length");
        foreach (int n in (int[])[1, lanes, (3 * lanes) + 1])
            bench.HoldFrom(latency, At("n", n), Unary("vx.exp", n), Add(n), transcendental - pipeline);

        var function = new RuleProbe(Unit, "V-29", "a hyperbolic tangent is P + T later than an exponential");
        foreach (int n in (int[])[1, lanes, (3 * lanes) + 1])
            bench.HoldFrom(function, At("n", n), Unary("vx.tanh", n), Unary("vx.exp", n), pipeline + transcendental);

        Banks(bench, lanes, span, result);
    }

    // One beat a row, and rows a whole turn of the banks apart: every beat of an operand meets the same banks.
    private static void Banks(ProbeBench bench, int lanes, int span, int result)
    {
        const int Rows = 12;
        int bytes = lanes * ElementBytes, width = bench.Configuration.Scratchpad.BankWidthBytes;
        var probe = new RuleProbe("scratchpad", "SP-2, SP-3, SP-4", "operands d bytes apart, 12 beats in the same banks: an edge a beat more where they share a bank");
        int Add(int d) => bench.TimeDescriptors(string.Create(
            CultureInfo.InvariantCulture,
            $"vx.add a=0x40000000, b=0x{0x40004000 + d:X}, d=0x{0x40000000 + result:X}, m={Rows}, n={lanes}, pitcha={span}, pitchb={span}, pitchd={span}, typea=fp32, typeb=fp32, out=fp32"));
        int least = Add(span / 4);
        foreach (int d in (int[])[0, bytes - width, bytes, span - bytes, span])
            bench.HoldFrom(probe, At("d", d), Add(d), least, d % span < bytes ? Rows : 0);
    }

    private static string At(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name} = {value}");
}
