using System.Diagnostics;
using System.Globalization;
using HybridEmu.Chip;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>
/// Every mark once, best of three, a second of processor time, in one table. The last column is the mark for each GMAC/s of the host's fp32
/// roofline, measured in this process: what to compare between two hosts, or two runs on a machine that others use too.
/// </summary>
internal static class QuickMarks
{
    private const int Trials = 3;

    private static double _sink; // keeps measured loops from being dropped

    public static void Print(TextWriter output, bool arraysOnly)
    {
        double floatRoof = 0, pairRoof = double.NaN, nibbleRoof = double.NaN, byteRoof = double.NaN;
        MeasureRooflines();
        void MeasureRooflines()
        {
            // Again before the fast engine: a reading beside others' work is too low, and none is too high.
            Raise(ref floatRoof, Rate(() => _sink += Roofline.Float(10_000_000), Roofline.FloatMacs(10_000_000)));
            if (Roofline.HasInteger)
            {
                Raise(ref pairRoof, Rate(() => _sink += Roofline.Integer(10_000_000), Roofline.IntegerMacs(10_000_000)));
                Raise(ref nibbleRoof, Rate(() => _sink += Roofline.Nibbles(10_000_000), Roofline.NibbleMacs(10_000_000)));
            }

            if (Roofline.HasBytes)
                Raise(ref byteRoof, Rate(() => _sink += Roofline.Bytes(12_000_000), Roofline.ByteMacs(12_000_000)));
        }

        output.WriteLine($"{"mark",-30} {"rate",12}  {"of",-26} {"a GMAC/s",10}");
        void Mark(string name, double rate, string of) =>
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{name,-30} {rate / 1e6,10:F2} M  {of,-26} {rate / (floatRoof / 1e9),10:F0}"));

        Mark("roofline fp32", floatRoof, "MAC/s");
        if (Roofline.HasInteger)
            Mark("roofline int8 by 16-bit pairs", pairRoof, "MAC/s");
        if (Roofline.HasBytes)
            Mark("roofline int8 by bytes", byteRoof, "MAC/s");
        if (Roofline.HasInteger)
            Mark("roofline int4 in bytes", nibbleRoof, "MAC/s");
        StepArrays(Mark);
        MeasureRooflines();
        FastArrays(Mark, kind => kind switch
        {
            MacKind.Bf16 => floatRoof,
            MacKind.Int4x8 => Math.Max(nibbleRoof, Roofline.HasBytes ? byteRoof : 0),
            _ => Roofline.HasBytes ? byteRoof : pairRoof,
        });
        if (arraysOnly)
            return;
        Product(Mark);
        foreach (string preset in new[] { "hybrid", "tiny" })
        {
            ChipRun run = Programs.StartTraining(preset);
            long before = GC.GetAllocatedBytesForCurrentThread(), from = run.Cycles;
            double rate = Rate(() => run.Advance(1_000_000), 1e6);
            double bytes = (double)(GC.GetAllocatedBytesForCurrentThread() - before) / (run.Cycles - from);
            Mark($"training {preset}", rate, string.Create(CultureInfo.InvariantCulture, $"cycles/s, {bytes:F4} B/cycle"));
        }

        ChipRun scalar = Programs.StartScalar();
        long cycles = scalar.Cycles, retired = scalar.Chip.Control(0).State.Retired;
        double perSecond = Rate(() => scalar.Advance(1_000_000), 1e6);
        Mark("scalar core", perSecond * (scalar.Chip.Control(0).State.Retired - retired) / (scalar.Cycles - cycles), "instructions/s");

        foreach (bool random in new[] { false, true })
        {
            var traffic = new HbmTraffic(random);
            Mark($"hbm {(random ? "random" : "streaming")}", Rate(() => traffic.Serve(400_000), 400_000), "requests/s");
        }

        foreach ((string recipe, int channels) in new[] { ("seq_read", 1), ("seq_read", 8), ("rand_read", 1), ("rand_read", 8) })
        {
            const int Requests = 300_000;
            HbmConfig memory = ConfigurationLoader.Load("hybrid", [$"hbm.channels={channels}"]).Hbm.Controller;
            double requests = Rate(() => new DramReplay(memory, new TraceRecipe(recipe, Requests, 4L << 30, 0, 1), window: 8 * channels).Advance(int.MaxValue), Requests);
            Mark($"dram {recipe}, channels: {channels}", requests, "requests/s");
        }

        foreach (LanePair pair in LanePair.All)
        {
            double lane = Rate(Repeat(pair.Lane, 20_000), 20_000.0 * LanePair.Elements), twin = Rate(Repeat(pair.Scalar, 20_000), 20_000.0 * LanePair.Elements);
            Mark($"lane {pair.Name}", lane, string.Create(CultureInfo.InvariantCulture, $"elements/s, {lane / twin:F1} x twin"));
        }
    }

    private static void Raise(ref double roofline, double reading) => roofline = reading > roofline || double.IsNaN(roofline) ? reading : roofline;

