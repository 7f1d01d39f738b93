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

/// <summary>Registers and counters of one pseudo-channel.</summary>
public struct HbmPseudoChannelState
{
    public int QueueCount, FlightHead, FlightCount;

    /// <summary>Answers of all sources whose bursts have ended.</summary>
    public int ReadyCount;

    /// <summary>Source that is asked first for a request.</summary>
    public byte NextSource;
    public HbmRefreshPhase Refresh;

    /// <summary>1 when some request of the queue has its row open, as the scheduler last saw.</summary>
    public byte HasHit;

    /// <summary>1 when a column command waits for room in the response buffer only.</summary>
    public byte NoRoom;

    /// <summary>Edge before which the scheduler finds nothing to issue.</summary>
    public long ScheduleAt;
    public long RefreshDueAt, RefreshEndAt;

    public long Activates, Precharges, Reads, Writes, Refreshes;

    /// <summary>Requests by what they met: their row open, their bank closed, another row open.</summary>
    public long RowHits, RowClosed, RowConflicts;

    /// <summary>Cycles of the data bus taken by bursts.</summary>
    public long BusyDataCycles;

    /// <summary>Cycles, summed over requests, from accept to the end of the burst.</summary>
    public long LatencyCycles;
}

[InlineArray(2)]
public struct HbmPseudoChannels
{
    private HbmPseudoChannelState _first;
}

/// <summary>Registers of a channel.</summary>
public struct HbmState
{
    /// <summary>Edge from which the row bus is free; an ACT takes two cycles.</summary>
    public long RowBusFreeAt;

    /// <summary>Pseudo-channel that had each bus last; the other one goes first.</summary>
    public byte LastRow, LastColumn;
    public HbmPseudoChannels PseudoChannels;
    public Ledger Ledger;
}
