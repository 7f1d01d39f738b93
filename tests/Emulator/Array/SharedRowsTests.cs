using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The fast engine with host threads that sum its rows while others enter, against the same alone.</summary>
public class SharedRowsTests
{
    private static readonly (int Rows, int Columns)[] Shapes = [(4, 4), (8, 8), (2, 16), (16, 3), (5, 7), (16, 16)];

    [Theory]
    [InlineData(2)]
    [InlineData(3)]
    public void Rows_that_host_threads_sum_are_those_of_one_thread_at_every_cycle_one_looks_at(int threads)
    {
        using var team = new HostTeam(threads);
        Gen<SharedCase> cases =
            from shape in Gen.Choose(0, Shapes.Length - 1)
            from seed in Gen.Choose(0, 1_000_000)
            from rows in Gen.Choose(1, 300)
            from depth in Gen.Choose(1, 40)
            from products in Gen.Choose(1, 3)
            from look in Gen.Elements(0, 0, 2, 20)
            from place in Gen.Elements(AccumulatePlace.Top, AccumulatePlace.Bottom)
            select new SharedCase(shape, (ulong)seed, rows, depth, products, look, place);
        Prop.ForAll(Arb.From(cases, Shrink), c => Agree(c, team)).Check(Config.QuickThrowOnFailure.WithMaxTest(60));
    }

    private static void Agree(SharedCase c, HostTeam team)
    {
        (int rows, int columns) = Shapes[c.Shape];
        var config = new MatrixConfig(rows, columns, 1 << 20, Int8Packing: 4, Int4Packing: 8, Accumulate: c.Place);
        bool Looks(long edge) => c.Look > 0 && new MatrixStimulus(c.Seed ^ ((ulong)edge << 20)).Next(1000) < c.Look;
        (ElementType a, ElementType b) = MatrixCase.Types[(int)(c.Seed % (ulong)MatrixCase.Types.Count)];
        var product = new MatrixCase(c.M, c.K, 20, a != ElementType.Bf16, false, false, c.Products, false, c.Seed) { TypeA = a, TypeB = b };
        MatrixBench alone = new(config) { Hashes = [], HashAt = Looks }, shared = new(config, team: team) { Hashes = [], HashAt = Looks };
        Assert.Equal(product.Run(alone), product.Run(shared));
        Assert.Equal(alone.Finished, shared.Finished);
        Assert.Equal(alone.Hashes, shared.Hashes);
    }

    private static IEnumerable<SharedCase> Shrink(SharedCase c)
    {
        if (c.M > 1)
            yield return c with { M = c.M / 2 };
        if (c.M > 1)
            yield return c with { M = c.M - 1 };
        if (c.K > 1)
            yield return c with { K = c.K / 2 };
        if (c.Products > 1)
            yield return c with { Products = c.Products - 1 };
        if (c.Look > 0)
            yield return c with { Look = 0 };
        if (c.Shape > 0)
            yield return c with { Shape = c.Shape - 1 };
    }

    /// <param name="Shape">Index into <see cref="Shapes"/>.</param>
    /// <param name="M">Rows.</param>
    /// <param name="K">Depth.</param>
    /// <param name="Products">Products over the same sums.</param>
    /// <param name="Look">Looks at the registers in so many of a thousand edges.</param>
    /// <param name="Place">Where addends join.</param>
    private sealed record SharedCase(int Shape, ulong Seed, int M, int K, int Products, int Look, AccumulatePlace Place);
}
