using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>A matrix unit's sizes and the bytes that all scratchpad banks together move, which bound its ports.</summary>
internal sealed record MatrixSize(MatrixConfig Config, int BankSpanBytes)
{
    public int SlotLines => Config.AccumulatorBytes / 4 / 4 / Config.Columns;

    /// <summary>Widths of the ports of X rows, weights and drained rows.</summary>
    public (int A, int W, int D) PortBytes => (Width(Config.RowBytes.Operands), Width(Config.RowBytes.Weights), Width(Config.RowBytes.Results));

    /// <summary>Parameters of the top of the RTL.</summary>
    public (string Name, int Value)[] Parameters =>
    [
        ("ROWS", Config.Rows), ("COLUMNS", Config.Columns), ("ACCUMULATOR_BYTES", Config.AccumulatorBytes),
        ("LATENCY", Config.AccumulatorLatencyCycles), ("OPERAND_ROWS", Config.OperandFifoRows), ("WEIGHT_ROWS", Config.WeightFifoRows),
        ("BOTTOM", Config.Accumulate == AccumulatePlace.Bottom ? 1 : 0),
        ("INT8_PACKING", Config.Int8Packing), ("INT4_PACKING", Config.Int4Packing), ("A_BYTES", PortBytes.A), ("W_BYTES", PortBytes.W), ("D_BYTES", PortBytes.D),
    ];

    /// <summary>p of a product.</summary>
    public int PackingOf(MatrixTypes types)
    {
        (ElementType a, ElementType w) = types.OfOperands();
        return MatrixConfig.PackingOf(a, w, Config.Int8Packing, Config.Int4Packing);
    }

    public override string ToString() =>
        $"{Config.Rows} x {Config.Columns}, La {Config.AccumulatorLatencyCycles}, FIFOs {Config.OperandFifoRows} and {Config.WeightFifoRows}, banks {BankSpanBytes} B, p {Config.Int8Packing} and {Config.Int4Packing}, sums added at the {Config.Accumulate}";

    private int Width(int rowBytes) => ScratchpadPort.WidthFor(rowBytes, BankSpanBytes);
}

/// <summary>The sizes that the RTL is built in.</summary>
internal static class MatrixSizes
{
    /// <summary>The quick suite has these two: one with sums accumulated at the top and a product a PE, one with neither.</summary>
    public const int OfMutants = 1, OfFurtherMutants = 5;

    public static readonly MatrixSize[] All =
    [
        new(new MatrixConfig(4, 4, 4096, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(5, 3, 4096, AccumulatorLatencyCycles: 4, OperandFifoRows: 2, WeightFifoRows: 1, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(2, 18, 8192, AccumulatorLatencyCycles: 1, WeightFifoRows: 3, Engine: ArrayEngine.Step), 64),
        new(new MatrixConfig(1, 1, 1024, AccumulatorLatencyCycles: 3, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(3, 20, 8192, AccumulatorLatencyCycles: 2, Engine: ArrayEngine.Step), 512),

        // The latency is above R, so that few rows of a fold wait for it; rows of int4 begin in the midst of bytes where R or C is odd.
        new(new MatrixConfig(3, 5, 4096, 6, Int8Packing: 4, Int4Packing: 8, Accumulate: AccumulatePlace.Bottom, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(4, 4, 4096, Accumulate: AccumulatePlace.Bottom, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(1, 2, 1024, AccumulatorLatencyCycles: 1, OperandFifoRows: 2, Accumulate: AccumulatePlace.Bottom, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(5, 18, 8192, AccumulatorLatencyCycles: 16, Accumulate: AccumulatePlace.Bottom, Engine: ArrayEngine.Step), 64),
        new(new MatrixConfig(4, 4, 4096, Int8Packing: 4, Int4Packing: 8, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(5, 3, 4096, AccumulatorLatencyCycles: 3, OperandFifoRows: 2, WeightFifoRows: 1, Int8Packing: 4, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(20, 3, 4096, AccumulatorLatencyCycles: 1, WeightFifoRows: 2, Int4Packing: 8, Engine: ArrayEngine.Step), 64),
        new(new MatrixConfig(1, 1, 1024, AccumulatorLatencyCycles: 2, Int8Packing: 4, Int4Packing: 8, Engine: ArrayEngine.Step), 512),
        new(new MatrixConfig(2, 37, 16384, OperandFifoRows: 1, Int8Packing: 4, Int4Packing: 8, Engine: ArrayEngine.Step), 64),
    ];
}
