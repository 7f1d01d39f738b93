using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>One descriptor in flight in a DMA engine.</summary>
public struct DmaDescriptor
{
    public StridedWalk Walk;
    public uint Sequence;

    /// <summary>1 from start to report.</summary>
    public byte Active;

    /// <summary>1 when every transaction has been sent.</summary>
    public byte Issued;
    public byte TypeIn, TypeOut;

    /// <summary>1 for ld.im2col, whose elements are walked as windows of images; 1 for st.accumulate.</summary>
    public byte Images, Adds;

    /// <summary>1 while padding, or zeros outside images, are left to be written.</summary>
    public byte Filling;

    /// <summary>Transactions sent and not finished, and write beats not acknowledged; one more while filling.</summary>
    public int Outstanding;
    public FillWalk Fill;
    public WindowWalk Window, Zeros;
}

/// <summary>One transaction in flight on the wide plane.</summary>
public struct DmaTransaction
{
    /// <summary>HBM byte offset and scratchpad offset of its first element.</summary>
    public ulong Hbm;
    public uint Scratchpad;

    /// <summary>Bytes on the HBM side, and on the scratchpad side.</summary>
    public ushort HbmBytes, ScratchpadBytes;

    /// <summary>Bytes requested, arrived and sent so far, as the engine counts them.</summary>
    public ushort Requested, Arrived, Sent;
    public byte Descriptor;

    /// <summary>1 while in flight; store: 1 when the header has left.</summary>
    public byte Active, HeaderSent;

    /// <summary>Load: 1 when its first element is the high half of a byte.</summary>
    public byte FirstHalf;

    /// <summary>Store: 1 when it adds to what HBM has; bytes of that which have come.</summary>
    public byte Adds;
    public ushort Addends;

    /// <summary>The request for what HBM has there.</summary>
    /// <param name="widePort">Where its data come.</param>
    public readonly WideFlit Read(DmaConfig config, int tag, int widePort) => new()
    {
        Kind = WideKind.ReadNoSnoop,
        Port = (byte)widePort,
        Home = (byte)config.Homes.Index(Hbm),
        Last = 1,
        Tag = (ushort)tag,
        Length = HbmBytes,
        Address = Hbm,
    };
}

/// <summary>Load: a data flit that is being written to the scratchpad.</summary>
public struct StagedFlit
{
    public WideFlit Flit;

    /// <summary>Half bytes of it that are written.</summary>
    public ushort Done;
    public byte Valid;
}

[InlineArray(DmaConfig.DescriptorSlots)]
public struct DmaDescriptors
{
    private DmaDescriptor _first;
}

/// <summary>Registers and counters of a load or store engine; its transaction table is an array beside it.</summary>
public struct DmaState
{
    public Ledger Ledger;
    public DmaDescriptors Descriptors;

    /// <summary>Slot that started first and is reported next; slot that issues now; slots in use.</summary>
    public byte Oldest, Issuing, Used;

    /// <summary>Transactions in flight.</summary>
    public byte InFlight;

    /// <summary>Store: oldest transaction, the one being read, the one being sent, as ring positions since reset.</summary>
    public long Allocated, Read, Emitted;

    /// <summary>Store: the first transaction whose addends may still have to be asked for.</summary>
    public long Fetched;

    /// <summary>Transactions sent, scratchpad bytes moved, scratchpad beats, descriptors performed.</summary>
    public long Transactions, Bytes, Beats, Completed;
}
