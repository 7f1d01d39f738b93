using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>L1D and the way to its lines.</summary>
internal static class CacheProbes
{
    private const string Unit = "caches and fabric";
    private const int LineBytes = 64;
    private const int LineOfWord = 512; // a line behind 'word' that others leave alone
    private const int Hit = 2;

    public static void Add(ProbeBench bench)
    {
        Lines(bench);
        Misses(bench);
        Ranges(bench);
    }

    private static void Lines(ProbeBench bench)
    {
        var hit = new RuleProbe(Unit, "C-9", "a load d bytes behind a line's begin, d below 64: 2 to its reader");
        var miss = new RuleProbe(Unit, "C-11", "from d = 64 on: as the miss at d = 64, of lines behind one home");
        int Load(int d) => bench.Time(
            $"addi t4, a4, {LineOfWord}\nli t3, 256\nhx.inval t4, t3\nlw t2, 0(t4)\nadd t2, t2, t2",
            string.Create(CultureInfo.InvariantCulture, $"lw t3, {d}(t4)\nadd t2, t3, t3"));
        foreach (int d in (int[])[0, 4, 60])
            bench.Hold(hit, At(d), Load(d), Hit + 1);
        int first = Load(LineBytes);
        foreach (int d in (int[])[LineBytes + 4, (2 * LineBytes) - 4, 2 * LineBytes, 3 * LineBytes])
            bench.HoldFrom(miss, At(d), Load(d), first, 0);
    }

    private static void Misses(ProbeBench bench)
    {
        var probe = new RuleProbe(Unit, "C-11, H-1, HBM-14", "n loads of lines that are elsewhere, one after the other: n misses");
        int Load(int n) => bench.Time(
            $"addi t4, a4, {LineOfWord}\nli t3, 512\nhx.inval t4, t3\nlw t2, 448(t4)\nadd t2, t2, t2",
            string.Concat(Enumerable.Range(0, n).Select(i => string.Create(CultureInfo.InvariantCulture, $"lw t3, {i * LineBytes}(t4)\nadd t2, t3, t3\n"))));
        int one = Load(1);
        foreach (int n in (int[])[2, 3, 5])
            bench.HoldTimes(probe, string.Create(CultureInfo.InvariantCulture, $"n = {n}"), Load(n), one, n);
    }

    private static void Ranges(ProbeBench bench)
    {
        int sets = bench.Configuration.Core.L1dBytes / LineBytes / 4;
        var probe = new RuleProbe(Unit, "C-15", "n cleans of a clean range: one set an edge, and one edge: n (sets + 1)");
        foreach (int n in (int[])[1, 2, 3])
            bench.Hold(probe, string.Create(CultureInfo.InvariantCulture, $"n = {n}"), bench.Time("", string.Concat(Enumerable.Repeat("hx.clean s10, a6\n", n))), n * (sets + 1));
    }

    private static string At(int d) => string.Create(CultureInfo.InvariantCulture, $"d = {d}");
}
