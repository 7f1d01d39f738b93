using HybridEmu.Isa;
using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>Sizes of one tile's matrix unit.</summary>
/// <param name="Rows">R: PEs in a column, 1 to 512.</param>
/// <param name="Columns">C: PEs in a row, 1 to 512.</param>
/// <param name="AccumulatorBytes">Bytes of all four slots; the ISA asks for at least 65536.</param>
/// <param name="AccumulatorLatencyCycles">La: enabled cycles from a bank's write to the first read of the new value, 1 to 16.</param>
/// <param name="OperandFifoRows">X rows requested ahead of the array.</param>
/// <param name="WeightFifoRows">Weight rows requested ahead of the shift chain.</param>
/// <param name="Int8Packing">int8 products of a PE in a step: 1 or 4.</param>
/// <param name="Int4Packing">int4 products of a PE in a step: 1 or 8.</param>
/// <param name="Simd">How the host computes; changes no bit.</param>
/// <param name="Engine">How the host moves the array; changes no bit and no cycle.</param>
/// <param name="Accumulate">Where the value held in the accumulator joins the sum; changes bits and the hazard distance.</param>
/// <param name="SinglePortedAccumulators">A bank is read or written in a cycle and not both; changes cycles.</param>
/// <param name="FunctionCycles">Latency of gelu, sigmoid and tanh on the way out of a drain, 1 to 64.</param>
public sealed record MatrixConfig(
    int Rows,
    int Columns,
    int AccumulatorBytes,
    int AccumulatorLatencyCycles = 2,
    int OperandFifoRows = 8,
    int WeightFifoRows = 8,
    int Int8Packing = 1,
    int Int4Packing = 1,
    SimdWidth Simd = SimdWidth.Widest,
    ArrayEngine Engine = ArrayEngine.Fast,
    AccumulatePlace Accumulate = AccumulatePlace.Top,
    bool SinglePortedAccumulators = false,
    int FunctionCycles = 20)
{
    public const int MaximumSide = 512;

    /// <summary>The most elements of consecutive k that a PE multiplies in a step.</summary>
    public int MostPacking => Math.Max(Int8Packing, Int4Packing);

    /// <summary>Bytes that a PE takes of an operand row.</summary>
    public int WordBytes => MostPacking > 1 ? OperandWords.PackedBytes : sizeof(ushort);

    /// <summary>Bytes of an X row, a row of weights and a drained row: what their ports should move in one access.</summary>
    public (int Operands, int Weights, int Results) RowBytes => (Rows * WordBytes, Columns * sizeof(ushort), Columns * sizeof(int));

    /// <summary>p: products of consecutive k that a PE makes in a step.</summary>
    /// <param name="a">Type of A.</param>
    /// <param name="b">Type of W.</param>
    /// <param name="int8Packing">p of int8 x int8.</param>
    /// <param name="int4Packing">p of int4 x int4.</param>
    public static int PackingOf(ElementType a, ElementType b, int int8Packing, int int4Packing) => b switch
    {
        ElementType.Int8 when a == ElementType.Int8 => int8Packing,
        ElementType.Int4 => int4Packing,
        _ => 1,
    };

    /// <summary>Throws when a size is outside its range; presets are checked before this with file and line.</summary>
    public void Check()
    {
        Range(Rows, 1, MaximumSide, nameof(Rows));
        Range(Columns, 1, MaximumSide, nameof(Columns));
        Range(AccumulatorLatencyCycles, 1, 16, nameof(AccumulatorLatencyCycles));
        Range(AccumulatorBytes, 64, 1 << 28, nameof(AccumulatorBytes));
        Range(OperandFifoRows, 1, 4096, nameof(OperandFifoRows));
        Range(WeightFifoRows, 1, 4096, nameof(WeightFifoRows));
        Range(FunctionCycles, 1, 64, nameof(FunctionCycles));
        if (Int8Packing is not (1 or 4))
            throw new ArgumentOutOfRangeException(nameof(Int8Packing), Int8Packing, "int8 packing must be 1 or 4.");
        if (Int4Packing is not (1 or 8))
            throw new ArgumentOutOfRangeException(nameof(Int4Packing), Int4Packing, "int4 packing must be 1 or 8.");
    }

    private static void Range(int value, int low, int high, string name)
    {
        if (value < low || value > high)
            throw new ArgumentOutOfRangeException(name, value, $"{name} must be {low} to {high}.");
    }
}

/// <summary>How the host moves the array; changes no bit and no cycle.</summary>
public enum ArrayEngine
{
    /// <summary>Whole rows of sums at once; PE registers only when somebody looks.</summary>
    Fast,

    /// <summary>Every register of every PE at every step.</summary>
    Step,
}
