namespace HybridEmu.Chip;

/// <summary>Runs the single-feature probes of every unit on a chip.</summary>
public static class RuleProbes
{
    /// <summary>What is set for all of them: see <see cref="ProbeBench"/>.</summary>
    private const string NoRefresh = "hbm.refresh=off";

    /// <summary>A die so hot that the clock is halved at the first sample.</summary>
    private static readonly string[] s_hot = ["thermal.ambient=95 C", "thermal.initial=95 C"];

    /// <summary>Every point of every probe, measured now.</summary>
    /// <param name="nameOrFile">Name of a preset or path of a YAML file.</param>
    /// <param name="overrides">Each key=value.</param>
    public static IReadOnlyList<ProbedPoint> Measure(string nameOrFile, params string[] overrides)
    {
        var bench = new ProbeBench(ConfigurationLoader.Load(nameOrFile, [NoRefresh, .. overrides]));
        ControlProbes.Add(bench);
        CacheProbes.Add(bench);
        DispatchProbes.Add(bench);
        ArrayProbes.Add(bench);
        VectorProbes.Add(bench);
        MemoryProbes.Add(bench);
        ClockProbes.Add(bench);
        var hot = new ProbeBench(ConfigurationLoader.Load(nameOrFile, [NoRefresh, .. s_hot, .. overrides]));
        ClockProbes.AddThrottled(hot);
        return [.. bench.Run(), .. hot.Run()];
    }
}
