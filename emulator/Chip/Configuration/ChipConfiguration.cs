using System.Globalization;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>A chip to build: what presets, user files and overrides say, checked. See <see cref="ConfigurationLoader"/>.</summary>
/// <param name="Name">The preset or file it was asked for by.</param>
public sealed record ChipConfiguration(
    string Name,
    int Tiles,
    ulong Seed,
    ArrayConfiguration Array,
    ScratchpadConfiguration Scratchpad,
    AccumulatorConfiguration Accumulators,
    VectorConfiguration Vector,
    CoreConfiguration Core,
    DispatchConfiguration Dispatch,
    FabricConfiguration Fabric,
    HbmConfiguration Hbm,
    PcieConfiguration Pcie,
    SystemConfiguration System,
    ThermalConfiguration Thermal,
    EnergyConfiguration Energy,
    AreaConfiguration Area,
    ChecksConfiguration Checks)
{
    /// <summary>Every key with its value, in the schema's order, then the blocks of the floorplan.</summary>
    public IReadOnlyList<ConfigurationSetting> Settings { get; init; } = [];

    /// <summary>Bits of hxfeatures that name something only training needs: transposed operands, derivatives, losses, optimizers.</summary>
    private const uint TrainingFeatures = 0x8F;

    /// <summary>Transposers, derivatives, losses and optimizers are there; without them a chip only infers.</summary>
    public bool Training { get; init; } = true;

    /// <summary>hxfeatures.</summary>
    public uint Features => Training ? DescriptorTable.AllFeatures : DescriptorTable.AllFeatures & ~TrainingFeatures;

    /// <summary>Harts see memory alone; see <see cref="ControlConfig.Bare"/>. For RVFI-DII; no key sets it.</summary>
    public bool BareHarts { get; init; }

    /// <summary>PEs of all tiles: bf16 multiply-accumulates a core cycle when every one works.</summary>
    public long ProcessingElements => (long)Tiles * Array.Rows * Array.Columns;

    /// <summary>Peak HBM bandwidth in bytes a second.</summary>
    public double PeakHbmBytesPerSecond => Hbm.PeakBytesPerSecond;

    private static List<ConfigurationSetting> SettingsOf(ConfigurationValues v)
    {
        List<ConfigurationSetting> settings = [.. ConfigurationSchema.Keys.Where(k => !k.IsOfList).Select(k => new ConfigurationSetting(k.Name, v.Canonical(k.Name)))];
        for (int i = 0; i < v.Length("thermal.floorplan"); i++)
        {
            string Of(string field) => v.Canonical(string.Create(CultureInfo.InvariantCulture, $"thermal.floorplan[{i}].{field}"));
            settings.Add(new($"thermal.floorplan.{Of("name")}", $"{Of("width")} x {Of("height")} at {Of("x")}, {Of("y")}"));
        }

        return settings;
    }

    internal static ChipConfiguration From(string name, ConfigurationValues v) => new(
        name,
        v.Integer("tiles"),
        v.Unsigned("seed"),
        new(
            v.Integer("array.rows"),
            v.Integer("array.columns"),
            v.Integer("array.accumulator_latency"),
            v.Integer("array.int8_packing") == 1 ? 4 : 1,
            v.Integer("array.int4_packing") == 1 ? 8 : 1,
            v.Integer("array.accumulate") == 1 ? AccumulatePlace.Bottom : AccumulatePlace.Top),
        new(
            v.Integer("scratchpad.bytes"),
            v.Integer("scratchpad.banks"),
            v.Integer("scratchpad.bank_width"),
            v.Integer("scratchpad.ports") == 1,
            v.Integer("scratchpad.priority") == 1,
            v.Integer("scratchpad.conflicts") == 1,
            v.Integer("scratchpad.ecc") == 1,
            v.Integer("scratchpad.scrub")),
        new(v.Integer("accumulators.bytes"), v.Integer("accumulators.ports") == 0),
        new(v.Integer("vector.lanes")),
        new(v.Integer("core.clock"), v.Integer("core.l1i_bytes"), v.Integer("core.l1d_bytes"), v.Integer("core.store_buffer")),
        new(v.Integer("dispatch.queue_depth")),
        new(
            v.Integer("fabric.wide_outstanding"),
            v.Integer("fabric.load_ports"),
            v.Integer("fabric.buffer_depth"),
            v.Long("fabric.streaming_base")),
        HbmConfiguration.From(v),
        PcieConfiguration.From(v),
        new(v.Integer("system.clock")),
        ThermalConfiguration.From(v),
        EnergyConfiguration.From(v),
        AreaConfiguration.From(v),
        new(v.Integer("checks.races") == 1))
    {
        Training = v.Integer("training") == 1,
        Settings = SettingsOf(v),
    };
}

/// <summary>A key of a configuration and its value in canonical form.</summary>
public sealed record ConfigurationSetting(string Key, string Value);

/// <summary>Systolic array of a tile.</summary>
/// <param name="AccumulatorLatency">Cycles from the write of an accumulator to the first read that sees it.</param>
/// <param name="Int8Packing">int8 products of a PE in a step: 1 or 4.</param>
/// <param name="Int4Packing">int4 products of a PE in a step: 1 or 8.</param>
/// <param name="Accumulate">Where a sum meets what its accumulator holds.</param>
public sealed record ArrayConfiguration(
    int Rows, int Columns, int AccumulatorLatency, int Int8Packing, int Int4Packing, AccumulatePlace Accumulate);

/// <summary>Scratchpad of a tile.</summary>
/// <param name="DualPorted">A bank serves one read and one write a cycle instead of one access.</param>
/// <param name="DmaFirst">Stores and loads go before array and vector unit.</param>
/// <param name="ConflictsFault">A conflict ends the run instead of costing a cycle.</param>
/// <param name="Secded">Every 8 bytes have a check byte.</param>
/// <param name="ScrubCycles">Cycles between two words of the scrubber, or 0.</param>
public sealed record ScratchpadConfiguration(
    int Bytes, int Banks, int BankWidthBytes, bool DualPorted, bool DmaFirst, bool ConflictsFault, bool Secded, int ScrubCycles);

/// <summary>Accumulators of a tile: four slots of a quarter each.</summary>
/// <param name="SinglePorted">A bank serves one access a cycle instead of one read and one write.</param>
public sealed record AccumulatorConfiguration(int Bytes, bool SinglePorted);

public sealed record VectorConfiguration(int Lanes);

/// <summary>Scalar core of a tile, and the clock of everything in the core domain.</summary>
public sealed record CoreConfiguration(int ClockMegahertz, int L1iBytes, int L1dBytes, int StoreBufferEntries);

public sealed record DispatchConfiguration(int QueueDepth);

/// <param name="WideOutstanding">DMA transactions of a tile in flight.</param>
/// <param name="LoadPorts">Wide ports, and scratchpad ports, of a tile's load engine.</param>
/// <param name="BufferDepth">Flits an input buffer holds, which is also its credits.</param>
/// <param name="StreamingBaseBytes">HBM offset from which memory is streaming instead of cacheable.</param>
public sealed record FabricConfiguration(int WideOutstanding, int LoadPorts, int BufferDepth, long StreamingBaseBytes);

/// <summary>Timer, host port and power manager.</summary>
public sealed record SystemConfiguration(int ClockMegahertz);

/// <param name="Races">The happens-before checker is on.</param>
public sealed record ChecksConfiguration(bool Races);
