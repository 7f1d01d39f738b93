namespace HybridEmu.Chip;

/// <summary>A network that ran, and what its array's cycles went into.</summary>
/// <param name="Batch">Images, or rows of a product: every weight meets all of them at once.</param>
/// <param name="Tiles">Of weights.</param>
/// <param name="FetchedTiles">One again for each pass over the accumulators' slots.</param>
/// <param name="Wide">Activations of 16 bits.</param>
/// <param name="Breakdown">Cycles from the first descriptor to the last result in memory.</param>
/// <param name="Statistics">Of the whole run.</param>
public sealed record NetworkResult(
    ChipConfiguration Configuration, IReadOnlyList<Layer> Layers, int Batch, int Tiles, int FetchedTiles, bool Wide, int Vectors, MatrixBreakdown Breakdown, ChipStatistics Statistics)
{
    /// <summary>Multiply-accumulates of the layers as they are: with those of an image's own padding, without what tiles and runs are padded with.</summary>
    public long Macs => Layers.Sum(l => l.Image is null ? l.Macs : l.Macs * Batch);

    /// <summary>Of all layers, without padding.</summary>
    public long Weights => Layers.Sum(l => (long)l.K * l.N);

    /// <summary>10^12 operations a second, two a multiply-accumulate.</summary>
    public double TeraOperations => 2.0 * Macs * Configuration.Core.ClockMegahertz / Math.Max(1, Breakdown.Cycles) / 1e6;

    /// <summary>Multiply-accumulates for each byte of weights: the roofline's abscissa in the paper.</summary>
    public double Intensity => Macs / (double)Weights;

    /// <summary>The roof at that intensity: of the arithmetic, which 16-bit activations halve, or of the memory.</summary>
    public double RoofTeraOperations => Math.Min(
        2.0 * Configuration.Array.Rows * Configuration.Array.Columns * Configuration.Core.ClockMegahertz / (Wide ? 2e6 : 1e6),
        2.0 * Intensity * Configuration.PeakHbmBytesPerSecond / 1e12);

    /// <summary>Of the roof.</summary>
    public double AchievedPercent => 100 * TeraOperations / RoofTeraOperations;
}
