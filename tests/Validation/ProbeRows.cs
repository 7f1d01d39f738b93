using System.Globalization;
using HybridEmu.Chip;

namespace HybridEmu.Validation.Tests;

/// <summary>Firmware that isolates single rules, against their closed forms: one row a unit.</summary>
internal static class ProbeRows
{
    private static readonly string[] s_chips = ["hybrid", "tiny", "datacenter"];

    public static IEnumerable<ValidationRow> Measure()
    {
        foreach (IGrouping<string, ProbedPoint> unit in s_chips.SelectMany(c => RuleProbes.Measure(c)).GroupBy(p => p.Probe.Unit))
        {
            string rules = string.Join(", ", unit.SelectMany(p => p.Probe.Rules.Split(", ")).Distinct().OrderBy(r => r.Split('-')[0], StringComparer.Ordinal).ThenBy(r => int.Parse(r.Split('-')[1], CultureInfo.InvariantCulture)));
            long worst = unit.Max(p => Math.Abs(p.Difference));
            yield return new(
                $"{unit.Key}, single rules",
                string.Create(CultureInfo.InvariantCulture, $"closed forms of {rules}: firmware on {string.Join(", ", s_chips.Select(c => $"`{c}`"))}, {unit.Count()} points"),
                $"{worst} cycles",
                ValidationRow.Here);
        }
    }
}
