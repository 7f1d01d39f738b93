namespace HybridEmu.Chip;

/// <summary>A count with a name.</summary>
public sealed record NamedCount(string Name, long Count);

/// <summary>Cycles of a unit by cause; they sum to <paramref name="Cycles"/>, with no bucket for a remainder.</summary>
/// <param name="Name">As the breadboard names it: tile0.core.</param>
/// <param name="Clock">The domain whose cycles these are: core, hbm or system.</param>
public sealed record UnitStatistics(string Name, string Clock, long Cycles, IReadOnlyList<NamedCount> Causes);

/// <param name="Macs">Multiply-accumulates done.</param>
/// <param name="UsedPeCycles">PE cycles that they took: a PE does one a cycle, more where its configuration packs int8 or int4, and half of one of 8 by 16 bits.</param>
/// <param name="PeCycles">PEs of all tiles, times the cycles of the run.</param>
public sealed record MacStatistics(long Macs, long UsedPeCycles, long PeCycles)
{
    public double UtilisationPercent => PeCycles > 0 ? 100.0 * UsedPeCycles / PeCycles : 0;
}

/// <summary>What an array did.</summary>
/// <param name="Name">tile0.array.</param>
/// <param name="Cycles">Cycles at which it stepped.</param>
/// <param name="WavefrontCycles">Those of them at which a token or a row entered, or sums were on their way through the PEs.</param>
/// <param name="Folds">Loads of the whole array that rows ran through.</param>
/// <param name="Rows">Operand rows that entered.</param>
/// <param name="WeightRows">Rows of weights that entered.</param>
public sealed record ArrayStatistics(string Name, long Cycles, long WavefrontCycles, long Folds, long Rows, long WeightRows);

/// <summary>Bytes that a memory of a tile gave and took.</summary>
/// <param name="Name">tile0.scratchpad.</param>
public sealed record TrafficStatistics(string Name, long ReadBytes, long WriteBytes);

/// <summary>Cycles in which one requester of a scratchpad waited because another was granted the bank.</summary>
public sealed record ConflictStatistics(string Scratchpad, string Winner, string Waiting, long Cycles);

/// <summary>Cycles in which a requester of a scratchpad waited for a bank, counted at the lowest bank that it lost.</summary>
public sealed record BankConflictStatistics(string Scratchpad, int Bank, string Waiting, long Cycles);

/// <summary>What SECDED found in a scratchpad.</summary>
/// <param name="Corrected">Words that an access found with one wrong bit.</param>
/// <param name="Detected">Words that an access or the scrubber could not correct.</param>
/// <param name="Scrubbed">Words that the scrubber corrected.</param>
/// <param name="ScrubReads">Words that the scrubber looked at.</param>
public sealed record EccStatistics(string Scratchpad, long Corrected, long Detected, long Scrubbed, long ScrubReads);

/// <param name="RowHits">Column accesses to the open row.</param>
/// <param name="RowClosed">Accesses that found their bank closed.</param>
/// <param name="RowConflicts">Accesses that found another row open.</param>
/// <param name="PeakBytesPerSecond">All pseudo-channels together.</param>
/// <param name="EmulatedPs">The time that bandwidth is over.</param>
/// <param name="DataBus">Cycles of all pseudo-channels' data buses: first those of bursts, then those without by what held the bus back.</param>
/// <param name="Standby">Cycles of the command clock in each state, summed over channels.</param>
public sealed record HbmStatistics(
    long ReadBytes,
    long WriteBytes,
    long RowHits,
    long RowClosed,
    long RowConflicts,
    double PeakBytesPerSecond,
    long EmulatedPs,
    IReadOnlyList<NamedCount> Commands,
    IReadOnlyList<NamedCount> DataBus,
    IReadOnlyList<NamedCount> Standby)
{
    /// <summary>Words with a single error, corrected, and with one that could only be detected.</summary>
    public long EccCorrected { get; init; }

    public long EccDetected { get; init; }

    public long Bytes => ReadBytes + WriteBytes;

    /// <summary>10^9 bytes a second of emulated time.</summary>
    public double GigabytesPerSecond => EmulatedPs > 0 ? Bytes * 1000.0 / EmulatedPs : 0;

    /// <summary>"asleep: 40.0 % powered down, 2.0 % in self-refresh", or null for a memory that was always awake.</summary>
    public string? Asleep()
    {
        int[] shares = Percentages.Tenths([.. Standby.Select(s => s.Count)]);
        return Standby.Skip(2).Any(s => s.Count > 0)
            ? $"asleep: {Percentages.Text(shares[2])} % powered down, {Percentages.Text(shares[3])} % in self-refresh"
            : null;
    }

    public double PercentOfPeak => PeakBytesPerSecond > 0 ? 100.0 * GigabytesPerSecond * 1e9 / PeakBytesPerSecond : 0;
}

