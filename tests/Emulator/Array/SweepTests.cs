using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Lanes;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The step engine where nobody looks for a while, so that it makes up for many steps at once, beside its golden stepper.</summary>
public class SweepTests
{
    private static readonly (int Rows, int Columns)[] Shapes = [(1, 1), (5, 7), (8, 8), (3, 20), (33, 4), (16, 16), (32, 32), (10, 70), (40, 17), (24, 33)];

    private static readonly SimdWidth[] Widths = [SimdWidth.Widest, SimdWidth.Vector256, SimdWidth.Vector128, SimdWidth.Scalar];

    [Theory]
    [InlineData(MacKind.Integer)]
    [InlineData(MacKind.Bf16)]
    [InlineData(MacKind.Int8x4)]
    [InlineData(MacKind.Int4x8)]
    public void Whoever_looks_after_any_number_of_steps_finds_the_registers_of_that_step(MacKind kind)
    {
        Gen<Case> cases =
            from shape in Gen.Choose(0, Shapes.Length - 1)
            from width in Gen.Choose(0, Widths.Length - 1)
            from cycles in Gen.Choose(1, 300)
            from look in Gen.Elements(2, 10, 30, 100)
            from row in Gen.Elements(0, 10, 50)
            from token in Gen.Elements(0, 10, 50)
            from period in Gen.Elements(1, 3, 8, 9, 16, 40)
            from disabled in Gen.Elements(0, 0, 20)
            from top in Gen.Elements(0, 5, 100)
            from seed in Gen.Choose(0, 1_000_000)
            select new Case(kind, shape, width, cycles, look, row, token, period, disabled, top, (ulong)seed);
        Prop.ForAll(Arb.From(cases, Shrink), c => Assert.Null(Difference(c))).Check(Config.QuickThrowOnFailure.WithMaxTest(150));
    }

    [Theory]
    [InlineData(SimdWidth.Widest)]
    [InlineData(SimdWidth.Vector256)]
    [InlineData(SimdWidth.Vector128)]
    [InlineData(SimdWidth.Scalar)]
    public void A_switch_token_at_any_step_of_a_sweep_and_another_at_any_distance_switch_each_PE_at_its_cycle(SimdWidth simd)
    {
        const int Rows = 11, Columns = 37, Settled = 50;
        for (int offset = 0; offset < 8; offset++)
        {
            for (int distance = 1; distance < 20; distance += offset == 0 ? 1 : 5)
            {
                var array = new SystolicArray(Rows, Columns, simd);
                var golden = new SystolicReference(Rows, Columns);
                var random = new MatrixStimulus((ulong)((offset * 20) + distance));
                for (int t = 0; t < Settled + 120; t++)
                {
                    bool token = t == Settled + offset || t == Settled + offset + distance;
                    ArrayLockstep.Enter(array, golden, ArrayLockstep.Words(random, Rows, MacKind.Integer), token, ArrayLockstep.Words(random, Columns, MacKind.Integer), true, null, MacKind.Integer);
                }

                Assert.Null(ArrayLockstep.Difference(golden, array, MacKind.Integer, Settled + 119));
                for (int t = 0; t < offset + distance; t++)
                    ArrayLockstep.Enter(array, golden, null, false, null, true, null, MacKind.Integer);
                Assert.Null(ArrayLockstep.Difference(golden, array, MacKind.Integer, Settled + 119 + offset + distance));
            }
        }
    }

    private static string? Difference(Case c)
    {
        (int rows, int columns) = Shapes[c.Shape];
        var array = new SystolicArray(rows, columns, Widths[c.Width]);
        var golden = new SystolicReference(rows, columns);
        var random = new MatrixStimulus(c.Seed);
        int quiet = 0;
        for (int t = 0; t < c.Cycles; t++)
        {
            int[]? row = random.Next(100) >= c.NoRow ? ArrayLockstep.Words(random, 1 + random.Next(rows), c.Kind) : null;
            int[]? weights = random.Next(100) >= c.NoToken ? ArrayLockstep.Words(random, columns, c.Kind) : null;
            int[]? top = random.Next(100) < c.Top ? ArrayLockstep.Words(random, columns, c.Kind) : null;
            bool switches = c.Period > 8 ? t % c.Period == (int)(c.Seed % (ulong)c.Period) : random.Next(c.Period) == 0;
            ArrayLockstep.Enter(array, golden, row, switches, weights, random.Next(100) >= c.Disabled, top, c.Kind);
            if (quiet-- > 0 && t + 1 < c.Cycles)
                continue;
            quiet = random.Next(c.Look);
            if (ArrayLockstep.Difference(golden, array, c.Kind, t) is { } difference)
                return difference;
        }

        return null;
    }

    private static IEnumerable<Case> Shrink(Case c)
    {
        if (c.Cycles > 1)
        {
            yield return c with { Cycles = c.Cycles / 2 };
            yield return c with { Cycles = c.Cycles - 1 };
        }

        if (c.NoRow > 0)
            yield return c with { NoRow = 0 };
        if (c.NoToken > 0)
            yield return c with { NoToken = 0 };
        if (c.Disabled > 0)
            yield return c with { Disabled = 0 };
        if (c.Top > 0)
            yield return c with { Top = 0 };
        if (c.Width > 0)
            yield return c with { Width = 0 };
        if (c.Shape > 0)
            yield return c with { Shape = c.Shape - 1 };
    }

    /// <param name="Look">Steps between two looks, below this.</param>
    /// <param name="NoRow">Percent of the steps at which no X row enters.</param>
    /// <param name="NoToken">Percent of the steps at which no shift token enters.</param>
    /// <param name="Period">Steps from switch token to switch token; up to 8 at random.</param>
    /// <param name="Disabled">Percent of the rows of weights that are beyond k.</param>
    /// <param name="Top">Percent of the steps at which addends enter.</param>
    private sealed record Case(MacKind Kind, int Shape, int Width, int Cycles, int Look, int NoRow, int NoToken, int Period, int Disabled, int Top, ulong Seed);
}
