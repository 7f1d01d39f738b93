using System.Runtime.CompilerServices;
using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>What the sequencer of queue MX is doing.</summary>
public enum MatrixPhase : byte
{
    Idle,
    Matmul,
    DrainParameters,
    DrainBias,
    DrainRows,
    Zero,

    /// <summary>Waiting for write acknowledgements.</summary>
    Acknowledge,

    /// <summary>Reporting to dispatch.</summary>
    Report,

    /// <summary>A load, and no other descriptor.</summary>
    Load,
}

/// <summary>How far a load is, alone or beside a stream.</summary>
public enum LoadProgress : byte
{
    None,
    Shifting,

    /// <summary>All its tokens have entered; it is not reported yet.</summary>
    Loaded,
}

/// <summary>A stream all of whose rows have entered, while rows of the one after it enter behind them.</summary>
public struct LeavingStream
{
    public uint Sequence;

    /// <summary>Array time up to which its sums are in flight.</summary>
    public long Until;

    /// <summary>1: a load was beside it, is over and is reported after it.</summary>
    public byte HasLoad;
    public uint LoadSequence;
}

[InlineArray(MatrixUnit.MostLeaving)]
public struct LeavingStreams
{
    private LeavingStream _first;
}

/// <summary>The 64 bytes of a parameter block.</summary>
[InlineArray(16)]
public struct ParameterWords
{
    private uint _first;
}

/// <summary>The registers of the matrix unit's sequencer.</summary>
public struct MatrixUnitState
{
    public MatrixPhase Phase;
    public StartDescriptor Current;

    // Load: its descriptor, and how far it is.
    public StartDescriptor Load;
    public LoadProgress Loading;

    /// <summary>1: the shadow holds the weights of a load that no stream has taken.</summary>
    public byte ShadowLoaded;

    /// <summary>1: folds of the current descriptor take the weights of the shadow; 0: they go on with those in the PEs.</summary>
    public byte Switches;

    // Matmul and stream, which is one fold whose tokens came with a load: the fold being shifted into the shadow, and the one whose X rows enter.
    /// <summary>ceil(k / R) and ceil(n / C).</summary>
    public int KBlocks, NBlocks;

    /// <summary>Folds whose R shift tokens have all entered; next token of the one after them, and its k block.</summary>
    public int FoldsShifted, TokensShifted, ShiftNBlock, ShiftKBlock;

    /// <summary>Folds whose first X row has entered; rows of the last that have entered, and the place of the next to launch.</summary>
    public int FoldsLaunched, RowsEntered, LaunchNBlock, LaunchKBlock;

    /// <summary>k rows and n columns of the fold whose X rows enter.</summary>
    public int FoldRows, FoldColumns;

    /// <summary>Array time of the last launch, and its distance from the launch before it.</summary>
    public long LastLaunch, LastInterval;

    /// <summary>Array time up to which something is in flight; later steps would change nothing that counts.</summary>
    public long ActiveUntil;

    /// <summary>Array time up to which sums of the current descriptor are in flight.</summary>
    public long SumsUntil;

    /// <summary>Streams before the current one whose sums are in flight or which are not reported, the oldest first; and how many.</summary>
    public LeavingStreams Leaving;
    public int LeavingCount;

    /// <summary>Of the oldest of them: 1 when its sums are where they belong, 2 when its load's report is due.</summary>
    public byte LeavingOver;

    /// <summary>What the PEs multiply. The array is empty when it changes.</summary>
    public MacKind Kind;

    /// <summary>p: products of a PE in a step.</summary>
    public int Packing;

    /// <summary>1: one operand has 16 bits, so that a step takes two edges; 1 at the second of them, and the cause of the first.</summary>
    public byte Wide, SecondPass;
    public int FirstPassCause;

    // Drain and zero.
    public int Block, Row;

    /// <summary>Bytes asked for and arrived of parameters or bias.</summary>
    public int AskedBytes, ArrivedBytes;

    /// <summary>The converted row being written: scratchpad offset, bytes in all and bytes sent.</summary>
    public uint OutAddress;
    public int OutBytes, OutSent;

    /// <summary>Edges that the function pipeline of a drain has been filling for, this block.</summary>
    public int FunctionEdges;

    /// <summary>Writes not yet acknowledged.</summary>
    public int Unacknowledged;
    public ParameterWords Parameters;

    // Event counters.
    /// <summary>
    /// Useful multiply-accumulates: enabled PE, valid row, column with a result. One of 8 by 16 bits counts once as int8, and
    /// once more as the second half that a 16-bit operand is.
    /// </summary>
    public long MacsBf16, MacsInt8, MacsInt4, MacsInt16;

    public readonly long Macs => MacsBf16 + MacsInt8 + MacsInt4;

    /// <summary>Enabled cycles of the array.</summary>
    public long ArrayCycles;

    /// <summary>Those of them at which a token or a row entered, or sums were on their way through the PEs (MX-3, MX-25).</summary>
    public long WavefrontCycles;

    public long Folds, XRows, WeightRows;
    /// <summary>Elements that went through gelu, sigmoid or tanh.</summary>
    public long Functions;
    public long DrainedRows, WrittenBytes, Descriptors, CoreAccesses, CoreConflicts;
    public Ledger Ledger;
}
