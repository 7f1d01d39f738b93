using HybridEmu.Lanes;
using HybridEmu.Reference;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The array beside its golden stepper: every register of every PE, every cycle.</summary>
internal static class ArrayLockstep
{
    private const int RegistersOfElement = 10;

    private static readonly float[] Awkward =
    [
        0f, -0f, 1f, -1f, 0.5f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, 1e-38f, 1e-20f, -3e38f, 3e38f,
    ];

    /// <summary>Runs both for some wavefronts, with random freezes, tokens, enables and operands.</summary>
    /// <returns>Registers compared, and the first that differs, or null.</returns>
    public static (long Registers, string? Difference) Run(int rows, int columns, SimdWidth simd, ulong seed, MacKind kind)
    {
        var array = new SystolicArray(rows, columns, simd);
        var golden = new SystolicReference(rows, columns);
        var random = new MatrixStimulus((seed * 1000) + (ulong)(rows * 50) + (ulong)columns);
        int cycles = Math.Max(150, 5 * (rows + columns));
        for (int t = 0; t < cycles; t++)
        {
            if (random.Next(4) != 0) // else frozen: everything holds
                RandomEntry(array, golden, random, kind);
            if (Difference(golden, array, kind, t) is { } difference)
                return (0, difference);
        }

        return ((long)cycles * rows * columns * RegistersOfElement, null);
    }

    public static void RandomEntry(SystolicArray array, SystolicReference? golden, MatrixStimulus random, MacKind kind)
    {
        // Phases of dense and of sparse tokens; folds with K not a multiple of R come from the random enables.
        bool dense = (array.Time / 40 & 1) == 0;
        int[]? row = random.Next(dense ? 8 : 2) != 0 ? Words(random, random.Next(array.Rows) + 1, kind) : null;
        bool switchToken = random.Next(dense ? 3 : 20) == 0;
        int[]? weights = random.Next(dense ? 8 : 2) != 0 ? Words(random, array.Columns, kind) : null;
        bool enabled = random.Next(5) != 0;
        int[] addends = Words(random, array.Columns, kind);
        Enter(array, golden, row, switchToken, weights, enabled, addends, kind);
    }

    /// <summary>A step of both.</summary>
    /// <param name="row">Null: no row enters.</param>
    /// <param name="weights">Null: no shift token enters.</param>
    /// <param name="addends">Null: +0 enters the top.</param>
    public static void Enter(
        SystolicArray array, SystolicReference? golden, int[]? row, bool switchToken, int[]? weights, bool enabled, int[]? addends, MacKind kind)
    {
        if (row is not null)
            array.EnterRow(row);
        if (switchToken)
            array.EnterSwitch();
        if (weights is not null)
            array.EnterWeights(weights, enabled);
        addends?.CopyTo(array.Top);
        array.Step(kind);
        golden?.Step(row, switchToken, weights, enabled, addends ?? new int[array.Columns], (SystolicReference.Mac)kind);
    }

    /// <summary>Null, or the first PE and how its registers differ.</summary>
    public static string? Difference(SystolicReference golden, SystolicArray array, MacKind kind, int t)
    {
        for (int r = 0; r < array.Rows; r++)
        {
            for (int c = 0; c < array.Columns; c++)
            {
                if (Difference(golden[r, c], array, r, c, kind, t) is { } difference)
                    return difference;
            }
        }

        return null;
    }

    public static int[] Words(MatrixStimulus random, int count, MacKind kind)
    {
        var words = new int[count];
        for (int i = 0; i < count; i++)
        {
            if (kind != MacKind.Bf16)
                words[i] = (random.Next(65536) << 16) | random.Next(65536);
            else if (random.Next(12) == 0)
                words[i] = BitConverter.SingleToInt32Bits(Awkward[random.Next(Awkward.Length)]) & ~0xFFFF;
            else
                words[i] = BitConverter.SingleToInt32Bits((random.Next(2001) - 1000) / 256f) & ~0xFFFF;
        }

        return words;
    }

    private static string? Difference(SystolicReference.Element pe, SystolicArray array, int r, int c, MacKind kind, int t)
    {
        bool same = pe.Act == array.Act(r, c)
            && SamePsum(pe.Psum, array.Psum(r, c), kind)
            && pe.Weight == array.Weight(r, c)
            && pe.Shadow == array.Shadow(r, c)
            && pe.WeightOut == array.WeightOut(r, c)
            && pe.Enable == array.Enable(r, c)
            && pe.EnableShadow == array.EnableShadow(r, c)
            && pe.EnableOut == array.EnableOut(r, c)
            && pe.ShiftToken == array.ShiftToken(r, c)
            && pe.SwitchToken == array.SwitchToken(r, c);
        return same
            ? null
            : $"cycle {t} PE ({r}, {c}): golden/array act {pe.Act:X}/{array.Act(r, c):X} psum {pe.Psum:X}/{array.Psum(r, c):X} "
            + $"weight {pe.Weight:X}/{array.Weight(r, c):X} shadow {pe.Shadow:X}/{array.Shadow(r, c):X} out {pe.WeightOut:X}/"
            + $"{array.WeightOut(r, c):X} enables {pe.Enable}/{array.Enable(r, c)} {pe.EnableShadow}/{array.EnableShadow(r, c)} "
            + $"{pe.EnableOut}/{array.EnableOut(r, c)} shift {pe.ShiftToken}/{array.ShiftToken(r, c)} switch "
            + $"{pe.SwitchToken}/{array.SwitchToken(r, c)}";
    }

    private static bool SamePsum(int a, int b, MacKind kind) =>
        a == b || (kind == MacKind.Bf16 && float.IsNaN(BitConverter.Int32BitsToSingle(a)) && float.IsNaN(BitConverter.Int32BitsToSingle(b)));
}
