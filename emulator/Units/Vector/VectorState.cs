using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>Where a sequencer is in the walk over a descriptor's beats.</summary>
public struct BeatCursor
{
    /// <summary>First row of the row group or block.</summary>
    public int Group;
    public int Pass;
    public int Row;
    public int Column;

    /// <summary>Walk Windows: number of the pixel in its window, or of the window among those over its pixel.</summary>
    public int Position;

    /// <summary>1 when the beat's operands are through and its further ones are due.</summary>
    public int Further;

    /// <summary>1 when the walk is over.</summary>
    public int Finished;
}

/// <summary>The registers of a <see cref="VectorUnit"/>. No padding: it is hashed.</summary>
public struct VectorState
{
    /// <summary>What runs; meaningful while <see cref="Active"/>.</summary>
    public VectorPlan Plan;
    public uint Sequence;

    /// <summary>1 from the start of a descriptor until its done is sent.</summary>
    public byte Active;

    /// <summary>1 while the parameter block has to be asked for, or to arrive.</summary>
    public byte ParametersToIssue, ParametersToTake;

    /// <summary>Accesses of the record to ask for, or to arrive: 64 bytes and, where it is written back, 8 bytes.</summary>
    public byte RecordToIssue, RecordToTake;

    /// <summary>1 while the record has to be written back.</summary>
    public byte RecordToWrite;

    /// <summary>1 while a filled transpose block leaves, a column a cycle.</summary>
    public byte BlockLeaving;
    public byte Unused;

    /// <summary>The sequencer that asks for operands, and the one that takes them.</summary>
    public BeatCursor Issue, Execute;

    /// <summary>Beats asked for, wholly or in part, and not yet executed.</summary>
    public int BeatsInFlight;

    /// <summary>Elements of each operand that are held until their beat's further operands are here; 0 = none.</summary>
    public int HeldElements;

    /// <summary>Write requests without an acknowledgement.</summary>
    public int WritesInFlight;

    /// <summary>The ring of results on their way through the pipeline.</summary>
    public int ResultHead, ResultCount;

    /// <summary>The block that leaves: its first row and column, its extent, the next column to go.</summary>
    public int BlockRow, BlockColumn, BlockRowCount, BlockColumnCount, BlockNext;

    /// <summary>Words of the parameter block.</summary>
    public VectorParameterWords Parameters;

    /// <summary>Partial sums of the row that enters: of its elements, and of products with another row.</summary>
    public Reduction Partials, ProductPartials;

    /// <summary>The record while a descriptor with one runs.</summary>
    public Reduction RecordPartials;

    /// <summary>Words 16 and 17 of the record: correct and seen of a loss, flags and count of a norm.</summary>
    public uint RecordCorrect, RecordSeen;

    /// <summary>Made once a descriptor: one over the columns (norm_rows and its gradient), the factor (clip).</summary>
    public float Factor;
    public uint Unused2;

    /// <summary>Edge from which the factor can be used.</summary>
    public long FactorReadyAt;

    /// <summary>Edge from which the record in the registers is complete.</summary>
    public long RecordReadyAt;

    // Event counters.
    public long Descriptors, Beats;

    /// <summary>fp32 adds, multiplies, fused multiply-adds, compares and conversions, one an element.</summary>
    public long LaneOperations;

    /// <summary>exp, log, rsqrt and reciprocal, one an element.</summary>
    public long Transcendentals;
    public long ReadBytes, WriteBytes;
    public Ledger Ledger;
}

/// <summary>The sixteen words of a parameter block.</summary>
[System.Runtime.CompilerServices.InlineArray(16)]
public struct VectorParameterWords
{
    private uint _first;
}

/// <summary>What a multi-pass operation keeps of a row between its passes. No padding: it is hashed.</summary>
public struct RowStatistic
{
    public float Maximum;

    /// <summary>Column of the first greatest element.</summary>
    public uint ArgumentOfMaximum;
    public uint Label;

    /// <summary>The element at the label.</summary>
    public float LabelLogit;

    /// <summary>Reciprocal of the sum of exponentials.</summary>
    public float Reciprocal;

    /// <summary>Mean of the row.</summary>
    public float Mean;

    /// <summary>Of the products with another row: the sum (softmax_grad), the mean (norm_rows_grad).</summary>
    public float Product;

    /// <summary>Reciprocal standard deviation.</summary>
    public float Deviation;

    /// <summary>Edge from which the next pass may use the row's statistic.</summary>
    public long ReadyAt;
}

/// <summary>A result on its way to the write port; its bytes lie beside it. No padding: it is hashed.</summary>
public struct VectorResult
{
    /// <summary>Edge from which it can leave the pipeline.</summary>
    public long ReadyAt;
    public uint Address;
    public int Length;
}
