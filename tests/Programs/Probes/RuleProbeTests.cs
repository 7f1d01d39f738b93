using System.Text.RegularExpressions;
using HybridEmu.Chip;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>Firmware that isolates one rule of TIMING.md by a size or a distance, on whole chips: cycles meet the closed form exactly.</summary>
public sealed partial class RuleProbeTests(ITestOutputHelper output)
{
    private static readonly string[] s_units = ["control", "caches and fabric", "dispatch", "array", "vector", "scratchpad", "load", "store", "HBM", "clocks and heat"];

    [Theory]
    [InlineData("hybrid")]
    [InlineData("tiny")]
    [InlineData("hybrid", "vector.lanes=32")]
    [InlineData("datacenter")]
    [InlineData("tiny", "array.rows=5", "array.columns=11", "array.accumulator_latency=7 cycles", "dispatch.queue_depth=5", "core.store_buffer=3")]
    [InlineData("hybrid", "vector.lanes=4", "scratchpad.bank_width=16 B", "scratchpad.banks=32", "hbm.timing.cl=20 cycles", "hbm.timing.cwl=9 cycles", "hbm.timing.rp=20 cycles", "hbm.timing.rrds=7 cycles", "hbm.timing.rrdl=8 cycles")]
    public void Firmware_measures_what_the_closed_form_of_each_rule_says(string config, params string[] overrides)
    {
        IReadOnlyList<ProbedPoint> points = RuleProbes.Measure(config, overrides);
        foreach (IGrouping<RuleProbe, ProbedPoint> probe in points.GroupBy(p => p.Probe))
        {
            output.WriteLine($"{probe.Key.Unit}, {probe.Key.Rules}: {probe.Key.Form}");
            output.WriteLine("    " + string.Join("; ", probe.Select(p => $"{p.At}: {p.Measured}")));
        }

        Assert.All(points, p => Assert.True(p.Difference == 0, $"{p.Probe.Unit}, {p.Probe.Rules}, {p.Probe.Form}; {p.At}: {p.Measured} cycles instead of {p.Expected}"));
        Assert.Equal(s_units.Order(), points.Select(p => p.Probe.Unit).Distinct().Order());
        Assert.All(points.GroupBy(p => p.Probe.Unit), unit => Assert.True(unit.Select(p => p.Measured).Distinct().Count() > 1, unit.Key));
    }

    [Fact]
    public void Every_rule_that_a_probe_names_is_in_TIMING()
    {
        string timing = File.ReadAllText(Path.Combine(Firmware.Root, "TIMING.md"));
        foreach (string rules in RuleProbes.Measure("tiny").Select(p => p.Probe.Rules).Distinct())
        {
            Assert.NotEmpty(Rule().Matches(rules));
            Assert.All(Rule().Matches(rules).Select(m => m.Value), rule => Assert.Contains($"- {rule} ", timing, StringComparison.Ordinal));
        }
    }

    [GeneratedRegex("[A-Z]+-[0-9]+")]
    private static partial Regex Rule();
}