    /// <summary>The step engine, at the widest vectors that the rooflines have, too.</summary>
    private static void StepArrays(Action<string, double, string> mark)
    {
        foreach (int side in new[] { 16, 32, 64, 128, 256 })
        {
            int steps = 4_000_000 / (side * side) * 8;
            foreach (MacKind kind in new[] { MacKind.Bf16, MacKind.Integer, MacKind.Int8x4 })
            {
                var stream = new ArrayStream(side, kind, SimdWidth.Vector512);
                mark($"array {side} x {side} {kind}", Rate(() => stream.Step(steps), steps), "array cycles/s");
            }
        }
    }

    /// <summary>The fast engine, at those too.</summary>
    private static void FastArrays(Action<string, double, string> mark, Func<MacKind, double> rooflineOf)
    {
        foreach (int side in new[] { 16, 32, 64, 128, 256 })
        {
            foreach (MacKind kind in new[] { MacKind.Bf16, MacKind.Integer, MacKind.Int4x8 })
            {
                var folds = new FastArrayStream(side, kind, simd: SimdWidth.Vector512);
                int count = Math.Max(4, (int)(8_000_000_000 / folds.MacsOfFold));
                double rate = Rate(() => folds.Folds(count), (double)count * folds.MacsOfFold);
                double roof = rooflineOf(kind);
                mark($"fast array {side} x {side} {kind}", rate, double.IsNaN(roof) ? "MAC/s" : string.Create(CultureInfo.InvariantCulture, $"MAC/s, {100 * rate / roof:F0} % of roofline"));
            }
        }
    }

    /// <summary>A large product with everything around the array simulated, beside the array alone; and what a second thread brings to that.</summary>
    private static void Product(Action<string, double, string> mark)
    {
        const int Side = 1024, Array = 128;
        const double Macs = (double)Side * Side * Side;
        var alone = new FastArrayStream(Array, MacKind.Bf16);
        int folds = (int)(4 * Macs / alone.MacsOfFold);
        double array = Rate(() => alone.Folds(folds), folds * (double)alone.MacsOfFold), best = 0;
        long cycles = 0;
        for (int i = 0; i < 12; i++)
        {
            ChipRun run = Programs.BootProduct(Side);
            TimeSpan start = Environment.CpuUsage.TotalTime;
            while (run.Advance(1_000_000) == RunResult.Running)
            {
            }

            best = Math.Max(best, Macs / (Environment.CpuUsage.TotalTime - start).TotalSeconds);
            cycles = run.Cycles;
        }

        mark("product of 1024, 128 x 128", best, string.Create(CultureInfo.InvariantCulture, $"MAC/s, {100 * best / array:F0} % of the array alone; {cycles:N0} cycles"));

        Threads(mark, alone, folds);
    }

    /// <summary>What a second thread brings, beside what two of this host's processors do alone: they may be two threads of one core.</summary>
    private static void Threads(Action<string, double, string> mark, FastArrayStream alone, int folds)
    {
        const int Rounds = 20_000_000, Array = 128;
        using var team = new HostTeam(2);
        var shared = new FastArrayStream(Array, MacKind.Bf16, team);
        double[] rates = WallRates(
            () => _sink += Roofline.Float(Rounds),
            () =>
            {
                var other = new Thread(() => Roofline.Float(Rounds));
                other.Start();
                _sink += Roofline.Float(Rounds);
                other.Join();
            },
            () => alone.Folds(folds),
            () => shared.Folds(folds));
        mark("roofline fp32 on two threads", 2 * rates[1] * Roofline.FloatMacs(Rounds), string.Create(CultureInfo.InvariantCulture, $"MAC/s, {2 * rates[1] / rates[0]:F2} x one thread"));
        mark("fast array on two threads", rates[3] * folds * alone.MacsOfFold, string.Create(CultureInfo.InvariantCulture, $"MAC/s, {rates[3] / rates[2]:F2} x one thread"));
    }

    // By the clock on the wall, as processor time would count both threads; and in turns, as others use the machine too.
    private static double[] WallRates(params Action[] actions)
    {
        double[] best = new double[actions.Length];
        for (int trial = 0; trial < 3 * Trials; trial++)
        {
            for (int i = 0; i < actions.Length; i++)
            {
                long from = Stopwatch.GetTimestamp();
                actions[i]();
                best[i] = Math.Max(best[i], 1 / Stopwatch.GetElapsedTime(from).TotalSeconds);
            }
        }

        return best;
    }

    private static Action Repeat(Action action, int times) => () =>
    {
        for (int i = 0; i < times; i++)
            action();
    };

    // The first runs are not counted: the host compiles them, and again when it sees that they are many.
    private static double Rate(Action action, double operations)
    {
        long from = Environment.TickCount64;
        do
            action();
        while (Environment.TickCount64 - from < 400);
        double best = 0;
        for (int i = 0; i < Trials; i++)
        {
            TimeSpan start = Environment.CpuUsage.TotalTime;
            action();
            best = Math.Max(best, operations / (Environment.CpuUsage.TotalTime - start).TotalSeconds);
        }

        return best;
    }
}
