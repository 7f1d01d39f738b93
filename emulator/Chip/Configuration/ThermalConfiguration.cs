using System.Globalization;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>Heat: package, floorplan, sensor and trip point. Temperatures in degrees Celsius, times in picoseconds.</summary>
/// <param name="SampleIntervalPs">Emulated time between two samples of power.</param>
/// <param name="TimeScale">Seconds of heat a second of emulated time stands for.</param>
/// <param name="CapacitanceFactor">Factor on every lumped heat capacity; HotSpot has 0.333.</param>
/// <param name="LeakageExponent">Leakage grows by exp(this * kelvin).</param>
public sealed record ThermalConfiguration(
    long SampleIntervalPs,
    double TimeScale,
    double Ambient,
    double Initial,
    double Trip,
    double Release,
    double Critical,
    double SensorStep,
    double SensorOffset,
    double SensorNoise,
    long SensorConversionPs,
    double CapacitanceFactor,
    double LeakageExponent,
    PackageConfiguration Package,
    IReadOnlyList<FloorplanBlock> Floorplan)
{
    /// <summary>The block that takes the power of a tile's unit: tile0.array, else array. -1 when there is none.</summary>
    public int BlockOf(int tile, string unit)
    {
        string own = string.Create(CultureInfo.InvariantCulture, $"tile{tile}.{unit}");
        int shared = -1;
        for (int i = 0; i < Floorplan.Count; i++)
        {
            if (Floorplan[i].Name == own)
                return i;
            if (Floorplan[i].Name == unit)
                shared = i;
        }

        return shared;
    }

    internal static ThermalConfiguration From(ConfigurationValues v) => new(
        SampleIntervalPs: v.Long("thermal.sample_interval"),
        TimeScale: v.Real("thermal.time_scale"),
        Ambient: v.Real("thermal.ambient"),
        Initial: v.Real("thermal.initial"),
        Trip: v.Real("thermal.trip"),
        Release: v.Real("thermal.release"),
        Critical: v.Real("thermal.critical"),
        SensorStep: v.Real("thermal.sensor_step"),
        SensorOffset: v.Real("thermal.sensor_offset"),
        SensorNoise: v.Real("thermal.sensor_noise"),
        SensorConversionPs: v.Long("thermal.sensor_conversion"),
        CapacitanceFactor: v.Real("thermal.capacitance_factor"),
        LeakageExponent: v.Real("thermal.leakage_exponent"),
        Package: PackageConfiguration.From(v),
        Floorplan: Blocks(v));

    private static List<FloorplanBlock> Blocks(ConfigurationValues v)
    {
        var blocks = new List<FloorplanBlock>();
        for (int i = 0; i < v.Length("thermal.floorplan"); i++)
        {
            string key = string.Create(CultureInfo.InvariantCulture, $"thermal.floorplan[{i}]");
            blocks.Add(new(
                v.Text($"{key}.name"),
                v.Real($"{key}.width") / 1000,
                v.Real($"{key}.height") / 1000,
                v.Real($"{key}.x") / 1000,
                v.Real($"{key}.y") / 1000));
        }

        return blocks;
    }
}

/// <summary>One layer of the package: metres, W/(m K), J/(m3 K). Side 0: as large as the die.</summary>
public sealed record PackageLayer(double Side, double Thickness, double Conductivity, double HeatCapacity);

/// <param name="ConvectionResistance">Sink to ambient, K/W.</param>
/// <param name="ConvectionCapacitance">J/K.</param>
public sealed record PackageConfiguration(
    PackageLayer Chip,
    PackageLayer Interface,
    PackageLayer Spreader,
    PackageLayer Sink,
    double ConvectionResistance,
    double ConvectionCapacitance)
{
    internal static PackageConfiguration From(ConfigurationValues v) => new(
        Layer(v, "chip", 0),
        Layer(v, "interface", 0),
        Layer(v, "spreader", v.Real("thermal.package.spreader_side") / 1000),
        Layer(v, "sink", v.Real("thermal.package.sink_side") / 1000),
        v.Real("thermal.package.convection_resistance"),
        v.Real("thermal.package.convection_capacitance"));

    private static PackageLayer Layer(ConfigurationValues v, string name, double side) => new(
        side,
        v.Real($"thermal.package.{name}_thickness") / 1000,
        v.Real($"thermal.package.{name}_conductivity"),
        v.Real($"thermal.package.{name}_heat_capacity"));
}

/// <summary>
/// Energy of one event, in picojoules, at <paramref name="NominalMegahertz"/>; per byte where it says so. At another clock
/// energies scale with the square of V = Voltage + VoltagePerGigahertz * f.
/// </summary>
/// <param name="Fabric">A byte over one hop.</param>
/// <param name="HbmStandbyActive">mW of a channel with an open row, whatever it does besides; as the three that follow.</param>
/// <param name="Leakage">W per square metre at <paramref name="LeakageAt"/> degrees Celsius.</param>
public sealed record EnergyConfiguration(
    double MacBf16,
    double MacInt8,
    double MacInt4,
    double MacFp32,
    double OperationFp32,
    double ScratchpadByte,
    double AccumulatorByte,
    double L1Byte,
    double Instruction,
    double Fabric,
    double HbmActivate,
    double HbmByte,
    double PcieByte,
    double HbmRefresh,
    double HbmStandbyActive,
    double HbmStandbyPrecharged,
    double HbmPowerDown,
    double HbmSelfRefresh,
    double Leakage,
    double LeakageAt,
    double Voltage,
    double VoltagePerGigahertz,
    int NominalMegahertz)
{
    /// <summary>Factor on dynamic energies at a clock, by the square of the voltage it needs.</summary>
    public double VoltageFactor(int megahertz)
    {
        double ratio = (Voltage + (VoltagePerGigahertz * megahertz / 1000.0)) / (Voltage + (VoltagePerGigahertz * NominalMegahertz / 1000.0));
        return ratio * ratio;
    }

    internal static EnergyConfiguration From(ConfigurationValues v) => new(
        MacBf16: v.Real("energy.mac_bf16"),
        MacInt8: v.Real("energy.mac_int8"),
        MacInt4: v.Real("energy.mac_int4"),
        MacFp32: v.Real("energy.mac_fp32"),
        OperationFp32: v.Real("energy.operation_fp32"),
        ScratchpadByte: v.Real("energy.scratchpad"),
        AccumulatorByte: v.Real("energy.accumulators"),
        L1Byte: v.Real("energy.l1"),
        Instruction: v.Real("energy.instruction"),
        Fabric: v.Real("energy.fabric"),
        HbmActivate: v.Real("energy.hbm_activate"),
        HbmByte: v.Real("energy.hbm_transfer"),
        PcieByte: v.Real("energy.pcie_transfer"),
        HbmRefresh: v.Real("energy.hbm_refresh"),
        HbmStandbyActive: v.Real("energy.hbm_standby_active"),
        HbmStandbyPrecharged: v.Real("energy.hbm_standby_precharged"),
        HbmPowerDown: v.Real("energy.hbm_power_down"),
        HbmSelfRefresh: v.Real("energy.hbm_self_refresh"),
        Leakage: v.Real("energy.leakage") * 1000,
        LeakageAt: v.Real("energy.leakage_at"),
        Voltage: v.Real("energy.voltage"),
        VoltagePerGigahertz: v.Real("energy.voltage_per_gigahertz"),
        NominalMegahertz: v.Integer("energy.nominal_clock"));
}
