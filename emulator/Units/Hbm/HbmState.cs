using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Where a pseudo-channel is in its refresh.</summary>
public enum HbmRefreshPhase : byte
{
    None,

    /// <summary>Due: no ACT or column command starts; open rows are closed as soon as the rules allow.</summary>
    Draining,

    /// <summary>REF was issued; tRFC runs.</summary>
    Refreshing,
}

/// <summary>What keeps a pseudo-channel's data bus idle.</summary>
public enum HbmLoss : byte
{
    /// <summary>No request waits.</summary>
    FrontEnd,

    /// <summary>The other pseudo-channel has the column bus.</summary>
    ColumnBus,

    /// <summary>Bursts of one bank group follow each other in tCCDL.</summary>
    BankGroup,

    /// <summary>The bus turns between reads and writes: tRTW, tWTRS, tWTRL.</summary>
    TurnRound,

    /// <summary>A bank opens or closes a row: tRCD, tRAS, tRC, tRP, tRTP, tWR.</summary>
    RowCycle,

    /// <summary>ACT come as close as tRRDS, tRRDL and tFAW let them.</summary>
    ActivateRate,

    /// <summary>The row bus has other commands.</summary>
    RowBus,

    /// <summary>A refresh is under way, or waited for.</summary>
    Refresh,

    /// <summary>Answers are not taken.</summary>
    ResponseFull,

    /// <summary>The channel sleeps or has just been woken: tCKE, tXP, tXS.</summary>
    Asleep,
}

/// <summary>What a channel does when it moves no data; each draws another current.</summary>
public enum HbmStandby : byte
{
    /// <summary>All rows of both pseudo-channels are closed.</summary>
    Precharged,

    /// <summary>Some row is open.</summary>
    Active,
    PowerDown,
    SelfRefresh,
}

/// <summary>Cycles by <see cref="HbmStandby"/>.</summary>
[InlineArray(Count)]
public struct HbmStandbyCycles
{
    public const int Count = 4;

    private long _first;
}

/// <summary>Cycles by <see cref="HbmLoss"/>.</summary>
[InlineArray(Count)]
public struct HbmLosses
{
    public const int Count = 10;

    private long _first;
}

/// <summary>
/// Registers and counters of one pseudo-channel. What a burst touches stands together and first: a chip has many of these, and they
/// come back into the host's cache line by line.
/// </summary>
public struct HbmPseudoChannelState
{
    public int QueueCount, FlightHead, FlightCount;

    /// <summary>Answers of all sources whose bursts have ended.</summary>
    public int ReadyCount;

    /// <summary>Edge at which the first of the bursts in flight ends.</summary>
    public long FlightEndsAt;

    /// <summary>Edge before which the scheduler finds nothing to issue.</summary>
    public long ScheduleAt;
    public long RefreshDueAt;

    /// <summary>Source that is asked first for a request.</summary>
    public byte NextSource;
    public HbmRefreshPhase Refresh;

    /// <summary>1 when some request of the queue has its row open, as the scheduler last saw.</summary>
    public byte HasHit;

    /// <summary>1 when a column command waits for room in the response buffer only.</summary>
    public byte NoRoom;

    /// <summary>1 while a grouping scheduler is at its writes.</summary>
    public byte Writing;

    /// <summary>1 when the last burst was a write.</summary>
    public byte LastWrite;

    /// <summary>One more than the bank that waits for its refresh, or 0.</summary>
    public byte RefreshBank;

    /// <summary><see cref="HbmLoss"/> of the cycles from <see cref="AccountedTo"/> on.</summary>
    public byte Loss;

    /// <summary>1 from the end of a self-refresh to the first refresh after it.</summary>
    public byte OwesRefresh;

    /// <summary><see cref="HbmState.RefreshShift"/> as of the last refresh.</summary>
    public byte RefreshShift;

    /// <summary>Edge up to which the data bus's cycles are accounted for, bursts that have begun included.</summary>
    public long AccountedTo;

    /// <summary>Cycles of the data bus taken by bursts.</summary>
    public long BusyDataCycles;

    /// <summary>Cycles, summed over requests, from accept to the end of the burst.</summary>
    public long LatencyCycles;
    public long Reads, Writes;

    /// <summary>Requests by what they met: their row open, their bank closed, another row open.</summary>
    public long RowHits, RowClosed, RowConflicts;

    /// <summary>Cycles of the data bus without a burst, by what held it back.</summary>
    public HbmLosses Lost;

    public long Activates, Precharges, Refreshes, BankRefreshes;
    public long RefreshEndAt;

    /// <summary>Banks refreshed in this round, one bit each.</summary>
    public ulong RefreshedBanks;

    /// <summary>Words with a single error that was corrected, and with an error that could only be detected.</summary>
    public long EccCorrected, EccDetected;
}

[InlineArray(2)]
public struct HbmPseudoChannels
{
    private HbmPseudoChannelState _first;
}

/// <summary>Registers of a channel, those that every command touches first.</summary>
public struct HbmState
{
    /// <summary>Edge from which the row bus is free; an ACT takes two cycles.</summary>
    public long RowBusFreeAt;

    /// <summary>Pseudo-channel that had each bus last; the other one goes first.</summary>
    public byte LastRow, LastColumn;

    /// <summary>
    /// Refresh intervals are to be 2^this times shorter: a hot stack leaks faster. A pseudo-channel takes it over with its next refresh.
    /// </summary>
    public byte RefreshShift;
    public HbmStandby Standby;

    /// <summary>1 when a word could not be corrected.</summary>
    public byte Poisoned;

    /// <summary>Edge at which the last burst ends that has been commanded.</summary>
    public long BusyUntil;

    /// <summary>First edge for an ACT after the last PDX or SRX.</summary>
    public long ReadyAt;
    public Ledger Ledger;
    public HbmPseudoChannels PseudoChannels;

    /// <summary>Burst in which an error was detected last, if <see cref="Poisoned"/> is 1.</summary>
    public ulong PoisonedAddress;

    /// <summary>Edge of the last PDE or SRE.</summary>
    public long SleepSince;

    /// <summary>Edge up to which <see cref="StandbyCycles"/> are accounted for.</summary>
    public long StandbySince;
    public HbmStandbyCycles StandbyCycles;
}
