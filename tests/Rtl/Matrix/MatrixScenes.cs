using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Rtl.Tests;

/// <summary>Random scenes, and how to make a failing one smaller.</summary>
internal static class MatrixScenes
{
    private static readonly ElementType[] Results = [ElementType.Fp32, ElementType.Int32, ElementType.Bf16, ElementType.Int8];

    // Half of the descriptors are products, most of the others drains; a drain of a slot that holds nothing falls out.
    private static readonly DescriptorOpcode[] Products =
    [
        DescriptorOpcode.MxMatmul, DescriptorOpcode.MxMatmul, DescriptorOpcode.MxMatmul, DescriptorOpcode.MxDrain, DescriptorOpcode.MxDrain, DescriptorOpcode.MxZero,
    ];

    // Weights that stay for a few streams, and now and then something between.
    private static readonly DescriptorOpcode[] Pinned =
    [
        .. Enumerable.Repeat(DescriptorOpcode.MxStream, 12), DescriptorOpcode.MxLoad, DescriptorOpcode.MxLoad, DescriptorOpcode.MxMatmul,
        DescriptorOpcode.MxDrain, DescriptorOpcode.MxZero,
    ];

    /// <summary>Scenes for one size of <see cref="MatrixSizes"/>.</summary>
    public static Arbitrary<MatrixScene> Of(int size) => Arb.From(Scene(size), scene => scene.Smaller());

    private static Gen<MatrixScene> Scene(int size) =>
        from kinds in Gen.Elements(Products, Pinned)
        from count in Gen.Choose(1, kinds == Products ? 6 : 12)
        from operations in Gen.ArrayOf(Operation(MatrixSizes.All[size], kinds), count)
        from stalls in Gen.Elements(0, 0, 15, 50, 85)
        from reports in Gen.Elements(0, 0, 90, 98)
        from latency in Gen.Elements(1, 1, 2, 5, 12)
        from data in Gen.Elements(MatrixData.Ordinary, MatrixData.Awkward, MatrixData.Raw)
        from seed in Gen.Choose(0, 1_000_000)
        select new MatrixScene(size, operations, stalls, latency, data, seed) { ReportStallPercent = reports };

    private static Gen<MatrixOperation> Operation(MatrixSize size, DescriptorOpcode[] kinds) =>
        from kind in Gen.Elements(kinds)
        from slot in Gen.Elements(0, 1, 1, 1, 3)
        from m in kinds == Pinned ? Gen.OneOf(Gen.Choose(1, 4), Rows(size)) : Rows(size)
        from k in Gen.OneOf(Extent(size.Config.Rows, 4), Extent(size.Config.Rows * size.Config.MostPacking, 4))
        from n in Extent(size.Config.Columns, 3)
        from accumulate in Gen.Elements(true, true, false)
        from types in Gen.Elements(MatrixTypes.Bf16, MatrixTypes.Bf16, MatrixTypes.Bf16, MatrixTypes.Int8, MatrixTypes.Int8, MatrixTypes.Int4, MatrixTypes.Int4, MatrixTypes.Int16ByInt8, MatrixTypes.Int8ByInt16)
        from type in Gen.Elements(Results)
        from flags in Gen.ArrayOf(Gen.Elements(false, true), 5)
        from place in Gen.Choose(0, 1_000_000)
        select new MatrixOperation(kind, slot, m, k, n, accumulate, types, place)
        {
            TransposeA = flags[0],
            TransposeB = flags[1],
            Out = type,
            Scaled = flags[2],
            Biased = flags[3],
            Relu = flags[4],
        };

    /// <summary>Beside the rows from which on folds over the same sums do not wait for each other (MX-6, MX-16).</summary>
    private static Gen<int> Rows(MatrixSize size) =>
        Extent((size.Config.Accumulate == AccumulatePlace.Top ? size.Config.Rows : 0) + size.Config.AccumulatorLatencyCycles, 3);

    /// <summary>Sizes up to some times the unit, and just beside its multiples as often as anything else.</summary>
    private static Gen<int> Extent(int unit, int most) =>
        Gen.OneOf(
            Gen.Choose(1, unit * most),
            from times in Gen.Choose(1, most)
            from beside in Gen.Choose(-1, 1)
            select Math.Max(1, (times * unit) + beside));
}