/// <summary>What a link to a host carried. Packets' overhead counts to what each direction carried, and not to reads and writes.</summary>
/// <param name="ReadBytes">From the host's memory.</param>
/// <param name="OutboundBytes">Chip to host, requests and overhead included.</param>
/// <param name="InboundPercent">Of what that direction could have carried.</param>
public sealed record PcieStatistics(long ReadBytes, long WriteBytes, long OutboundBytes, long InboundBytes, double InboundPercent, double OutboundPercent);

/// <param name="Name">The plane or message class.</param>
public sealed record FabricStatistics(string Name, long Packets, long Flits, long FlitHops);

/// <summary>Energy of a unit in picojoules.</summary>
public sealed record EnergyStatistics(string Name, double Picojoules);

/// <summary>Temperatures of a block in degrees Celsius.</summary>
public sealed record TemperatureStatistics(string Block, double Now, double Peak);

/// <param name="TimeScale">Seconds of heat a second of emulated time stands for.</param>
/// <param name="Trips">Times that a sensor passed the trip point.</param>
/// <param name="ThrottledCycles">Core cycles skipped.</param>
/// <param name="RefreshTwice">Share of the time, 0 to 1, in which memory refreshes at twice the standard rate.</param>
/// <param name="RefreshFourTimes">As above, at four times the rate.</param>
public sealed record ThermalStatistics(double TimeScale, long Trips, long ThrottledCycles, double RefreshTwice, double RefreshFourTimes, IReadOnlyList<TemperatureStatistics> Blocks)
{
    /// <summary>The hottest moment of the hottest block; the first of equals.</summary>
    public TemperatureStatistics? Hottest => Blocks.Count > 0 ? Blocks.MaxBy(b => b.Peak) : null;
}

/// <summary>How fast the host was; the only part of statistics that may differ between two runs.</summary>
public sealed record HostStatistics(double Seconds, double MegacyclesPerSecond, string Runtime, string System, int Processors);

/// <summary>Everything a run has to say about itself. Cycles are unthrottled core cycles unless a clock is named.</summary>
/// <param name="Outcome">passed, failed, or the kind of fault.</param>
/// <param name="ExitCode">The firmware's code, if it gave one.</param>
/// <param name="Phases">Cycles by firmware's markers; they sum to <paramref name="Cycles"/>.</param>
public sealed record ChipStatistics(
    string Configuration,
    ulong Seed,
    int CoreMegahertz,
    string Outcome,
    long? ExitCode,
    long Cycles,
    long EmulatedPs,
    long InstructionsRetired,
    IReadOnlyList<NamedCount> Phases,
    IReadOnlyList<UnitStatistics> Units,
    MacStatistics Macs,
    IReadOnlyList<NamedCount> Descriptors,
    IReadOnlyList<ConflictStatistics> Conflicts,
    HbmStatistics Hbm,
    IReadOnlyList<FabricStatistics> Fabric,
    IReadOnlyList<EnergyStatistics> Energy,
    ThermalStatistics Thermal)
{
    public IReadOnlyList<BankConflictStatistics> BankConflicts { get; init; } = [];

    /// <summary>One of each scratchpad that has SECDED.</summary>
    public IReadOnlyList<EccStatistics> Ecc { get; init; } = [];

    /// <summary>Null where there is no link to a host.</summary>
    public PcieStatistics? Pcie { get; init; }

    /// <summary>Every key of the configuration that was run.</summary>
    public IReadOnlyList<ConfigurationSetting> Settings { get; init; } = [];

    /// <summary>Estimated silicon.</summary>
    public AreaStatistics Area { get; init; } = AreaStatistics.None;

    /// <summary>One of each tile.</summary>
    public IReadOnlyList<ArrayStatistics> Arrays { get; init; } = [];

    /// <summary>Scratchpad and accumulators of each tile.</summary>
    public IReadOnlyList<TrafficStatistics> Traffic { get; init; } = [];

    public double TotalPicojoules => Energy.Sum(e => e.Picojoules);
}
