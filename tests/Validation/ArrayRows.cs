using System.Globalization;
using HybridEmu.Emulator.Tests;
using HybridEmu.Lanes;
using HybridEmu.Units;

namespace HybridEmu.Validation.Tests;

/// <summary>The array against its golden stepper, and a lone fold against SCALE-Sim's closed form.</summary>
internal static class ArrayRows
{
    private static readonly (int Rows, int Columns)[] s_shapes = [(1, 1), (5, 7), (8, 8), (3, 20), (33, 4), (16, 16), (32, 32)];

    public static IEnumerable<ValidationRow> Measure()
    {
        long registers = 0;
        string? difference = null;
        foreach ((int rows, int columns) in s_shapes)
        {
            foreach (MacKind kind in Enum.GetValues<MacKind>())
            {
                (long compared, string? found) = ArrayLockstep.Run(rows, columns, SimdWidth.Widest, 7, kind);
                registers += compared;
                difference ??= found;
            }
        }

        yield return new(
            "array, every PE register",
            string.Create(CultureInfo.InvariantCulture, $"own scalar stepper, every cycle, random stalls and tokens: {registers:#,##0} register values of {s_shapes.Length} shapes"),
            difference ?? "0 cycles, 0 bits",
            ValidationRow.Here);

        int worst = 0, folds = 0;
        foreach ((int rows, int columns) in s_shapes)
        {
            foreach (int m in (int[])[1, 2, rows, (2 * rows) + 3])
            {
                // SCALE-Sim's count is the index of the last cycle.
                worst = Math.Max(worst, Math.Abs(CyclesOfFold(rows, columns, m) - ((2 * rows) + columns + m - 2)));
                folds++;
            }
        }

        yield return new("array, a lone fold", $"SCALE-Sim's closed form 2R + C + M - 2, {folds} folds", $"{worst} cycles", ValidationRow.Here);
    }

    /// <summary>From the first weight to the last sum at the bottom, or -1 when that never came.</summary>
    private static int CyclesOfFold(int rows, int columns, int m)
    {
        // All weights are 1; the last row's operands too, those before are 2: the last sum is the first that equals R.
        var array = new SystolicArray(rows, columns, SimdWidth.Widest);
        int[] ones = [.. Enumerable.Repeat(1, columns)];
        for (int t = 0; t < 4 * (rows + columns + m); t++)
        {
            if (t < rows)
                array.EnterWeights(ones, true);
            if (t == rows)
                array.EnterSwitch();
            if (t >= rows && t < rows + m)
                array.EnterRow([.. Enumerable.Repeat(t == rows + m - 1 ? 1 : 2, rows)]);
            array.Step(MacKind.Integer);
            if (array.Bottom[columns - 1] == rows)
                return t + 1;
        }

        return -1;
    }
}
