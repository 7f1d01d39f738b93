using System.Globalization;
using HybridEmu.Units;

namespace HybridEmu.Bench;

/// <summary>
/// Both engines of the array beside the Verilator builds of its SystemVerilog twin: same stimulus, sums compared before anything is timed.
/// The step engine and the twin have every register live; the fast engine has outputs only.
/// </summary>
internal static class RtlMarks
{
    private const int Trials = 3;

    /// <param name="sides">N of the arrays; 16, 32, 64 and 128 where there are none.</param>
    public static int Print(TextWriter output, int[] sides)
    {
        if (HostProgram.Find("verilator") is null)
        {
            output.WriteLine("bench-rtl needs Verilator and a C++ compiler: apt-get install verilator g++ (clang makes faster models).");
            return 2;
        }

        if (!Directory.Exists(TwinBuild.Sources))
        {
            output.WriteLine($"bench-rtl runs from the root of the repository: {TwinBuild.Sources} is not here.");
            return 2;
        }

        TwinBuild[] builds = [.. TwinBuild.All()];
        output.WriteLine(TwinBuild.Version("verilator"));
        foreach (string compiler in builds.Select(b => b.Compiler).Distinct())
            output.WriteLine(TwinBuild.Version(compiler));
        output.WriteLine("Best of three, by processor time; x: times the fastest build of the twin.");
        foreach (int side in sides.Length > 0 ? sides : [16, 32, 64, 128])
        {
            foreach (MacKind kind in new[] { MacKind.Integer, MacKind.Bf16 })
                Compare(output, builds, side, kind);
        }

        return 0;
    }

    private static void Compare(TextWriter output, TwinBuild[] builds, int side, MacKind kind)
    {
        var stimulus = new RtlStimulus(side, kind);
        ulong hash = stimulus.Check();
        long cycles = (kind == MacKind.Bf16 ? 60_000_000L : 600_000_000L) / (side * side);
        string[] programs = [.. builds.Select(b => b.Make(side, kind, "out/rtl"))];
        var rates = new double[builds.Length];
        double step = 0, fast = 0;
        Warm(() => stimulus.Step(cycles / 8));
        Warm(() => stimulus.Fast(cycles / 8));
        for (int trial = 0; trial < Trials; trial++)
        {
            for (int i = 0; i < builds.Length; i++)
            {
                (ulong twin, double rate) = TwinBuild.Time(programs[i], side, cycles, stimulus.Rows);
                if (twin != hash)
                    throw new InvalidOperationException($"{builds[i].Name}, {kind}, N = {side}: sums hash to {twin:x16}, those of the engines to {hash:x16}.");
                rates[i] = Math.Max(rates[i], rate);
            }

            step = Math.Max(step, Rate(() => stimulus.Step(4 * cycles), 4 * cycles));
            fast = Math.Max(fast, Rate(() => stimulus.Fast(8 * cycles), 8 * cycles));
        }

        double best = rates.Max();
        output.WriteLine($"\n{(kind == MacKind.Bf16 ? "bf16" : "int8")}, N = {side}: the sums of both engines and {builds.Length} builds agree");
        for (int i = 0; i < builds.Length; i++)
            Line(builds[i].Name, rates[i]);
        Line("step engine, every register", step);
        Line("fast engine", fast);

        void Line(string name, double rate) => output.WriteLine(string.Create(
            CultureInfo.InvariantCulture, $"  {name,-82} {rate / 1e3,10:F1} k cycles/s {rate * side * side / 1e9,9:F3} GMAC/s {rate / best,8:F2} x"));
    }

    // The host compiles what it has seen to run often.
    private static void Warm(Action action)
    {
        long from = Environment.TickCount64;
        do
            action();
        while (Environment.TickCount64 - from < 400);
    }

    private static double Rate(Action action, long cycles)
    {
        TimeSpan start = Environment.CpuUsage.TotalTime;
        action();
        return cycles / (Environment.CpuUsage.TotalTime - start).TotalSeconds;
    }
}
