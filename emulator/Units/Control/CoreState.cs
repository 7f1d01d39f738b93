using System.Runtime.CompilerServices;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>The integer registers; x0 is kept 0.</summary>
[InlineArray(32)]
public struct RegisterFile
{
    private uint _first;
}

/// <summary>Edge from which each register can be read.</summary>
[InlineArray(32)]
public struct ReadyEdges
{
    private long _first;
}

/// <summary>Counts by firmware phase.</summary>
[InlineArray(8)]
public struct PhaseCounts
{
    private long _first;
}

/// <summary>Addresses of the last eight instructions that retired.</summary>
[InlineArray(8)]
public struct RetiredTrail
{
    private uint _first;
}

/// <summary>Where a scalar access goes.</summary>
public enum MemorySpace : byte
{
    Unmapped,

    /// <summary>Cacheable HBM; the target is an HBM byte offset.</summary>
    Cacheable,

    /// <summary>Own scratchpad; the target is a byte offset.</summary>
    Scratchpad,

    /// <summary>Own accumulators; the target is a byte offset.</summary>
    Accumulators,

    /// <summary>Host port and CLINT; the target is the address.</summary>
    System,
}

/// <summary>A store that is retired and not yet performed: 1 to 4 bytes inside one word.</summary>
public struct StoreEntry
{
    public ulong Target;
    public uint Data;
    public byte Size;
    public MemorySpace Space;
}

/// <summary>The store buffer's slots.</summary>
[InlineArray(CoreState.StoreSlots)]
public struct StoreSlots
{
    private StoreEntry _first;
}

/// <summary>The fault that a queue is frozen with; cause 0 is none.</summary>
public struct QueueFaultRecord
{
    public uint Address, DescriptorAddress;
    public byte Cause;
}

/// <summary>One fault record a queue.</summary>
[InlineArray(4)]
public struct QueueFaults
{
    private QueueFaultRecord _first;
}

/// <summary>Registers of a control core apart from its caches.</summary>
public struct CoreState
{
    public const int StoreSlots = 8;

    public RegisterFile Registers;
    public uint Pc;

    // Issue: nothing before ResumeAt; the cause is what the edges until then are charged to.
    public long ResumeAt;
    public int ResumeCause;
    public ReadyEdges ReadyAt;
    public long OperandsReadyAt;
    public long DividerFreeAt;

    // Fetch: the line that pc was last found in, and its frame.
    public ulong FetchLine;
    public int FetchFrame;

    // Machine mode.
    public uint Mie, Mtvec, Mscratch, Mepc, Mcause, Mtval, Mcountinhibit, Pmpcfg0, Pmpaddr0;
    public byte InterruptEnable, PreviousInterruptEnable;
    public ulong CycleOffset, RetiredOffset;

    /// <summary>Instructions retired.</summary>
    public long Retired;
    public RetiredTrail Trail;

    // Xhx.
    public uint Window, TemperatureHigh;
    public QueueFaults QueueFaults;
    public byte DescriptorInterrupt, DescriptorInterruptQueue;
    public byte Phase, TraceOn;
    public long PhaseSince;
    public PhaseCounts PhaseCycles;

    /// <summary>Interrupt lines and sensor as last received.</summary>
    public InterruptLines Lines;

    /// <summary>Pending interrupts as mip shows them; kept up to date whenever a source changes.</summary>
    public uint Pending;

    // Instructions that take more than one evaluation. While Outstanding an answer is on its way, and no interrupt is taken.
    public byte Outstanding, SplitPhase, DrainOutstanding;
    public uint SplitValue;
    public int RangeSet;

    // Store buffer: a ring.
    public int StoreHead, StoreCount;
    public StoreSlots Stores;

    /// <summary>1: an unhandled trap or queue fault ended the program.</summary>
    public byte Halted;

    /// <summary>1: waits for an interrupt.</summary>
    public byte Asleep;

    public long Loads, StoresRetired, Atomics, TakenBranches, Traps, Interrupts, UncachedAccesses, DispatchCommands;
    public Ledger Ledger;
}
