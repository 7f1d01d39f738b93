using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Registers and counters of a PCIe endpoint; its transactions and their bytes are in arrays of the unit.</summary>
public struct PcieState
{
    public Ledger Ledger;

    /// <summary>Times in picoseconds from which each direction of the link is free.</summary>
    public long OutboundFreePs, InboundFreePs;

    /// <summary>Transactions in flight.</summary>
    public byte Count;

    /// <summary>1 while the data flits of transaction Receiver, a write, are still coming.</summary>
    public byte Receiving;
    public byte Receiver;

    /// <summary>1 while the flits of transaction Responder go out.</summary>
    public byte Responding;
    public byte Responder;

    public long Reads, Writes, ReadBytes, WriteBytes;

    /// <summary>Packets and their bytes, overhead included: outbound is chip to host.</summary>
    public long OutboundPackets, InboundPackets, OutboundBytes, InboundBytes;
}

/// <summary>One transaction of a PCIe endpoint.</summary>
public struct PcieTransaction
{
    public WideTransaction Wide;

    /// <summary>When the link is done with it, in picoseconds; long.MaxValue before it is on the link.</summary>
    public long EndPs;
}
