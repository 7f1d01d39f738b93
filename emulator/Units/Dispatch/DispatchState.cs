using System.Runtime.CompilerServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>One descriptor queue. Counts run from reset; a descriptor's sequence number is its place in them.</summary>
public struct DispatchQueue
{
    /// <summary>Descriptors issued, started and performed.</summary>
    public uint Issued, Started, Performed;

    /// <summary>1 when frozen by a fault of the head (Started) descriptor.</summary>
    public byte Frozen;

    /// <summary>1 when the head has passed its checks.</summary>
    public byte Checked;
}

[InlineArray(4)]
public struct DispatchQueues
{
    private DispatchQueue _first;
}

[InlineArray(256)]
public struct Semaphores
{
    private byte _first;
}

/// <summary>What an accumulator slot holds, as of the last MX descriptor that started.</summary>
public struct SlotContents
{
    public ushort Rows, Columns;
    public ElementType Type;
}

[InlineArray(4)]
public struct SlotsContents
{
    private SlotContents _first;
}

/// <summary>A queued descriptor with where it came from.</summary>
public struct QueuedDescriptor
{
    public Descriptor Descriptor;
    public uint Address;
    public uint Pc;

    /// <summary>Edge from which it may start.</summary>
    public long From;
}

/// <summary>Registers and counters of a dispatch unit; the queue entries are an array beside it.</summary>
public struct DispatchState
{
    public Ledger Ledger;
    public DispatchQueues Queues;
    public Semaphores Semaphores;
    public SlotsContents Slots;

    /// <summary>The core's command that cannot be answered yet.</summary>
    public DispatchCommand Held;
    public byte HeldValid;

    /// <summary>A notice that found the channel full.</summary>
    public DispatchNotice Notice;
    public byte NoticeValid;

    public long Descriptors, Posts, Waits, Faults;
}
