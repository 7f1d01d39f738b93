using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>L1D and the way to its lines.</summary>
internal static class CacheProbes
{
    private const string Unit = "caches and fabric";
    private const int LineBytes = 64;
    private const int LineOfWord = 512; // a line behind 'word' that others leave alone
    private const int Hit = 2;
    private const int Request = 1, HomeAndDirectory = 8, Granted = 2, FlitsOfGrant = 5; // rules C-11, H-1, H-2, H-3
    private const int WaysOfL1d = 4; // ControlConfig.DataCacheWays, which no key sets

    public static void Add(ProbeBench bench)
    {
        Lines(bench);
        Misses(bench);
        Ranges(bench);
    }

    private static void Lines(ProbeBench bench)
    {
        var hit = new RuleProbe(Unit, "C-9", "a load d bytes behind a line's begin, d below 64: 2 to its reader");
        int Load(int d) => bench.Time(
            $"addi t4, a4, {LineOfWord}\nli t3, 256\nhx.inval t4, t3\nlw t2, 0(t4)\nadd t2, t2, t2",
            string.Create(CultureInfo.InvariantCulture, $"lw t3, {d}(t4)\nadd t2, t3, t3"));
        foreach (int d in (int[])[0, 4, 60])
            bench.Hold(hit, At(d), Load(d), Hit + 1);
        if (!MemoryProbes.HaveForm(bench))
            return;
        var miss = new RuleProbe(Unit, "C-11, F-1, H-1, H-2, K-4, HBM-1, HBM-12, HBM-14", "from d = 64 on, its row open: request, home, bursts, home, grant");
        foreach (int d in (int[])[LineBytes, LineBytes + 4, (2 * LineBytes) - 4, 2 * LineBytes, 3 * LineBytes])
            bench.Hold(miss, At(d), Load(d), Miss(bench) + Hit + 1);
    }

    private static void Misses(ProbeBench bench)
    {
        if (!MemoryProbes.HaveForm(bench))
            return;
        var probe = new RuleProbe(Unit, "C-11, H-1, H-2, H-4", "n loads of lines that are elsewhere, each behind the one before: n of these");
        int Load(int n) => bench.Time(
            $"addi t4, a4, {LineOfWord}\nli t3, 512\nhx.inval t4, t3\nlw t2, 448(t4)\nadd t2, t2, t2",
            string.Concat(Enumerable.Range(0, n).Select(i => string.Create(CultureInfo.InvariantCulture, $"lw t3, {i * LineBytes}(t4)\nadd t2, t3, t3\n"))));
        foreach (int n in (int[])[1, 2, 3, 5])
            bench.Hold(probe, string.Create(CultureInfo.InvariantCulture, $"n = {n}"), Load(n), n * (Miss(bench) + Hit + 1));
    }

    /// <summary>From the edge at which a load misses to that at which it executes.</summary>
    private static int Miss(ProbeBench bench)
    {
        Units.HbmTiming t = bench.Configuration.Hbm.Controller.Timing;
        return Request + MemoryProbes.ToPort + HomeAndDirectory + MemoryProbes.ToMemory(t) + t.Cl + MemoryProbes.EndOfBurst
            + MemoryProbes.Crossing + Granted + FlitsOfGrant - 1 + MemoryProbes.ToPort;
    }

    private static void Ranges(ProbeBench bench)
    {
        int sets = bench.Configuration.Core.L1dBytes / LineBytes / WaysOfL1d;
        var probe = new RuleProbe(Unit, "C-15", "n cleans of a clean range: one set an edge, and one edge: n (sets + 1)");
        foreach (int n in (int[])[1, 2, 3])
            bench.Hold(probe, string.Create(CultureInfo.InvariantCulture, $"n = {n}"), bench.Time("", string.Concat(Enumerable.Repeat("hx.clean s10, a6\n", n))), n * (sets + 1));
    }

    private static string At(int d) => string.Create(CultureInfo.InvariantCulture, $"d = {d}");
}
