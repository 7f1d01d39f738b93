using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>What the control core asks of its dispatch unit; each is answered by one <see cref="DispatchReply"/>.</summary>
public enum DispatchOperation : byte
{
    /// <summary>Queue the descriptor; the reply comes when the queue took it.</summary>
    Issue,

    /// <summary>Queue the descriptor if there is room: value 1, else 0.</summary>
    TryIssue,

    /// <summary>Value: descriptors of queue Argument not yet performed.</summary>
    Poll,

    /// <summary>Reply when all descriptors of the queues in mask Argument are performed.</summary>
    Drain,

    /// <summary>Semaphore Argument becomes Count.</summary>
    SemaphoreInitialize,

    /// <summary>Semaphore Argument rises by Count.</summary>
    SemaphorePost,

    /// <summary>Reply when semaphore Argument was at least Count, which is then subtracted.</summary>
    SemaphoreWait,

    /// <summary>As wait if it can be done now: value 1, else 0 and nothing changes.</summary>
    SemaphoreTry,

    /// <summary>Retry the head descriptor of the frozen queue Argument (skip when Count is 1).</summary>
    ResolveFault,
}

public struct DispatchCommand
{
    public DispatchOperation Operation;
    public uint Argument;
    public uint Count;

    /// <summary>Where the descriptor came from, for messages.</summary>
    public ulong DescriptorAddress;

    /// <summary>pc of the issuing instruction, for messages.</summary>
    public uint Pc;
    public Descriptor Descriptor;
}

public struct DispatchReply
{
    public uint Value;
}

/// <summary>From dispatch to the control core, unasked: a queue froze, or a descriptor asked for an interrupt.</summary>
public struct DispatchNotice
{
    /// <summary>0: a descriptor with the interrupt flag was performed. Otherwise the <see cref="QueueFaultCause"/>.</summary>
    public byte Cause;
    public byte Queue;
    public uint Address;
    public uint DescriptorAddress;
}

/// <summary>From dispatch to an engine: start this descriptor; checks and waits are behind it.</summary>
public struct StartDescriptor
{
    /// <summary>Position in its queue since reset.</summary>
    public uint Sequence;
    public Descriptor Descriptor;
}

/// <summary>From an engine to dispatch: the descriptor is performed (every write acknowledged). In queue order.</summary>
public struct DescriptorDone
{
    public uint Sequence;
}
