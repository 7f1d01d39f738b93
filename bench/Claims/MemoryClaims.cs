using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>
/// What is said about the memory of chips that train and serve, against what is measured here. Streams are firmware/stream on
/// <c>hybrid</c> with two HBM2 channels, where memory and not the DMA's ports is the limit; pools are replays on controllers alone.
/// </summary>
internal static class MemoryClaims
{
    private const int Blocks = 64; // a tile and run: 16 MiB
    private const string LinearMap = "hbm.map=offset:5 column:4 pc:1 channel:1 column:1 group:2 bank:2 row";

    private static readonly string[] s_first = ["hbm.scheduler=fcfs", LinearMap];

    private static readonly string[] s_best =
    [
        "hbm.scheduler=fr-fcfs-grouped", "hbm.queue_of=bank", "hbm.queue=16", "hbm.write_high=64", "hbm.responses=64", "hbm.refresh=per-bank",
        "hbm.postpone=8",
    ];

    public static void Print()
    {
        Efficiency();
        Variation();
        Pools();
        RefreshRate();
    }

    private static void Efficiency()
    {
        Title("bandwidth efficiency", "83 % of peak with a good scheduler and map, refresh included");
        HbmStatistics worst = Stream(false, s_first), worstMix = Stream(true, s_first), best = Stream(false, s_best), bestMix = Stream(true, s_best);
        Row("A: FCFS, linear map", $"reads {worst.PercentOfPeak:F1} %, 2:1 {worstMix.PercentOfPeak:F1} %; most lost to {Bottleneck(worst)}");
        Row("B: grouped FR-FCFS, 16 entries a bank, per-bank refresh", $"reads {best.PercentOfPeak:F1} %, 2:1 {bestMix.PercentOfPeak:F1} %; most lost to {Bottleneck(bestMix)}");
        HbmStatistics plain = Stream(false), plainMix = Stream(true);
        Row("   (as hybrid is: FR-FCFS, all-bank refresh)", $"reads {plain.PercentOfPeak:F1} %, 2:1 {plainMix.PercentOfPeak:F1} %");
        Verdict(Math.Min(best.PercentOfPeak, bestMix.PercentOfPeak) >= 83, "both streams of B reach 83 %");
    }

    private static void Variation()
    {
        Title("throughput variation", "at most 12 % from the mean between serving (reads) and training (2:1)");
        foreach ((string name, string[] overrides) in new[] { ("A: FCFS, linear map", s_first), ("as hybrid is", []), ("B: as above", s_best) })
        {
            double reads = Stream(false, overrides).PercentOfPeak, mix = Stream(true, overrides).PercentOfPeak, mean = (reads + mix) / 2;
            Row(name, $"reads {reads:F1} %, 2:1 {mix:F1} %: {100 * (Math.Max(reads, mix) - mean) / mean:F1} % from the mean");
        }
    }

    /// <summary>
    /// A training step reads its weights twice and writes them once; then comes the first inference with them, a read. Two
    /// pools keep each side's weights in half the channels, and copy them in between.
    /// </summary>
    private static void Pools()
    {
        const int Bursts = 1 << 18; // 8 MiB of weights
        Title("one shared stack against two half-size stacks with copies", "45 % fewer cycles from step to first new inference");
        long shared = Replay(8, 3 * Bursts, 3) + Replay(8, Bursts, 0);
        long step = Replay(4, 3 * Bursts, 3), copy = Math.Max(Replay(4, Bursts, 0), Replay(4, Bursts, 1)), inference = Replay(4, Bursts, 0);
        Row("A: 2 x 4 channels", $"step {step:N0} + copy {copy:N0} + inference {inference:N0} = {step + copy + inference:N0} cycles");
        Row("B: 8 channels", $"{shared:N0} cycles");
        double saved = 100.0 * (step + copy + inference - shared) / (step + copy + inference);
        Verdict(saved >= 30, string.Create(CultureInfo.InvariantCulture, $"{saved:F1} % fewer, of phases that memory alone bounds; compute would hide part of it in both"));
    }

    private static void RefreshRate()
    {
        Title("refresh rate against bandwidth", "a hot stack refreshes 2 and 4 times as often; all-bank refresh pays for it, per-bank does not");
        foreach (int rate in new[] { 1, 2, 4 })
        {
            HbmStatistics all = Stream(false, $"hbm.timing.refi={3900 / rate} cycles");
            HbmStatistics one = Stream(false, [.. s_best, $"hbm.timing.refipb={244 / rate} cycles"]);
            Row($"{rate} x", $"all-bank {all.PercentOfPeak:F1} %, per-bank (B as above) {one.PercentOfPeak:F1} % of peak, reads");
        }
    }

    private static HbmStatistics Stream(bool writes, params string[] overrides)
    {
        ChipRun run = Programs.BootStream(Blocks, writes, ["hbm.channels=2", "hbm.capacity=1 GiB", .. overrides]);
        while (run.Advance(1_000_000) == RunResult.Running)
        {
        }

        return run.Statistics().Hbm;
    }

    /// <summary>Cycles of a stream, of which one access in <paramref name="writeEvery"/> is a write; 0: none.</summary>
    private static long Replay(int channels, int bursts, int writeEvery)
    {
        ChipConfiguration configuration = ConfigurationLoader.Load("hybrid", [$"hbm.channels={channels}"]);
        string recipe = writeEvery switch { 0 => "seq_read", 1 => "seq_write", _ => "mix21_seq" };
        var replay = new DramReplay(configuration.Hbm.Controller, new TraceRecipe(recipe, bursts, configuration.Hbm.CapacityBytes, 0, 1), window: 64);
        while (!replay.Finished)
            replay.Advance(1_000_000);
        return replay.Statistics("", "", configuration.Hbm.ClockMegahertz, configuration.Energy).Cycles;
    }

    private static string Bottleneck(HbmStatistics hbm) => hbm.DataBus.Skip(1).MaxBy(c => c.Count)!.Name;

    private static void Title(string name, string claim) => Console.WriteLine($"\n{name}\n  claim     {claim}");

    private static void Row(string name, FormattableString measured) =>
        Console.WriteLine($"  measured  {name,-56} {measured.ToString(CultureInfo.InvariantCulture)}");

    private static void Verdict(bool holds, string why) => Console.WriteLine($"  {(holds ? "holds" : "does not hold")}: {why}");
}
