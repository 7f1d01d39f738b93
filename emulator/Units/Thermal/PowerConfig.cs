namespace HybridEmu.Units;

/// <summary>What draws power in one block of the floorplan.</summary>
/// <param name="Block">Name of the block in the floorplan.</param>
/// <param name="Picojoules">Energy of the block's events since reset; grows or stays. Read at samples only.</param>
/// <param name="LeakageWatts">Leakage at <see cref="PowerConfig.LeakageReferenceCelsius"/>.</param>
/// <param name="StaticWatts">Power that depends neither on events nor on heat, such as DRAM standby.</param>
public sealed record PowerSource(string Block, Func<double> Picojoules, double LeakageWatts, double StaticWatts = 0);

/// <summary>A temperature sensor.</summary>
/// <param name="Tile">Tile whose firmware reads it.</param>
/// <param name="Block">Block of the floorplan that it sits in.</param>
public sealed record SensorPlace(int Tile, string Block);

/// <summary>Sampling, sensors and thresholds.</summary>
public sealed record PowerConfig
{
    /// <summary>Cycles of the system clock between samples.</summary>
    public int SampleCycles { get; init; } = 10_000;

    /// <summary>
    /// Seconds of heat flow for each second of emulated time. Runs last milliseconds and heat takes seconds, so anything but
    /// 1 must be reported with the results. Energy is emulated energy and is not scaled.
    /// </summary>
    public double ThermalTimeScale { get; init; } = 1;

    /// <summary>Leakage doubles for each 19 K: HotSpot's beta of 0.036/K.</summary>
    public double LeakageDoublingKelvin { get; init; } = 19;

    public double LeakageReferenceCelsius { get; init; } = 45;

    /// <summary>Time between conversions of a sensor, in thermal (scaled) time.</summary>
    public double ConversionSeconds { get; init; } = 64e-6;

    /// <summary>Step of a sensor in kelvin; a multiple of the quarter degree that CSR hxtemp counts in.</summary>
    public double SensorStep { get; init; } = 0.25;

    /// <summary>Fixed offset of every sensor in kelvin; real ones are within 2 K.</summary>
    public double SensorOffset { get; init; }

    /// <summary>Standard deviation of a conversion in kelvin; 0.25 is typical, 0 is a perfect sensor.</summary>
    public double SensorNoise { get; init; }

    /// <summary>Seed of the sensor noise.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>A sensor at or above this halves the core clock.</summary>
    public double TripCelsius { get; init; } = 85;

    /// <summary>All sensors below this give the full clock back.</summary>
    public double ReleaseCelsius { get; init; } = 82;

    /// <summary>A sensor at or above this sets the sticky critical bit.</summary>
    public double CriticalCelsius { get; init; } = 105;

    /// <summary>Whether a trip halves the clock; off, trips are only counted.</summary>
    public bool Throttle { get; init; } = true;
}
