using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>The matrix unit: folds, hazards, zeroes and drains.</summary>
internal static class ArrayProbes
{
    private const string Unit = "array";

    /// <summary>From the edge that takes a product to that at which its first token enters: asked for, granted, answered, used (MX-1, MX-8, SP-1).</summary>
    private const int Way = 4;

    public static void Add(ProbeBench bench)
    {
        int rows = bench.Configuration.Array.Rows, columns = bench.Configuration.Array.Columns, latency = bench.Configuration.Array.AccumulatorLatency;
        int pitch = Math.Max(256, 8 * Math.Max(rows, columns));
        int weights = 0x10000 + (pitch / 2); // behind A; and so far beside it, in banks, that the two ports never meet
        int Product(int m, int k, int n) => bench.TimeDescriptors(string.Create(
            CultureInfo.InvariantCulture, $"mx.matmul a=0x40000000, w=0x{0x40000000 + weights:X}, slot=0, m={m}, k={k}, n={n}, pitcha={pitch}, pitchw={pitch}, type=bf16"));

        var one = new RuleProbe(Unit, "MX-1, MX-3, MX-4, MX-8, MX-12", "one fold of m rows: 2R + C + m + La, the way of its first weights before it");
        foreach (int m in (int[])[1, 2, rows - 1, rows, rows + 1])
            bench.Hold(one, At("m", m), Product(m, rows, columns), ProbeBench.ToEngine + Way + (2 * rows) + columns + m + latency + ProbeBench.FromReport);

        var apart = new RuleProbe(Unit, "MX-5", "two folds over different columns start max(m, R) apart");
        foreach (int m in (int[])[1, rows - 1, rows, rows + 1, 2 * rows])
            bench.HoldFrom(apart, At("m", m), Product(m, rows, 2 * columns), Product(m, rows, columns), Math.Max(m, rows));

        var hazard = new RuleProbe(Unit, "MX-6", "two folds over the same sums start max(m, R + La) apart");
        foreach (int m in (int[])[1, rows, rows + latency - 1, rows + latency, rows + latency + 1])
            bench.HoldFrom(hazard, At("m", m), Product(m, 2 * rows, columns), Product(m, rows, columns), Math.Max(m, rows + latency));

        var zero = new RuleProbe(Unit, "MX-11, MX-12", "a zero takes m edges for each C columns");
        int Zero(int m, int n) => bench.TimeDescriptors(string.Create(CultureInfo.InvariantCulture, $"mx.zero slot=0, m={m}, n={n}, acc=fp32"));
        foreach ((int m, int n) in ((int, int)[])[(1, 1), (2, 1), (17, columns), (17, columns + 1), (17, 2 * columns), (17, (2 * columns) + 1)])
            bench.Hold(zero, $"{At("m", m)}, {At("n", n)}", Zero(m, n), ProbeBench.ToEngine + (m * ((n + columns - 1) / columns)) + 1 + ProbeBench.FromReport);

        var drain = new RuleProbe(Unit, "MX-10", "m rows zeroed, then drained a request each: two edges a row");
        int Drain(int m) => bench.TimeDescriptors(
            string.Create(CultureInfo.InvariantCulture, $"mx.zero slot=1, m={m}, n=8, acc=fp32"),
            string.Create(CultureInfo.InvariantCulture, $"mx.drain d=0x40000000, slot=1, m={m}, n=8, pitchd=64, acc=fp32, out=fp32"));
        int row = Drain(1);
        foreach (int m in (int[])[2, 3, rows, rows + 2])
            bench.HoldFrom(drain, At("m", m), Drain(m), row, 2 * (m - 1));
    }

    private static string At(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name} = {value}");
}
