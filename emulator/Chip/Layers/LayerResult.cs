namespace HybridEmu.Chip;

/// <summary>What a chip measured of one layer, or of several.</summary>
/// <param name="Name">The layer's.</param>
/// <param name="Cycles">
/// From reset to the end of the firmware; where folds ran one after another, those at which the array's wavefronts moved.
/// </param>
/// <param name="SetupCycles">Those outside the layer itself: the firmware begins, finds the chip's sizes and ends. 0 where folds ran one after another.</param>
/// <param name="Macs">Useful multiply-accumulates.</param>
/// <param name="UsedPeCycles">PE cycles that they took.</param>
/// <param name="PeCycles">PEs, times the cycles.</param>
/// <param name="MappedPeCycles">PEs of an array, times the operand rows that went through it.</param>
/// <param name="Folds">Loads of the whole array that rows ran through.</param>
/// <param name="Stalls">Cycles of queue MX by cause, summed over tiles.</param>
/// <param name="Hbm">Bytes by memory, and likewise the others.</param>
/// <param name="Picojoules">Energy of the whole chip, leakage included.</param>
public sealed record LayerMeasures(
    string Name,
    long Cycles,
    long SetupCycles,
    long Macs,
    long UsedPeCycles,
    long PeCycles,
    long MappedPeCycles,
    long Folds,
    IReadOnlyList<NamedCount> Stalls,
    TrafficStatistics Hbm,
    TrafficStatistics Scratchpad,
    TrafficStatistics Accumulators,
    double Picojoules)
{
    /// <summary>Useful work of all that the PEs could have done.</summary>
    public double UtilisationPercent => PeCycles > 0 ? 100.0 * UsedPeCycles / PeCycles : 0;

    /// <summary>Useful PEs of those that rows went through: what the array's sides leave of the layer's.</summary>
    public double MappingPercent => MappedPeCycles > 0 ? 100.0 * UsedPeCycles / MappedPeCycles : 0;

    /// <summary>All together.</summary>
    public static LayerMeasures Sum(string name, IReadOnlyList<LayerMeasures> layers)
    {
        TrafficStatistics Add(Func<LayerMeasures, TrafficStatistics> of) => Total(of(layers[0]).Name, layers.Select(of));
        return new(
            name,
            layers.Sum(l => l.Cycles),
            layers.Sum(l => l.SetupCycles),
            layers.Sum(l => l.Macs),
            layers.Sum(l => l.UsedPeCycles),
            layers.Sum(l => l.PeCycles),
            layers.Sum(l => l.MappedPeCycles),
            layers.Sum(l => l.Folds),
            [.. layers.SelectMany(l => l.Stalls).GroupBy(s => s.Name).Select(g => new NamedCount(g.Key, g.Sum(s => s.Count)))],
            Add(l => l.Hbm),
            Add(l => l.Scratchpad),
            Add(l => l.Accumulators),
            layers.Sum(l => l.Picojoules));
    }

    internal static TrafficStatistics Total(string name, IEnumerable<TrafficStatistics> parts) =>
        new(name, parts.Sum(p => p.ReadBytes), parts.Sum(p => p.WriteBytes));
}

/// <summary>A layer that ran, and all that its run has to say.</summary>
/// <param name="Layer">What ran.</param>
/// <param name="Configuration">On what.</param>
/// <param name="Separate">Folds one after another.</param>
/// <param name="Statistics">Of the whole run.</param>
public sealed record LayerResult(Layer Layer, ChipConfiguration Configuration, bool Separate, ChipStatistics Statistics)
{
    private const string ForwardPhase = "forward";
    private const string MatrixUnit = "matrix";

    /// <summary>Array cycles of folds one after another.</summary>
    public long WavefrontCycles => Statistics.Arrays.Sum(a => a.WavefrontCycles);

    public LayerMeasures Measures
    {
        get
        {
            ChipStatistics s = Statistics;
            long elements = (long)Configuration.Array.Rows * Configuration.Array.Columns;
            long cycles = Separate ? WavefrontCycles : s.Cycles;
            long forward = s.Phases.Where(p => p.Name == ForwardPhase).Sum(p => p.Count);
            TrafficStatistics Traffic(string memory) => LayerMeasures.Total(memory, s.Traffic.Where(t => UnitGroups.WithoutTile(t.Name) == memory));
            return new LayerMeasures(
                Layer.Name,
                cycles,
                Separate ? 0 : s.Cycles - forward,
                s.Macs.Macs,
                s.Macs.UsedPeCycles,
                cycles * elements * (Separate ? 1 : Configuration.Tiles),
                s.Arrays.Sum(a => a.Rows) * elements,
                s.Arrays.Sum(a => a.Folds),
                [
                    .. s.Units.Where(u => UnitGroups.WithoutTile(u.Name) == MatrixUnit).SelectMany(u => u.Causes)
                        .GroupBy(c => c.Name).Select(g => new NamedCount(g.Key, g.Sum(c => c.Count))),
                ],
                new TrafficStatistics("HBM", s.Hbm.ReadBytes, s.Hbm.WriteBytes),
                Traffic("scratchpad"),
                Traffic("accumulators"),
                s.TotalPicojoules);
        }
    }
}
