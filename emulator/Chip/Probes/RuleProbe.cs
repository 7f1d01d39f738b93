namespace HybridEmu.Chip;

/// <summary>What a firmware program isolates: one rule of TIMING.md, by a size or a distance.</summary>
/// <param name="Unit">control, dispatch, load, store, scratchpad, array, vector, caches and fabric, HBM, clocks.</param>
/// <param name="Rules">Their numbers: MX-5.</param>
/// <param name="Form">The closed form that the cycles must meet.</param>
public sealed record RuleProbe(string Unit, string Rules, string Form);

/// <summary>One point of a probe's form, as it should be and as firmware measured it with mcycle.</summary>
/// <param name="At">The size or distance.</param>
/// <param name="Expected">Core cycles by the closed form.</param>
/// <param name="Measured">Core cycles of the chip.</param>
public sealed record ProbedPoint(RuleProbe Probe, string At, long Expected, long Measured)
{
    public long Difference => Measured - Expected;
}
