using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>acc[j] += a * b[j] in int8 x int8 -> int32, wrapping: one operand times a row of weights onto a row of sums.</summary>
public static class Int8MacRow
{
    /// <param name="a">The operand that the whole row shares.</param>
    /// <param name="b">The row of weights.</param>
    /// <param name="accumulators">As long as the row; updated in place.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(sbyte a, ReadOnlySpan<sbyte> b, Span<int> accumulators)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(accumulators.Length, b.Length);
        ref sbyte y = ref MemoryMarshal.GetReference(b);
        ref int c = ref MemoryMarshal.GetReference(accumulators);
        nuint i = 0;
        nuint n = (nuint)b.Length;

        // Products of two int8 fit 16 bits: multiply there, widen after.
        if (Vector256.IsHardwareAccelerated)
        {
            Vector256<short> x = Vector256.Create((short)a);
            for (; i + 32 <= n; i += 32)
            {
                (Vector256<short> low, Vector256<short> high) = Vector256.Widen(Vector256.LoadUnsafe(ref y, i));
                (Vector256<int> p0, Vector256<int> p1) = Vector256.Widen(low * x);
                (Vector256<int> p2, Vector256<int> p3) = Vector256.Widen(high * x);
                (Vector256.LoadUnsafe(ref c, i) + p0).StoreUnsafe(ref c, i);
                (Vector256.LoadUnsafe(ref c, i + 8) + p1).StoreUnsafe(ref c, i + 8);
                (Vector256.LoadUnsafe(ref c, i + 16) + p2).StoreUnsafe(ref c, i + 16);
                (Vector256.LoadUnsafe(ref c, i + 24) + p3).StoreUnsafe(ref c, i + 24);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            Vector128<short> x = Vector128.Create((short)a);
            for (; i + 16 <= n; i += 16)
            {
                (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.LoadUnsafe(ref y, i));
                (Vector128<int> p0, Vector128<int> p1) = Vector128.Widen(low * x);
                (Vector128<int> p2, Vector128<int> p3) = Vector128.Widen(high * x);
                (Vector128.LoadUnsafe(ref c, i) + p0).StoreUnsafe(ref c, i);
                (Vector128.LoadUnsafe(ref c, i + 4) + p1).StoreUnsafe(ref c, i + 4);
                (Vector128.LoadUnsafe(ref c, i + 8) + p2).StoreUnsafe(ref c, i + 8);
                (Vector128.LoadUnsafe(ref c, i + 12) + p3).StoreUnsafe(ref c, i + 12);
            }
        }

        Scalar(a, b[(int)i..], accumulators[(int)i..]);
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(sbyte a, ReadOnlySpan<sbyte> b, Span<int> accumulators)
    {
        for (int i = 0; i < b.Length; i++)
            accumulators[i] = unchecked(accumulators[i] + (a * b[i]));
    }
}
