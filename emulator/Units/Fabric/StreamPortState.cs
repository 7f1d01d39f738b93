using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Registers and counters of a stream port; transactions and their bytes are in arrays of the unit.</summary>
public struct StreamPortState
{
    /// <summary>Transactions in flight.</summary>
    public byte Count;

    /// <summary>Places in the order of acceptance, from 0: how many transactions have sent all bursts to memory.</summary>
    public byte Issued;

    /// <summary>1 while the data flits of the newest transaction, a write, are still coming.</summary>
    public byte Receiving;

    /// <summary>1 while the flits of transaction Responder go out.</summary>
    public byte Responding;
    public byte Responder;

    public long Reads, Writes, ReadBytes, WriteBytes;

    /// <summary>Bursts sent to memory, and how many of them were writes of less than 32 bytes.</summary>
    public long Bursts, PartialBursts;
    public Ledger Ledger;
}

/// <summary>One transaction of a stream port.</summary>
public struct StreamTransaction
{
    public WideTransaction Wide;

    /// <summary>32-byte bursts of the granule that the transaction touches: first and how many.</summary>
    public byte FirstBurst, Bursts;

    /// <summary>Bursts sent to memory, and bursts that memory answered.</summary>
    public byte Asked, Answered;
}
