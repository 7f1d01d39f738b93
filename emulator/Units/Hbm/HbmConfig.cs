namespace HybridEmu.Units;

/// <summary>
/// DRAM timings in cycles of the command clock (1 ns at 2 Gb/s a pin), under JEDEC's names without the t. The defaults
/// are HBM2 at 2000 Mb/s as Ramulator 2.1 and DRAMSys 5.1 are run against each other (timing_table.csv of the HBM
/// oracle, its "common set").
/// </summary>
public sealed record HbmTiming
{
    /// <summary>RD to its first data beat.</summary>
    public int Cl { get; init; } = 14;

    /// <summary>WR to its first data beat.</summary>
    public int Cwl { get; init; } = 5;

    /// <summary>Cycles of one burst on the data bus: BL4, 32 bytes.</summary>
    public int Burst { get; init; } = 2;

    public int RcdRead { get; init; } = 14;

    public int RcdWrite { get; init; } = 12;

    public int Rp { get; init; } = 14;

    public int Ras { get; init; } = 34;

    public int Rc { get; init; } = 48;

    /// <summary>ACT to ACT of another bank group, and of the same.</summary>
    public int RrdShort { get; init; } = 4;

    public int RrdLong { get; init; } = 4;

    /// <summary>Window in which at most four ACT of a pseudo-channel start.</summary>
    public int Faw { get; init; } = 15;

    /// <summary>Column command to column command of another bank group, and of the same.</summary>
    public int CcdShort { get; init; } = 2;

    public int CcdLong { get; init; } = 4;

    /// <summary>End of a write burst to RD of another bank group, and of the same.</summary>
    public int WtrShort { get; init; } = 6;

    public int WtrLong { get; init; } = 8;

    public int Rtp { get; init; } = 5;

    /// <summary>End of a write burst to PRE.</summary>
    public int Wr { get; init; } = 16;

    /// <summary>RD to WR on the command bus: CL + BL + 2 - CWL.</summary>
    public int Rtw { get; init; } = 13;

    /// <summary>All-bank refresh to the next ACT or refresh (8 Gb a channel).</summary>
    public int Rfc { get; init; } = 260;

    /// <summary>Average interval of all-bank refreshes.</summary>
    public int Refi { get; init; } = 3900;
}

/// <summary>A channel's controller: timings, address map, buffers and policies.</summary>
public sealed record HbmConfig
{
    public HbmTiming Timing { get; init; } = new();

    public HbmAddressMap Map { get; init; } = HbmAddressMap.Chip(3);

    /// <summary>Request queue of a pseudo-channel, 1 to 64 entries.</summary>
    public int QueueEntries { get; init; } = 32;

    /// <summary>Responses a pseudo-channel holds or has in flight for one source; a column command waits for room.</summary>
    public int ResponseEntries { get; init; } = 16;

    /// <summary>
    /// Age in cycles from which the oldest request of a pseudo-channel goes before every other one of it, row hit or not.
    /// </summary>
    public int StarvationCycles { get; init; } = 1000;

    /// <summary>All-bank refresh; off only to compare with single-access figures.</summary>
    public bool Refresh { get; init; } = true;
}
