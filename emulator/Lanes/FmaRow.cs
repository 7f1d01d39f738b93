using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>
/// acc[j] = fma(a, b[j], acc[j]): one operand times a row of weights onto a row of sums. NaN payloads are not defined
/// here; canonicalise where the sums are observed.
/// </summary>
public static class FmaRow
{
    /// <param name="a">The operand that the whole row shares.</param>
    /// <param name="b">The row of weights.</param>
    /// <param name="accumulators">As long as the row; updated in place.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float a, ReadOnlySpan<float> b, Span<float> accumulators)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(accumulators.Length, b.Length);
        ref float y = ref MemoryMarshal.GetReference(b);
        ref float c = ref MemoryMarshal.GetReference(accumulators);
        nuint i = 0;
        nuint n = (nuint)b.Length;
        if (Vector512.IsHardwareAccelerated && Fp32.HasHardwareFma)
        {
            Vector512<float> x = Vector512.Create(a);
            for (; i + 16 <= n; i += 16)
                Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref y, i), Vector512.LoadUnsafe(ref c, i)).StoreUnsafe(ref c, i);
        }

        if (Vector256.IsHardwareAccelerated && Fp32.HasHardwareFma)
        {
            Vector256<float> x = Vector256.Create(a);
            for (; i + 8 <= n; i += 8)
                Vector256.FusedMultiplyAdd(x, Vector256.LoadUnsafe(ref y, i), Vector256.LoadUnsafe(ref c, i)).StoreUnsafe(ref c, i);
        }

        if (Vector128.IsHardwareAccelerated && Fp32.HasHardwareFma)
        {
            Vector128<float> x = Vector128.Create(a);
            for (; i + 4 <= n; i += 4)
                Vector128.FusedMultiplyAdd(x, Vector128.LoadUnsafe(ref y, i), Vector128.LoadUnsafe(ref c, i)).StoreUnsafe(ref c, i);
        }

        Scalar(a, b[(int)i..], accumulators[(int)i..]);
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(float a, ReadOnlySpan<float> b, Span<float> accumulators)
    {
        for (int i = 0; i < b.Length; i++)
            accumulators[i] = Fp32.Fma(a, b[i], accumulators[i]);
    }
}
