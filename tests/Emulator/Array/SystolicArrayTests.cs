using HybridEmu.Kernel;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class SystolicArrayTests
{
    public static TheoryData<int, int, SimdWidth> Shapes()
    {
        var data = new TheoryData<int, int, SimdWidth>();
        foreach (SimdWidth simd in new[] { SimdWidth.Scalar, SimdWidth.Vector128, SimdWidth.Vector256, SimdWidth.Vector512 })
        {
            foreach ((int rows, int columns) in new[] { (1, 1), (5, 7), (8, 8), (3, 20), (33, 4), (16, 16), (32, 32), (10, 70) })
                data.Add(rows, columns, simd);
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Shapes))]
    public void Every_register_equals_the_golden_stepper_at_every_cycle(int rows, int columns, SimdWidth simd)
    {
        for (ulong seed = 0; seed < 3; seed++)
        {
            foreach (MacKind kind in Enum.GetValues<MacKind>())
                Assert.Null(ArrayLockstep.Run(rows, columns, simd, seed, kind).Difference);
        }
    }

    [Theory]
    [InlineData(SimdWidth.Scalar)]
    [InlineData(SimdWidth.Vector256)]
    [InlineData(SimdWidth.Vector512)]
    public void Disabled_rows_pass_the_sum_bit_for_bit(SimdWidth simd)
    {
        // One enabled row of four: -0 stays -0 and inf * 0 never happens in the other three.
        var array = new SystolicArray(4, 3, simd);
        LoadColumn(array, [[0, 0, 0], [0, 0, 0], [0, 0, 0], Bits(1f, 0f, -0f)], enabledRows: 1);
        int[] addends = Bits(-0f, float.NegativeInfinity, -0f);
        array.EnterRow(Bits(-0f, float.PositiveInfinity, float.NaN, float.PositiveInfinity));
        array.EnterSwitch();
        var left = new int[3];
        for (int t = 0; t < 4 + 3; t++)
        {
            if (t < 3)
                array.Top[t] = addends[t];
            array.Step(MacKind.Bf16);
            if (t - 3 is >= 0 and < 3)
                left[t - 3] = array.Bottom[t - 3];
        }

        Assert.Equal(Bits(-0f, float.NegativeInfinity, 0f), left);
    }

    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(4, 3, 5)]
    [InlineData(8, 8, 1)]
    [InlineData(5, 7, 12)]
    public void A_fold_takes_2R_plus_C_plus_M_minus_2_cycles_from_first_weight_to_last_sum(int rows, int columns, int m)
    {
        // All weights and operands are 1, so the last bottom register shows R at its cycle and something else before.
        var array = new SystolicArray(rows, columns, SimdWidth.Widest);
        int[] ones = Enumerable.Repeat(1, columns).ToArray();
        int expected = (2 * rows) + columns + m - 2;
        int changedAt = -1;
        for (int cycle = 1; cycle <= expected + 5; cycle++)
        {
            int t = cycle - 1;
            if (t < rows)
                array.EnterWeights(ones, true);
            if (t == rows)
                array.EnterSwitch();
            if (t >= rows && t < rows + m)
            {
                int value = t == rows + m - 1 ? 1 : 2;
                array.EnterRow(Enumerable.Repeat(value, rows).ToArray());
            }

            array.Step(MacKind.Integer);
            if (array.Bottom[columns - 1] == rows)
            {
                Assert.Equal(-1, changedAt);
                changedAt = cycle;
            }
        }

        Assert.Equal(expected, changedAt);
    }

    [Fact]
    public void A_saved_array_continues_as_the_one_that_was_not_stopped()
    {
        var array = new SystolicArray(5, 7);
        var random = new MatrixStimulus(9);
        for (int t = 0; t < 40; t++)
            ArrayLockstep.RandomEntry(array, null, random, MacKind.Bf16);
        using var stream = new MemoryStream();
        array.Walk(StateArchive.ForSave(stream));
        stream.Position = 0;
        var restored = new SystolicArray(5, 7, SimdWidth.Scalar);
        restored.Walk(StateArchive.ForLoad(stream));
        Assert.Equal(HashOf(array), HashOf(restored));
        ulong seed = random.State;
        for (int t = 0; t < 200; t++)
            ArrayLockstep.RandomEntry(array, null, random, MacKind.Bf16);
        var again = new MatrixStimulus(0) { State = seed };
        for (int t = 0; t < 200; t++)
            ArrayLockstep.RandomEntry(restored, null, again, MacKind.Bf16);
        Assert.Equal(HashOf(array), HashOf(restored));
    }

    private static ulong HashOf(SystolicArray array)
    {
        StateArchive archive = StateArchive.ForHash();
        array.Walk(archive);
        return archive.Hash;
    }

    private static void LoadColumn(SystolicArray array, int[][] bottomFirst, int enabledRows)
    {
        for (int i = 0; i < bottomFirst.Length; i++)
        {
            array.EnterWeights(bottomFirst[i], bottomFirst.Length - i <= enabledRows);
            array.Step(MacKind.Bf16);
        }
    }

    private static int[] Bits(params float[] values) => values.Select(BitConverter.SingleToInt32Bits).ToArray();
}
