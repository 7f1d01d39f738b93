namespace HybridEmu.Units;

/// <summary>
/// Package and material of HotSpot's block model, SI units. The defaults are a server: a 60 mm forced-air sink with
/// 0.1 K/W (HotSpot's example values, as the oracle's server.config has them).
/// </summary>
public sealed record ThermalConfig
{
    /// <summary>Die: thickness in m, conductivity in W/(m K), volumetric heat capacity in J/(m^3 K).</summary>
    public double ChipThickness { get; init; } = 150e-6;

    public double ChipConductivity { get; init; } = 130;

    public double ChipHeatCapacity { get; init; } = 1.6303e6;

    /// <summary>Thermal interface material.</summary>
    public double InterfaceThickness { get; init; } = 20e-6;

    public double InterfaceConductivity { get; init; } = 4;

    public double InterfaceHeatCapacity { get; init; } = 4e6;

    /// <summary>Heat spreader: side of the square in m.</summary>
    public double SpreaderSide { get; init; } = 0.03;

    public double SpreaderThickness { get; init; } = 1e-3;

    public double SpreaderConductivity { get; init; } = 400;

    public double SpreaderHeatCapacity { get; init; } = 3.55e6;

    /// <summary>Heat sink: side of the square in m.</summary>
    public double SinkSide { get; init; } = 0.06;

    public double SinkThickness { get; init; } = 6.9e-3;

    public double SinkConductivity { get; init; } = 400;

    public double SinkHeatCapacity { get; init; } = 3.55e6;

    /// <summary>Sink to air, K/W, and the capacity HotSpot gives the air at the sink, J/K.</summary>
    public double ConvectionResistance { get; init; } = 0.1;

    public double ConvectionCapacity { get; init; } = 140.4;

    public double AmbientKelvin { get; init; } = 318.15;

    /// <summary>Temperature of every node at reset; null is ambient.</summary>
    public double? InitialKelvin { get; init; }

    /// <summary>
    /// HotSpot's C_FACTOR: it multiplies every heat capacity by 0.333 to match distributed heating with one node a layer.
    /// 1 is the plain physics of lumped capacities.
    /// </summary>
    public double CapacityFactor { get; init; } = 0.333;

    /// <summary>A passively cooled edge module: the oracle's edge.config.</summary>
    public static ThermalConfig Edge => new()
    {
        SpreaderSide = 0.02,
        SinkSide = 0.03,
        SinkThickness = 4e-3,
        ConvectionResistance = 2.5,
        ConvectionCapacity = 20,
        AmbientKelvin = 313.15,
    };
}
