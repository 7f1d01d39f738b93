using HybridEmu.Lanes;

namespace HybridEmu.Units;

/// <summary>Sizes of one tile's matrix unit.</summary>
/// <param name="Rows">R: PEs in a column, 1 to 256.</param>
/// <param name="Columns">C: PEs in a row, 1 to 256.</param>
/// <param name="AccumulatorBytes">Bytes of all four slots; the ISA asks for at least 65536.</param>
/// <param name="AccumulatorLatencyCycles">La: enabled cycles from a bank's write to the first read of the new value, 1 to 16.</param>
/// <param name="OperandFifoRows">X rows requested ahead of the array.</param>
/// <param name="WeightFifoRows">Weight rows requested ahead of the shift chain.</param>
/// <param name="Simd">How the host computes; changes no bit.</param>
/// <param name="Engine">How the host moves the array; changes no bit and no cycle.</param>
/// <param name="Accumulate">Where the value held in the accumulator joins the sum; changes bits and the hazard distance.</param>
public sealed record MatrixConfig(
    int Rows,
    int Columns,
    int AccumulatorBytes,
    int AccumulatorLatencyCycles = 2,
    int OperandFifoRows = 8,
    int WeightFifoRows = 8,
    SimdWidth Simd = SimdWidth.Widest,
    ArrayEngine Engine = ArrayEngine.Fast,
    AccumulatePlace Accumulate = AccumulatePlace.Top)
{
    public const int MaximumSide = 256;

    /// <summary>Throws when a size is outside its range; presets are checked before this with file and line.</summary>
    public void Check()
    {
        Range(Rows, 1, MaximumSide, nameof(Rows));
        Range(Columns, 1, MaximumSide, nameof(Columns));
        Range(AccumulatorLatencyCycles, 1, 16, nameof(AccumulatorLatencyCycles));
        Range(AccumulatorBytes, 64, 1 << 28, nameof(AccumulatorBytes));
        Range(OperandFifoRows, 1, 4096, nameof(OperandFifoRows));
        Range(WeightFifoRows, 1, 4096, nameof(WeightFifoRows));
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
