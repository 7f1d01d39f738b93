using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Arrays of the greatest side, which no random case draws.</summary>
public class LargestArrayTests
{
    private const int Side = MatrixConfig.MaximumSide;

    [Theory]
    [InlineData(Side, 3)]
    [InlineData(2, Side)]
    public void Every_register_of_the_longest_rows_and_columns_equals_the_golden_stepper(int rows, int columns)
    {
        foreach (MacKind kind in (MacKind[])[MacKind.Integer, MacKind.Bf16])
            Assert.Null(ArrayLockstep.Run(rows, columns, SimdWidth.Widest, 5, kind).Difference);
    }

    [Theory]
    [InlineData(Side, Side, 560, 48, true)]
    [InlineData(Side, Side, 40, 600, false)]
    [InlineData(Side, 48, 560, 55, false)]
    [InlineData(48, Side, 70, 600, true)]
    public void Both_engines_give_the_same_edges_registers_and_bits_as_plain_loops(int rows, int columns, int k, int n, bool integer)
    {
        var product = new MatrixCase(20, k, n, integer, false, false, 1, false, 9);
        MatrixBench[] engines = [.. new[] { ArrayEngine.Fast, ArrayEngine.Step }.Select(engine =>
            new MatrixBench(new MatrixConfig(rows, columns, 1 << 18, Engine: engine), stallPercent: 15) { Hashes = [], HashAt = edge => edge % 97 == 0 })];
        foreach (MatrixBench engine in engines)
            Assert.Equal(product.Expected(), product.Run(engine));
        Assert.Equal(engines[1].Finished, engines[0].Finished);
        Assert.Equal(engines[1].Hashes, engines[0].Hashes);
        Assert.True(engines[0].Hashes!.Count > 3);
    }
}
