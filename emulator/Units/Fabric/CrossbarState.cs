using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Registers and counters of a crossbar; what exists once a link is in arrays of the unit.</summary>
public struct CrossbarState
{
    /// <summary>Flits moved; one hop each.</summary>
    public long FlitHops;

    /// <summary>Packets whose last flit moved.</summary>
    public long Packets;

    /// <summary>Head flits that waited while another source's flit took their link, counted once a cycle.</summary>
    public long ArbitrationLosses;

    public Ledger Ledger;
}

/// <summary>Registers of one output link.</summary>
public struct CrossbarLink
{
    /// <summary>Cycles in which a flit went over the link.</summary>
    public long BusyCycles;

    /// <summary>Source that round-robin looks at first for the next packet.</summary>
    public byte Next;

    /// <summary>1 while a packet holds the link.</summary>
    public byte Held;

    /// <summary>The source of that packet.</summary>
    public byte Holder;
}
