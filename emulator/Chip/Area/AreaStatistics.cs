namespace HybridEmu.Chip;

/// <summary>So many of one part.</summary>
/// <param name="What">PE bf16, transposer bits ..</param>
/// <param name="Count">How many; of SRAM, KiB.</param>
/// <param name="Each">Square micrometres of one.</param>
/// <param name="Key">The configuration key that <paramref name="Each"/> is.</param>
public sealed record AreaTerm(string What, double Count, double Each, string Key)
{
    private const double SquareMicrometres = 1e6;

    public double SquareMillimetres => Count * Each / SquareMicrometres;
}

/// <summary>Estimated silicon of a unit: nothing but the sum of its terms.</summary>
/// <param name="Unit">array, scratchpad, .. of all tiles together; fabric, hbm_phy, host.</param>
/// <param name="Floorplan">Square millimetres that the thermal floorplan gives these units.</param>
public sealed record AreaOfUnit(string Unit, IReadOnlyList<AreaTerm> Terms, double Floorplan)
{
    public double SquareMillimetres => Terms.Sum(t => t.SquareMillimetres);
}

/// <summary>Estimated silicon of a chip.</summary>
public sealed record AreaStatistics(IReadOnlyList<AreaOfUnit> Units)
{
    public static readonly AreaStatistics None = new([]);

    public double SquareMillimetres => Units.Sum(u => u.SquareMillimetres);

    /// <summary>Of the die that heat is computed for.</summary>
    public double Floorplan => Units.Sum(u => u.Floorplan);
}
