using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class MatrixUnitTests
{
    private const int AccumulatorBytes = 1 << 18;

    private static readonly MatrixConfig[] Sizes =
    [
        new(8, 8, AccumulatorBytes),
        new(16, 16, AccumulatorBytes, AccumulatorLatencyCycles: 3),
        new(5, 7, AccumulatorBytes, OperandFifoRows: 2, WeightFifoRows: 1),
        new(32, 32, AccumulatorBytes),
        new(1, 1, AccumulatorBytes),
        new(3, 40, AccumulatorBytes, AccumulatorLatencyCycles: 1),
        new(40, 3, AccumulatorBytes, Simd: SimdWidth.Scalar),
        new(8, 8, AccumulatorBytes, Int8Packing: 4, Int4Packing: 8),
        new(5, 7, AccumulatorBytes, OperandFifoRows: 2, WeightFifoRows: 1, Int8Packing: 4),
        new(3, 40, AccumulatorBytes, Int4Packing: 8, Simd: SimdWidth.Vector128),
    ];

    [Fact]
    public void Any_product_equals_the_triple_loop_in_ascending_k()
    {
        Gen<(MatrixCase Case, int Size, int Stall)> cases =
            from m in Gen.Choose(1, 40)
            from k in Gen.Choose(1, 45)
            from n in Gen.Choose(1, 45)
            from bits in Gen.Choose(0, 7)
            from type in Gen.Choose(0, MatrixCase.Types.Count - 1)
            from products in Gen.Choose(1, 3)
            from size in Gen.Choose(0, Sizes.Length - 1)
            from stall in Gen.Elements(0, 0, 20, 70)
            from seed in Gen.Choose(0, 1_000_000)
            select (Case(m, k, n, MatrixCase.Types[type], (bits & 1) != 0, (bits & 2) != 0, products, (bits & 4) != 0, (ulong)seed), size, stall);
        Prop.ForAll(Arb.From(cases, Shrink), c => Assert.Equal(c.Case.Expected(), c.Case.Run(Sizes[c.Size], c.Stall)))
            .Check(Config.QuickThrowOnFailure.WithMaxTest(300));
    }

    private static MatrixCase Case(
        int m, int k, int n, (ElementType A, ElementType B) types, bool transposeA = false, bool transposeB = false, int products = 1, bool awkward = false, ulong seed = 2) =>
        new(m, k, n, types.A != ElementType.Bf16, transposeA, transposeB, products, awkward, seed) { TypeA = types.A, TypeB = types.B };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Array_size_and_stalls_change_no_bit(bool awkward)
    {
        var product = new MatrixCase(19, 70, 67, false, false, false, 2, awkward, 5);
        uint[] expected = product.Expected();
        foreach (MatrixConfig config in Sizes)
        {
            Assert.Equal(expected, product.Run(config));
            Assert.Equal(expected, product.Run(config, stallPercent: 50, latency: 4));
        }
    }

    /// <summary>Sums of R products each, added one after the other: other bits than the chain over all of k.</summary>
    [Theory]
    [InlineData(8, ArrayEngine.Fast)]
    [InlineData(8, ArrayEngine.Step)]
    [InlineData(16, ArrayEngine.Fast)]
    [InlineData(100, ArrayEngine.Fast)]
    [InlineData(100, ArrayEngine.Step)]
    public void Accumulated_at_the_bottom_the_sums_of_folds_are_added(int rows, ArrayEngine engine)
    {
        var product = new MatrixCase(19, 70, 67, false, false, false, 2, false, 5);
        var config = new MatrixConfig(rows, 32, AccumulatorBytes, Accumulate: AccumulatePlace.Bottom, Engine: engine);
        uint[] sums = product.Run(config);
        Assert.Equal(product.Expected(rows), sums);
        int differences = sums.Zip(product.Expected()).Count(pair => pair.First != pair.Second);
        Assert.InRange(differences, sums.Length / 20, sums.Length);
        Assert.Equal(sums, product.Run(config, stallPercent: 50, latency: 4));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    public void Skipping_idle_edges_changes_no_state_at_any_edge(int variant)
    {
        MatrixCase product = variant switch
        {
            4 => Case(9, 70, 17, (ElementType.Int4, ElementType.Int4), products: 2),
            5 => Case(9, 20, 17, (ElementType.Int16, ElementType.Int8), products: 2),
            _ => new MatrixCase(9, 20, 17, variant == 1, variant == 2, variant == 3, 2, true, 11),
        };
        foreach (MatrixConfig size in Sizes)
        {
            MatrixConfig config = size with { AccumulatorBytes = 16384 }; // all of it is hashed at every edge
            var every = new MatrixBench(config, 40, 3, 5) { EveryEdge = true, Hashes = [] };
            var skipping = new MatrixBench(config, 40, 3, 5) { Hashes = [] };
            Assert.Equal(product.Run(every), product.Run(skipping));
            Assert.Equal(every.Hashes, skipping.Hashes);
            Assert.Equal(every.Finished, skipping.Finished);
            Assert.True(skipping.Evaluations < every.Evaluations);
        }
    }

    [Fact]
    public void Every_edge_has_one_cause()
    {
        var bench = new MatrixBench(Sizes[0], 30, 4);
        new MatrixCase(20, 30, 30, false, true, false, 2, false, 2).Run(bench);
        bench.Unit.State.Ledger.Settle(bench.Edge);
        long sum = 0;
        for (int cause = 0; cause < MatrixUnit.Causes.Length; cause++)
            sum += bench.Unit.State.Ledger[cause];
        Assert.Equal(bench.Edge + 1, sum);
        Assert.Equal(sum, bench.Unit.State.Ledger.Total);
    }

    [Fact]
    public void Useful_multiplications_are_counted_once_each()
    {
        foreach (MatrixConfig config in Sizes)
        {
            var bench = new MatrixBench(config);
            new MatrixCase(6, 11, 13, false, false, false, 1, false, 2).Run(bench);
            Assert.Equal(6 * 11 * 13, bench.Unit.State.MacsBf16);
            Assert.Equal(6 * 11 * 13, bench.Unit.State.Macs);
            Assert.Equal(6 * 11 * 13, bench.Unit.UsedPeCycles);
        }
    }

    [Theory]
    [InlineData(ElementType.Int8, ElementType.Int8, 4)]
    [InlineData(ElementType.Int4, ElementType.Int4, 8)]
    [InlineData(ElementType.Int16, ElementType.Int8, 0.5)]
    public void A_PE_that_packs_products_takes_fewer_cycles_for_them(ElementType a, ElementType b, double rate)
    {
        var bench = new MatrixBench(new MatrixConfig(8, 8, AccumulatorBytes, Int8Packing: 4, Int4Packing: 8));
        Case(6, 128, 16, (a, b)).Run(bench);
        Assert.Equal(6 * 128 * 16, bench.Unit.State.Macs);
        Assert.Equal((long)(6 * 128 * 16 / rate), bench.Unit.UsedPeCycles);
    }

    [Fact]
    public void No_cycle_allocates_a_byte()
    {
        // The least of some runs: a collection that somebody else's garbage starts shifts the thread's count by a few bytes.
        long least = long.MaxValue;
        for (int run = 0; run < 3; run++)
        {
            var bench = new MatrixBench(Sizes[0], 20, 4);
            new MatrixCase(20, 30, 30, false, true, true, 2, true, 2).Run(bench);
            least = Math.Min(least, bench.AllocatedBytes);
        }

        Assert.Equal(0, least);
    }

    private static IEnumerable<(MatrixCase Case, int Size, int Stall)> Shrink((MatrixCase Case, int Size, int Stall) failing)
    {
        MatrixCase c = failing.Case;
        if (failing.Stall > 0)
            yield return (c, failing.Size, 0);
        if (c.Products > 1)
            yield return (c with { Products = c.Products - 1 }, failing.Size, failing.Stall);
        if (c.Awkward)
            yield return (c with { Awkward = false }, failing.Size, failing.Stall);
        if (c.TransposeA)
            yield return (c with { TransposeA = false }, failing.Size, failing.Stall);
        if (c.TransposeB)
            yield return (c with { TransposeB = false }, failing.Size, failing.Stall);
        foreach (MatrixCase smaller in new[]
        {
            c with { M = c.M / 2 }, c with { K = c.K / 2 }, c with { N = c.N / 2 },
            c with { M = c.M - 1 }, c with { K = c.K - 1 }, c with { N = c.N - 1 },
        })
        {
            if (smaller.M > 0 && smaller.K > 0 && smaller.N > 0)
                yield return (smaller, failing.Size, failing.Stall);
        }
    }
}
