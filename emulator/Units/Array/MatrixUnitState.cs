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

    // Matmul: the fold being shifted into the shadow, and the one whose X rows enter.
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

    /// <summary>What PEs compute. The array is empty when it changes.</summary>
    public MacKind Kind;

    // Drain and zero.
    public int Block, Row;

    /// <summary>Bytes asked for and arrived of parameters or bias.</summary>
    public int AskedBytes, ArrivedBytes;

    /// <summary>The converted row being written: scratchpad offset, bytes in all and bytes sent.</summary>
    public uint OutAddress;
    public int OutBytes, OutSent;

    /// <summary>Writes not yet acknowledged.</summary>
    public int Unacknowledged;
    public ParameterWords Parameters;

    // Event counters.
    /// <summary>Useful multiply-accumulates: enabled PE, valid row, column with a result.</summary>
    public long MacsBf16, MacsInt8;

    /// <summary>Enabled cycles of the array.</summary>
    public long ArrayCycles;

    public long Folds, XRows, WeightRows;
    public long DrainedRows, WrittenBytes, Descriptors, CoreAccesses, CoreConflicts;
    public Ledger Ledger;
}
