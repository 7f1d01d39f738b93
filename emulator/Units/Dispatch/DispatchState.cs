using System.Runtime.CompilerServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Why a queue does not go on.</summary>
public enum QueueFreeze : byte
{
    None,

    /// <summary>The head may not start.</summary>
    Head,

    /// <summary>The oldest descriptor that is not performed has its writes done, but its posts do not fit.</summary>
    Posts,
}

/// <summary>What is known of the head of a queue.</summary>
public enum HeadCheck : byte
{
    None,
    Passed,

    /// <summary>It races; the checker has seen its start and must not see it again.</summary>
    Raced,
}

/// <summary>One descriptor queue. Counts run from reset; a descriptor's sequence number is its place in them.</summary>
public struct DispatchQueue
{
    /// <summary>Descriptors issued, started and performed.</summary>
    public uint Issued, Started, Performed;

    /// <summary>Whether it is frozen, and by which of its descriptors.</summary>
    public QueueFreeze Frozen;

    /// <summary>What is known of the head (Started) descriptor.</summary>
    public HeadCheck Checked;

    /// <summary>1 when the head is passed over: it waits and posts, and does nothing else.</summary>
    public byte Skip;

    /// <summary>Why it froze last.</summary>
    public QueueFaultCause Cause;

    /// <summary>Address of the last fault.</summary>
    public uint Address;

    /// <summary>What the last race was against, for its message.</summary>
    public RaceConflict Conflict;
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

/// <summary>What the array's weights are, as of the last MX descriptor that started; k is 0 when there are none.</summary>
public struct WeightContents
{
    public ushort K, N;
    public ElementType TypeA, TypeB;
}

[InlineArray(4)]
public struct SlotsContents
{
    private SlotContents _first;
}

/// <summary>One place for each kind of notice: a newer one of a kind replaces the older, of another kind does not.</summary>
[InlineArray(9)]
public struct DispatchNotices
{
    private DispatchNotice _first;
}

/// <summary>A queued descriptor with where it came from.</summary>
public struct QueuedDescriptor
{
    public Descriptor Descriptor;
    public uint Address;
    public uint Pc;
}

/// <summary>Registers and counters of a dispatch unit; the queue entries are an array beside it.</summary>
public struct DispatchState
{
    public Ledger Ledger;
    public DispatchQueues Queues;
    public Semaphores Semaphores;
    public SlotsContents Slots;
    public WeightContents Weights;

    /// <summary>The core's command that cannot be answered yet.</summary>
    public DispatchCommand Held;
    public byte HeldValid;

    /// <summary>Notices not sent yet: faults of the four queues, a fault of the core, interrupts of the four queues.</summary>
    public DispatchNotices Notices;

    /// <summary>Bit i: Notices[i] is to be sent.</summary>
    public ushort NoticesPending;

    public long Descriptors, Posts, Waits, Faults;
}
