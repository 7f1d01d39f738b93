using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>The scalar core: latencies, the divider, branches, the store buffer.</summary>
internal static class ControlProbes
{
    private const string Unit = "control";
    private const int StoreAddress = 256; // beyond what other pieces touch

    public static void Add(ProbeBench bench)
    {
        Latency(bench, new(Unit, "C-2", "a load and k others before its reader: max(2, k + 1) + 1"), "lw a0, 0(a4)", 2, [0, 1, 2, 5]);
        Latency(bench, new(Unit, "C-2", "a product and k others before its reader: max(3, k + 1) + 1"), "mul a0, a2, a3", 3, [0, 1, 2, 3]);
        Latency(bench, new(Unit, "C-2", "a quotient and k others before its reader: max(34, k + 1) + 1"), "div a0, a2, a3", 34, [0, 32, 33, 34]);
        Divider(bench);
        Branches(bench);
        Words(bench);
        StoreBuffer(bench);
    }

    /// <summary>k instructions that wait for nothing and are waited for by nobody.</summary>
    internal static string Others(int k) => string.Concat(Enumerable.Repeat("addi t1, zero, 1\n", k));

    private static void Latency(ProbeBench bench, RuleProbe probe, string producer, int latency, int[] distances)
    {
        foreach (int k in distances)
            bench.Hold(probe, At("k", k), bench.Time("", $"{producer}\n{Others(k)}addi a1, a0, 0"), Math.Max(latency, k + 1) + 1);
    }

    private static void Divider(ProbeBench bench)
    {
        var probe = new RuleProbe(Unit, "C-3", "two divisions, k others between: max(34, k + 1) + 1");
        foreach (int k in (int[])[0, 32, 33, 34])
            bench.Hold(probe, At("k", k), bench.Time("", $"div a0, a2, a3\n{Others(k)}div s2, a2, a3"), Math.Max(34, k + 1) + 1);
    }

    private static void Branches(ProbeBench bench)
    {
        var taken = new RuleProbe(Unit, "C-4", "n taken branches: 3 n");
        var untaken = new RuleProbe(Unit, "C-1", "n branches not taken: n");
        foreach (int n in (int[])[1, 2, 7])
        {
            bench.Hold(taken, At("n", n), bench.Time("", string.Concat(Enumerable.Repeat("beq a2, a2, 1f\n1:\n", n))), 3 * n);
            bench.Hold(untaken, At("n", n), bench.Time("", string.Concat(Enumerable.Repeat("bne a2, a2, 1f\n1:\n", n))), n);
        }
    }

    private static void Words(ProbeBench bench)
    {
        var probe = new RuleProbe(Unit, "C-10", "a load of w bytes at o: 1, and 1 more across a word of 4 bytes");
        foreach ((string load, int bytes) in ((string, int)[])[("lw", 4), ("lh", 2)])
        {
            for (int o = 0; o < 4; o++)
                bench.Hold(probe, $"{At("w", bytes)}, {At("o", o)}", bench.Time("lw t2, 0(a4)", $"{load} t3, {o.ToString(CultureInfo.InvariantCulture)}(a4)"), o + bytes > 4 ? 2 : 1);
        }
    }

    private static void StoreBuffer(ProbeBench bench)
    {
        int depth = bench.Configuration.Core.StoreBufferEntries;
        var fits = new RuleProbe(Unit, "C-7", "n stores to a line that is elsewhere, n up to the store buffer's depth: n");
        var full = new RuleProbe(Unit, "C-7", "beyond: one more edge a store than one too many takes, and that waits for the line");
        int Stores(int n) => bench.Time(
            "addi t4, a4, 256\nhx.inval t4, a6",
            string.Concat(Enumerable.Range(0, n).Select(i => string.Create(CultureInfo.InvariantCulture, $"sw a2, {StoreAddress + (4 * (i % 16))}(a4)\n"))));
        foreach (int n in (int[])[1, depth - 1, depth])
            bench.Hold(fits, At("n", n), Stores(n), n);
        int first = Stores(depth + 1);
        foreach (int n in (int[])[depth + 2, depth + 3, depth + 8])
            bench.HoldFrom(full, At("n", n), Stores(n), first, n - depth - 1);
        bench.HoldFrom(new(Unit, "C-7, C-8", "a fence behind one such store waits as long as one store too many"), At("n", 1), bench.Time("addi t4, a4, 256\nhx.inval t4, a6", "sw a2, 256(a4)\nfence"), first, 0);
    }

    private static string At(string name, int value) => string.Create(CultureInfo.InvariantCulture, $"{name} = {value}");
}
