using System.Globalization;
using HybridEmu.Checker;
using HybridEmu.Chip;
using HybridEmu.Emulator.Tests;
using HybridEmu.Units;

namespace HybridEmu.Validation.Tests;

/// <summary>The HBM controller against other simulators' commands, latencies and shares of peak, and against the standards' rules.</summary>
internal static class MemoryRows
{
    private const int Requests = 100_000, BurstBytes = 32, BlockRequests = 256, PseudoChannels = 2;
    private const int ScenarioCycles = 150;

    public static IEnumerable<ValidationRow> Measure()
    {
        yield return new("HBM, single accesses", $"Ramulator 2.1 and DRAMSys 5.1: commands and latencies of {HbmSingleAccessFigures.Scenarios.Length} scenarios", SingleAccesses(), ValidationRow.Here);
        yield return Begin();
        yield return Shares();
        yield return Refreshes();
        yield return Legality();
    }

    private static string SingleAccesses()
    {
        HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Timing = new HbmTiming { Faw = 30 } });
        HbmTraceItem[][] items = [.. HbmSingleAccessFigures.Scenarios.Select(s => s.Requests.Split(' ').Select(r => Item(s.Start, r.Split(':'))).ToArray())];
        bench.Run([.. items.SelectMany(i => i)], perCycle: 8);
        var commands = new List<string>();
        var expected = new List<string>();
        for (int i = 0; i < items.Length; i++)
        {
            HbmSingleAccess scenario = HbmSingleAccessFigures.Scenarios[i];
            commands.AddRange(bench.Commands(scenario.Start, scenario.Start + ScenarioCycles).Split(' '));
            commands.AddRange(items[i].Where(r => !r.Write).Select(r => string.Create(CultureInfo.InvariantCulture, $"latency@{r.Latency}")));
            expected.AddRange(scenario.Commands.Split(' '));
            expected.AddRange(scenario.ReadLatencies.Select(l => string.Create(CultureInfo.InvariantCulture, $"latency@{l}")));
        }

        return Worst(expected, commands, '@');
    }

    private static HbmTraceItem Item(int start, string[] request) =>
        new(start + int.Parse(request[0], CultureInfo.InvariantCulture), request[1] == "W", Convert.ToUInt64(request[2], 16));

    private static ValidationRow Begin()
    {
        HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM2 });
        List<HbmTraceItem> trace = [.. Enumerable.Range(0, 2000).Select(i => new HbmTraceItem(0, false, (ulong)i * BurstBytes))];
        bench.Run(trace);

        // As the figures: clock:place, accepted-done; the number that differs last.
        string[] columns = [.. Words(HbmStreamFigures.Columns).Select(c => $"{c.Split(':')[1]}:{c.Split(':')[0]}")];
        string[] latencies = Words(HbmStreamFigures.Latencies);
        IEnumerable<string> ours = Enumerable.Range(0, bench.Log.Count).Select(i => bench.Log[i]).Where(r => r.Command == HbmCommand.Read)
            .Select(r => $"{r.PseudoChannel}{r.Bank >> 2}{r.Bank & 3}.{r.Column}:{r.Edge}");
        IEnumerable<string> taken = trace.Select(i => $"{i.AcceptedAt}-{i.DoneAt}");
        string worst = Worst(
            [.. columns, .. latencies.Select(l => l.Replace('-', ':'))],
            [.. ours.Take(columns.Length), .. taken.Take(latencies.Length).Select(l => l.Replace('-', ':'))],
            ':');
        return new("HBM, a stream's begin", $"Ramulator 2.1: {columns.Length} column commands, {latencies.Length} latencies", worst, ValidationRow.Here);
    }

    private static ValidationRow Shares()
    {
        double worst = 0, between = 0;
        foreach (IGrouping<string, HbmShare> recipe in HbmShareFigures.Common.GroupBy(s => s.Recipe))
        {
            double ours = Share(new HbmConfig { Map = HbmBench.MapM2 }, i => recipe.Key == "seq_write" || (recipe.Key == "mix21_blk" && i / BlockRequests % 3 == 2));
            worst = Math.Max(worst, recipe.Max(s => Math.Abs(s.Percent - ours)));
            between = Math.Max(between, recipe.Max(s => s.Percent) - recipe.Min(s => s.Percent));
        }

        string who = string.Join(" and ", HbmShareFigures.Common.Select(s => s.Simulator).Distinct());
        return new("HBM, streams", $"utilisation of {who} on the common recipe: reads, writes, 2:1 in blocks; they differ by {Points(between)} themselves", Points(worst), ValidationRow.Here);
    }

    private static ValidationRow Refreshes()
    {
        double worst = 0;
        foreach ((int rate, double all, double single) in HbmShareFigures.Refresh)
        {
            worst = Math.Max(worst, Math.Abs(all - Share(new HbmConfig { Map = HbmBench.MapM2, Refresh = HbmRefresh.AllBank, RefreshRate = rate }, _ => false)));
            worst = Math.Max(worst, Math.Abs(single - Share(new HbmConfig { Map = HbmBench.MapM2, Refresh = HbmRefresh.PerBank, RefreshRate = rate }, _ => false)));
        }

        return new("HBM, refresh at 1, 2 and 4 times the rate", "utilisation reading: of all banks Ramulator 2.1, of single banks DRAMSys 5.1", Points(worst), ValidationRow.Here);
    }

    private static ValidationRow Legality()
    {
        string[] standards = ["HBM2", "HBM2E", "HBM3", "DDR3"], recipes = ["seq_read", "mix21_3arr_conf", "rand_mix21"];
        long commands = 0, violations = 0;
        foreach (string standard in standards)
        {
            HbmConfig config = ConfigurationLoader.Load("tiny", [$"hbm.standard={standard}"]).Hbm.Controller;
            foreach (string recipe in recipes)
            {
                HbmBench bench = new(config, logEntries: 1 << 18);
                bench.Run([.. Trace(recipe)]);
                DramChecker checker = HbmLegality.Run(bench.Log, HbmLegality.Rules(config));
                commands += bench.Log.Count;
                violations += checker.ViolationCount;
            }
        }

        return new(
            "HBM, legality",
            string.Create(CultureInfo.InvariantCulture, $"own checker from the standards, without a line of the controller: {string.Join(", ", standards)}, {commands:#,##0} commands; every policy in `make test`"),
            violations == 0 ? "no violation" : $"{violations} violations",
            ValidationRow.Here);
    }

    // Addresses within the smallest memory: rows far apart in one bank, every third a write, or anywhere.
    private static IEnumerable<HbmTraceItem> Trace(string recipe)
    {
        const int Length = 6000;
        const ulong Array = 1 << 23, Memory = 1 << 27;
        var random = new MatrixStimulus(3);
        for (int i = 0; i < Length; i++)
        {
            ulong address = recipe switch
            {
                "seq_read" => (ulong)i * BurstBytes,
                "mix21_3arr_conf" => ((ulong)(i % 3) * Array) + ((ulong)(i / 3) * BurstBytes),
                _ => (ulong)random.Next((int)(Memory / BurstBytes)) * BurstBytes,
            };
            yield return new HbmTraceItem(0, recipe != "seq_read" && i % 3 == 2, address);
        }
    }

    private static double Share(HbmConfig config, Func<int, bool> write)
    {
        HbmBench bench = new(config, logEntries: 16);
        bench.Run([.. Enumerable.Range(0, Requests).Select(i => new HbmTraceItem(0, write(i), (ulong)i * BurstBytes))]);
        return 100.0 * Requests * config.Timing.Burst / (bench.LastEnd * PseudoChannels);
    }

    private static string[] Words(string text) => text.Split([' ', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries);

    private static string Points(double worst) => string.Create(CultureInfo.InvariantCulture, $"{worst:0.0} points");

    /// <summary>Of things with a number behind a sign: the largest difference of the numbers, where the things are the same.</summary>
    private static string Worst(List<string> expected, List<string> found, char sign)
    {
        if (expected.Count != found.Count)
            return $"{found.Count} commands and latencies instead of {expected.Count}";
        long worst = 0;
        for (int i = 0; i < expected.Count; i++)
        {
            string[] a = expected[i].Split(sign), b = found[i].Split(sign);
            if (a[0] != b[0])
                return $"{found[i]} instead of {expected[i]}";
            worst = Math.Max(worst, Math.Abs(long.Parse(a[1], CultureInfo.InvariantCulture) - long.Parse(b[1], CultureInfo.InvariantCulture)));
        }

        return $"{worst} cycles";
    }
}
