using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>Every key there is. A key that is not here is an error; a key that is here is read by <see cref="ChipConfiguration"/>.</summary>
internal static class ConfigurationSchema
{
    private const decimal KiB = 1024, MiB = 1024 * KiB, GiB = 1024 * MiB;

    public static readonly ConfigurationKey[] Keys =
    [
        new("tiles", Quantity.Count, 1, 16),
        new("seed", Quantity.Count, 0, ulong.MaxValue),
        new("training", Quantity.Choice) { Choices = ["off", "on"] },
        new("array.rows", Quantity.Count, 1, MatrixConfig.MaximumSide),
        new("array.columns", Quantity.Count, 1, MatrixConfig.MaximumSide),
        new("array.accumulator_latency", Quantity.Cycles, 1, 16),
        new("array.int8_packing", Quantity.Choice) { Choices = ["1", "4"] },
        new("array.int4_packing", Quantity.Choice) { Choices = ["1", "8"] },
        new("array.accumulate", Quantity.Choice) { Choices = ["top", "bottom"] },
        new("scratchpad.bytes", Quantity.Bytes, 64 * KiB, 256 * MiB) { PowerOfTwo = true },
        new("scratchpad.banks", Quantity.Count, 1, 64) { PowerOfTwo = true },
        new("scratchpad.bank_width", Quantity.Bytes, 4, 64) { PowerOfTwo = true },
        new("scratchpad.ports", Quantity.Choice) { Choices = ["single", "dual"] },
        new("scratchpad.priority", Quantity.Choice) { Choices = ["compute-first", "dma-first"] },
        new("scratchpad.conflicts", Quantity.Choice) { Choices = ["stall", "error"] },
        new("scratchpad.ecc", Quantity.Choice) { Choices = ["off", "secded"] },
        new("scratchpad.scrub", Quantity.Cycles, 0, 1_000_000),
        new("accumulators.bytes", Quantity.Bytes, 64 * KiB, 64 * MiB) { PowerOfTwo = true },
        new("accumulators.ports", Quantity.Choice) { Choices = ["single", "dual"] },
        new("vector.lanes", Quantity.Count, 4, 256) { PowerOfTwo = true },
        new("core.clock", Quantity.Frequency, 1, 10_000),
        new("core.l1i_bytes", Quantity.Bytes, 256, MiB) { PowerOfTwo = true },
        new("core.l1d_bytes", Quantity.Bytes, 256, MiB) { PowerOfTwo = true },
        new("core.store_buffer", Quantity.Count, 1, 8),
        new("dispatch.queue_depth", Quantity.Count, 1, 32),
        new("fabric.wide_outstanding", Quantity.Count, 2, 64),
        new("fabric.load_ports", Quantity.Count, 1, 4) { PowerOfTwo = true },
        new("fabric.buffer_depth", Quantity.Count, 1, 64),
        new("fabric.streaming_base", Quantity.Bytes, 64 * KiB, 2 * GiB),
        new("hbm.standard", Quantity.Choice) { Choices = ["HBM2", "HBM2E", "HBM3", "DDR3"] },
        new("hbm.clock", Quantity.Frequency, 1, 10_000),
        new("hbm.channels", Quantity.Count, 1, 16) { PowerOfTwo = true },
        new("hbm.capacity", Quantity.Bytes, 32 * MiB, 256 * GiB) { PowerOfTwo = true },
        new("hbm.map", Quantity.Name),
        new("hbm.bank_xor", Quantity.Choice) { Choices = ["off", "row"] },
        new("hbm.scheduler", Quantity.Choice) { Choices = ["fcfs", "fr-fcfs", "fr-fcfs-grouped"] },
        new("hbm.queue_of", Quantity.Choice) { Choices = ["pseudo-channel", "kind", "bank"] },
        new("hbm.queue", Quantity.Count, 1, 256),
        new("hbm.write_high", Quantity.Count, 1, 4096),
        new("hbm.write_low", Quantity.Count, 0, 4096),
        new("hbm.responses", Quantity.Count, 1, 256),
        new("hbm.starvation", Quantity.Cycles, 1, 1_000_000),
        new("hbm.page", Quantity.Choice) { Choices = ["open", "closed", "adaptive"] },
        new("hbm.refresh", Quantity.Choice) { Choices = ["off", "all-bank", "per-bank"] },
        new("hbm.postpone", Quantity.Count, 0, 8),
        new("hbm.refresh_rate", Quantity.Choice) { Choices = ["1", "2", "4"] },
        new("hbm.refresh_follows_heat", Quantity.Choice) { Choices = ["off", "on"] },
        new("hbm.refresh_hot", Quantity.Temperature, -100, 300),
        new("hbm.refresh_very_hot", Quantity.Temperature, -100, 300),
        new("hbm.ecc", Quantity.Choice) { Choices = ["off", "secded"] },
        new("hbm.power_down", Quantity.Cycles, 0, 1_000_000_000),
        new("hbm.self_refresh", Quantity.Cycles, 0, 1_000_000_000),
        .. Timing("bl", "cl", "cwl", "rcdrd", "rcdwr", "rp", "ras", "rc", "rrds", "rrdl", "faw", "ccds", "ccdl", "wtrs", "wtrl", "rtp", "wr", "rtw", "rfc", "rfcpb", "rrefd", "xp", "cke", "xs"),
        new("hbm.timing.refi", Quantity.Cycles, 1, 1_000_000),
        new("hbm.timing.refipb", Quantity.Cycles, 1, 1_000_000),
        new("pcie.memory", Quantity.Bytes, 0, 1024 * GiB),
        new("pcie.bandwidth", Quantity.Bandwidth, 1, 1_000_000),
        new("pcie.latency", Quantity.Time, 0, 1_000_000_000),
        new("pcie.payload", Quantity.Bytes, 64, 512) { PowerOfTwo = true },
        new("pcie.overhead", Quantity.Bytes, 0, 64),
        new("pcie.transactions", Quantity.Count, 1, 64),
        new("system.clock", Quantity.Frequency, 1, 10_000),
        new("thermal.sample_interval", Quantity.Time, 100_000, 1_000_000_000_000),
        new("thermal.time_scale", Quantity.Ratio, 1, 1_000_000_000),
        new("thermal.ambient", Quantity.Temperature, -100, 200),
        new("thermal.initial", Quantity.Temperature, -100, 200),
        new("thermal.trip", Quantity.Temperature, -100, 300),
        new("thermal.release", Quantity.Temperature, -100, 300),
        new("thermal.critical", Quantity.Temperature, -100, 300),
        new("thermal.sensor_step", Quantity.Temperature, 0.01m, 10),
        new("thermal.sensor_offset", Quantity.Temperature, -20, 20),
        new("thermal.sensor_noise", Quantity.Temperature, 0, 20),
        new("thermal.sensor_conversion", Quantity.Time, 100_000, 1_000_000_000_000),
        new("thermal.capacitance_factor", Quantity.Ratio, 0.01m, 10),
        new("thermal.leakage_exponent", Quantity.PerKelvin, 0, 1),
        new("thermal.package.chip_thickness", Quantity.Length, 0.001m, 100),
        new("thermal.package.chip_conductivity", Quantity.Conductivity, 0.01m, 10_000),
        new("thermal.package.chip_heat_capacity", Quantity.HeatCapacity, 1000, 100_000_000),
        new("thermal.package.interface_thickness", Quantity.Length, 0.001m, 100),
        new("thermal.package.interface_conductivity", Quantity.Conductivity, 0.01m, 10_000),
        new("thermal.package.interface_heat_capacity", Quantity.HeatCapacity, 1000, 100_000_000),
        new("thermal.package.spreader_side", Quantity.Length, 0.1m, 1000),
        new("thermal.package.spreader_thickness", Quantity.Length, 0.001m, 1000),
        new("thermal.package.spreader_conductivity", Quantity.Conductivity, 0.01m, 10_000),
        new("thermal.package.spreader_heat_capacity", Quantity.HeatCapacity, 1000, 100_000_000),
        new("thermal.package.sink_side", Quantity.Length, 0.1m, 1000),
        new("thermal.package.sink_thickness", Quantity.Length, 0.001m, 1000),
        new("thermal.package.sink_conductivity", Quantity.Conductivity, 0.01m, 10_000),
        new("thermal.package.sink_heat_capacity", Quantity.HeatCapacity, 1000, 100_000_000),
        new("thermal.package.convection_resistance", Quantity.Resistance, 0.001m, 1000),
        new("thermal.package.convection_capacitance", Quantity.Capacitance, 0.001m, 100_000),
        new("thermal.floorplan[].name", Quantity.Name),
        new("thermal.floorplan[].width", Quantity.Length, 0.001m, 1000),
        new("thermal.floorplan[].height", Quantity.Length, 0.001m, 1000),
        new("thermal.floorplan[].x", Quantity.Length, 0, 1000),
        new("thermal.floorplan[].y", Quantity.Length, 0, 1000),
        new("energy.mac_bf16", Quantity.Energy, 0, 1_000_000),
        new("energy.mac_int8", Quantity.Energy, 0, 1_000_000),
        new("energy.mac_int4", Quantity.Energy, 0, 1_000_000),
        new("energy.mac_fp32", Quantity.Energy, 0, 1_000_000),
        new("energy.operation_fp32", Quantity.Energy, 0, 1_000_000),
        new("energy.scratchpad", Quantity.EnergyPerByte, 0, 1_000_000),
        new("energy.accumulators", Quantity.EnergyPerByte, 0, 1_000_000),
        new("energy.l1", Quantity.EnergyPerByte, 0, 1_000_000),
        new("energy.instruction", Quantity.Energy, 0, 1_000_000),
        new("energy.fabric", Quantity.EnergyPerByte, 0, 1_000_000),
        new("energy.hbm_activate", Quantity.Energy, 0, 1_000_000_000),
        new("energy.hbm_transfer", Quantity.EnergyPerByte, 0, 1_000_000),
        new("energy.hbm_refresh", Quantity.Energy, 0, 1_000_000_000),
        new("energy.hbm_standby_active", Quantity.Power, 0, 1_000_000),
        new("energy.hbm_standby_precharged", Quantity.Power, 0, 1_000_000),
        new("energy.hbm_power_down", Quantity.Power, 0, 1_000_000),
        new("energy.hbm_self_refresh", Quantity.Power, 0, 1_000_000),
        new("energy.pcie_transfer", Quantity.EnergyPerByte, 0, 1_000_000),
        new("energy.leakage", Quantity.PowerDensity, 0, 100_000),
        new("energy.leakage_at", Quantity.Temperature, -100, 300),
        new("energy.voltage", Quantity.Voltage, 0, 10),
        new("energy.voltage_per_gigahertz", Quantity.Voltage, 0, 10),
        new("energy.nominal_clock", Quantity.Frequency, 1, 10_000),
        .. Area("register_bit", "pe_bf16", "pe_int8", "pe_int4", "vector_lane", "gradient_lane", "loss_lane", "optimizer_lane", "control_core", "engine", "fabric_port", "home", "hbm_phy", "host", "pcie_phy"),
        new("area.sram", Quantity.AreaPerKibibyte, 0, 1_000_000),
        new("area.sram_dual", Quantity.AreaPerKibibyte, 0, 1_000_000),
        new("checks.races", Quantity.Choice) { Choices = ["off", "on"] },
    ];

    /// <summary>The key of that name, an index in it standing for any, or null.</summary>
    public static ConfigurationKey? Find(string name)
    {
        string general = WithoutIndices(name);
        return Array.Find(Keys, k => k.Name == general);
    }

    /// <summary>thermal.floorplan[3].x becomes thermal.floorplan[].x.</summary>
    public static string WithoutIndices(string name)
    {
        int open = name.IndexOf('[', StringComparison.Ordinal);
        int close = name.IndexOf(']', StringComparison.Ordinal);
        return open < 0 || close < open ? name : name[..(open + 1)] + name[close..];
    }

    private static IEnumerable<ConfigurationKey> Area(params string[] names) =>
        names.Select(n => new ConfigurationKey("area." + n, Quantity.Area, 0, 1_000_000_000));

    private static IEnumerable<ConfigurationKey> Timing(params string[] names) =>
        names.Select(n => new ConfigurationKey("hbm.timing." + n, Quantity.Cycles, 1, 10_000));
}
