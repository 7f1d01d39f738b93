using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Registers and counters of a home slice.</summary>
public struct HomeSliceState
{
    /// <summary>1 from a request's first flit to the end of its transaction.</summary>
    public byte Open;
    public HomeTransaction Transaction;

    /// <summary>Line of the open transaction: HBM byte offset.</summary>
    public ulong Line;

    /// <summary>What is still to be done; sends and memory accesses not before DueEdge.</summary>
    public HomeActions Pending;
    public long DueEdge;

    /// <summary>Flits of the grant sent so far.</summary>
    public byte GrantFlits;

    /// <summary>Bursts to ask memory for, and bursts asked for but not answered.</summary>
    public byte ReadsAsked, ReadsAnswered, WritesAsked, WritesAnswered;

    /// <summary>The bytes at hand.</summary>
    public Line64 Data;

    public long GetShareds, GetModifieds, PutModifieds, ReadOnces;
    public long Snoops, SnoopsDirty, StalePuts, MemoryReads, MemoryWrites;
    public Ledger Ledger;
}
