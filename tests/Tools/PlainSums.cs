using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Tools;

/// <summary>One step of an array's sums, word by word from what its accumulators have in flight: row i of a fold is at column c i + c steps after its start.</summary>
internal static class PlainSums
{
    /// <param name="config">Of the array.</param>
    /// <param name="sums">Its accumulators.</param>
    /// <param name="array">An array that takes its addends by its top.</param>
    public static void Move(MatrixConfig config, Accumulators sums, SystolicArray array)
    {
        bool addsAtBottom = config.Accumulate == AccumulatePlace.Bottom;
        Span<int> top = array.Top;
        ReadOnlySpan<int> bottom = array.Bottom;
        for (int i = 0; i < sums.FoldsInFlight; i++)
        {
            FoldInFlight fold = sums.InFlight(i);
            for (int c = 0; c < fold.Columns; c++)
            {
                long entering = array.Time - fold.Start - c;
                if (fold.Addend != 0 && !addsAtBottom && entering >= 0 && entering < fold.Rows)
                    top[c] = sums.Row(in fold, (int)entering)[c];
            }
        }

        for (int i = 0; i < sums.FoldsInFlight; i++)
        {
            FoldInFlight fold = sums.InFlight(i);
            for (int c = 0; c < fold.Columns; c++)
            {
                long leaving = array.Time - fold.Start - c - config.Rows;
                if (leaving < 0 || leaving >= fold.Rows)
                    continue;
                ref int word = ref sums.Row(in fold, (int)leaving)[c];
                int sum = addsAtBottom && fold.Addend != 0 ? Add(word, bottom[c], fold.Kind) : bottom[c];
                word = fold.Kind == MacKind.Bf16 ? (int)CanonicalNaN.BitsOf(BitConverter.Int32BitsToSingle(sum)) : sum;
            }
        }
    }

    private static int Add(int held, int sum, MacKind kind) => kind == MacKind.Bf16
        ? BitConverter.SingleToInt32Bits(BitConverter.Int32BitsToSingle(held) + BitConverter.Int32BitsToSingle(sum))
        : unchecked(held + sum);
}
