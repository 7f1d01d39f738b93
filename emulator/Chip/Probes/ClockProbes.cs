using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>Clocks beside each other, and the core's when heat has halved it.</summary>
internal static class ClockProbes
{
    private const int ServiceEdges = 4, CrossingEdges = 2; // rules Y-1 and K-4, in edges of the system clock
    private const int HalvedBy = 2; // rule PWR-3

    private static readonly int[] s_lengths = [1, 2, 33, 100];

    public static void Add(ProbeBench bench)
    {
        Reads(bench, new("clocks and heat", "K-4, Y-1", "each further read of time takes six edges of the system clock"), "");
        var plain = new RuleProbe("clocks and heat", "K-6, C-1", "n instructions: n cycles");
        foreach (int n in s_lengths)
            bench.Hold(plain, At(n), bench.Time("", ControlProbes.Others(n)), n);
    }

    /// <summary>The same when hxthrottle says that the clock is halved.</summary>
    public static void AddThrottled(ProbeBench bench)
    {
        const string Throttled = "1: csrr t3, hxthrottle\nbgez t3, 1b\n";
        Reads(bench, new("clocks and heat", "K-7, Y-1", "and as many where heat has halved the core's clock"), Throttled);

        // The counter is read at enabled edges, each the second of its grid; the last is not counted.
        var halved = new RuleProbe("clocks and heat", "K-7, PWR-3", "n instructions where heat has halved the clock: 2 (n + 1) - 1 cycles");
        foreach (int n in s_lengths)
            bench.Hold(halved, At(n), bench.Time(Throttled, ControlProbes.Others(n)), (HalvedBy * (n + 1)) - 1);
    }

    // A read before them puts the core at the same place beside the system clock each time.
    private static void Reads(ProbeBench bench, RuleProbe probe, string setup)
    {
        int period = bench.Configuration.Core.ClockMegahertz / bench.Configuration.System.ClockMegahertz;
        int Time(int n) => bench.Time(setup + "csrr t3, time", string.Concat(Enumerable.Repeat("csrr t3, time\n", n)));
        int one = Time(1);
        foreach (int n in (int[])[2, 3, 9])
            bench.HoldFrom(probe, At(n), Time(n), one, (n - 1L) * (ServiceEdges + CrossingEdges) * period);
    }

    private static string At(int n) => string.Create(CultureInfo.InvariantCulture, $"n = {n}");
}
