namespace HybridEmu.Units;

/// <summary>
/// DRAM timings in cycles of the command clock (1 ns at 2 Gb/s a pin), under JEDEC's names without the t. The defaults
/// are HBM2 at 2000 Mb/s as Ramulator 2.1 and DRAMSys 5.1 are run against each other (timing_table.csv of the HBM
/// oracle, its "common set").
/// </summary>
public sealed record HbmTiming
{
    /// <summary>Clocks of an ACT on its bus; its timings count from the last of them.</summary>
    public int ActivateClocks { get; init; } = 2;

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

    /// <summary>Refresh of one bank to its next ACT or refresh.</summary>
    public int RfcBank { get; init; } = 160;

    /// <summary>Average interval between refreshes of single banks of a pseudo-channel: tREFI over its banks.</summary>
    public int RefiBank { get; init; } = 244;

    /// <summary>Refresh of one bank to ACT or refresh of another.</summary>
    public int Rrefd { get; init; } = 8;

    /// <summary>End of a power-down to the next command (DRAMSys's HBM2; the common set has none of these three).</summary>
    public int Xp { get; init; } = 8;

    /// <summary>Least power-down, and least time between two; a self-refresh takes a clock more.</summary>
    public int Cke { get; init; } = 8;

    /// <summary>End of a self-refresh to the next command.</summary>
    public int Xs { get; init; } = 268;
}

/// <summary>Which request goes first.</summary>
public enum HbmScheduler : byte
{
    /// <summary>The oldest alone: nothing is done for another one before it has its column command.</summary>
    Fcfs,

    /// <summary>Row hits before others, older ones before younger.</summary>
    FrFcfs,

    /// <summary>As FrFcfs among reads; writes wait until many have come or no read is there, and then go together.</summary>
    FrFcfsGrouped,
}

/// <summary>When a row is closed that no waiting request wants.</summary>
public enum HbmPage : byte
{
    /// <summary>When another row of its bank is wanted.</summary>
    Open,

    /// <summary>At once.</summary>
    Closed,

    /// <summary>At once in banks whose rows mostly met a conflict when they were left open: a counter of two bits a bank.</summary>
    Adaptive,
}

/// <summary>How rows are refreshed.</summary>
public enum HbmRefresh : byte
{
    Off,
    AllBank,
    PerBank,
}

/// <summary>How commands get to the memory.</summary>
public enum HbmBuses : byte
{
    /// <summary>One bus for row commands and one for column commands, each shared by both pseudo-channels: HBM.</summary>
    RowAndColumn,

    /// <summary>One bus for all commands of a pseudo-channel, which is then a memory of its own: DDR3.</summary>
    OneEach,
}

/// <summary>What shares the room for waiting requests.</summary>
public enum HbmQueueKind : byte
{
    /// <summary>All requests of a pseudo-channel.</summary>
    Shared,

    /// <summary>Its reads; and its writes have as much.</summary>
    ReadWrite,

    /// <summary>The requests to a bank; and every other bank has as much.</summary>
    Bank,
}

/// <summary>A channel's controller: timings, address map, buffers and policies.</summary>
public sealed record HbmConfig
{
    public HbmTiming Timing { get; init; } = new();

    public HbmAddressMap Map { get; init; } = HbmAddressMap.Chip(3);

    public HbmBuses Buses { get; init; } = HbmBuses.RowAndColumn;

    /// <summary>What <see cref="QueueEntries"/> counts.</summary>
    public HbmQueueKind Queue { get; init; } = HbmQueueKind.Shared;

    /// <summary>Requests that may wait, besides one a bank for which the bank was activated.</summary>
    public int QueueEntries { get; init; } = 32;

    public HbmScheduler Scheduler { get; init; } = HbmScheduler.FrFcfs;

    /// <summary>Waiting writes from which a grouping scheduler turns to writes.</summary>
    public int WriteHigh { get; init; } = 24;

    /// <summary>Waiting writes down to which it stays with them while reads wait.</summary>
    public int WriteLow { get; init; } = 8;

    public HbmPage Page { get; init; } = HbmPage.Open;

    /// <summary>Responses a pseudo-channel holds or has in flight for one source; a column command waits for room.</summary>
    public int ResponseEntries { get; init; } = 16;

    /// <summary>
    /// Age in cycles from which the oldest request of a pseudo-channel goes before every other one of it, row hit or not.
    /// </summary>
    public int StarvationCycles { get; init; } = 1000;

    /// <summary>Refresh; off only to compare with single-access figures.</summary>
    public HbmRefresh Refresh { get; init; } = HbmRefresh.AllBank;

    /// <summary>Refreshes that may be owed while requests wait, 0 to 8 (JESD235 and JESD79 allow eight).</summary>
    public int Postpone { get; init; }

    /// <summary>Refreshes come so many times as often as the timings say: 1, 2 or 4.</summary>
    public int RefreshRate { get; init; } = 1;

    /// <summary>Eight check bits travel beside every eight bytes; single errors are corrected, double ones detected.</summary>
    public bool Secded { get; init; }

    /// <summary>Cycles from the end of a channel's last burst after which it powers down, if no request waits; 0: never.</summary>
    public int PowerDown { get; init; }

    /// <summary>As <see cref="PowerDown"/>, for self-refresh.</summary>
    public int SelfRefresh { get; init; }

    /// <summary>
    /// Whether the bursts of a pseudo-channel end in the order of their commands. A write's is sooner over than a read's; only a short
    /// read-to-write time lets it overtake one. Behind a write every read waits for its end.
    /// </summary>
    public bool BurstsKeepOrder => Timing.Rtw + Timing.Cwl > Timing.Cl;
}
