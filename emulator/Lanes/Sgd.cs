using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>
/// Plain gradient descent on fp32 master weights with a bf16 shadow: w = fma(-rate, g, w); shadow = bf16(w), nearest even.
/// NaN is canonical in both.
/// </summary>
public static class Sgd
{
    /// <param name="rate">Learning rate.</param>
    /// <param name="gradients">fp32 gradients.</param>
    /// <param name="master">Weights, updated in place; all three of equal length.</param>
    /// <param name="shadow">bf16 bits, written.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(float rate, ReadOnlySpan<float> gradients, Span<float> master, Span<ushort> shadow)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(gradients.Length, master.Length);
        ArgumentOutOfRangeException.ThrowIfNotEqual(shadow.Length, master.Length);
        ref float g = ref MemoryMarshal.GetReference(gradients);
        ref float w = ref MemoryMarshal.GetReference(master);
        ref ushort s = ref MemoryMarshal.GetReference(shadow);
        nuint i = 0;
        nuint n = (nuint)master.Length;
        if (Vector512.IsHardwareAccelerated && Fp32.HasHardwareFma)
        {
            Vector512<float> x = Vector512.Create(-rate);
            for (; i + 16 <= n; i += 16)
            {
                Vector512<float> v = CanonicalLanes.Of(Vector512.FusedMultiplyAdd(x, Vector512.LoadUnsafe(ref g, i), Vector512.LoadUnsafe(ref w, i)));
                v.StoreUnsafe(ref w, i);
                Vector512<uint> bits = NarrowBf16.Round(v);
                Vector256.Narrow(bits.GetLower(), bits.GetUpper()).StoreUnsafe(ref s, i);
            }
        }

        if (Vector256.IsHardwareAccelerated && Fp32.HasHardwareFma)
        {
            Vector256<float> x = Vector256.Create(-rate);
            for (; i + 8 <= n; i += 8)
            {
                Vector256<float> v = CanonicalLanes.Of(Vector256.FusedMultiplyAdd(x, Vector256.LoadUnsafe(ref g, i), Vector256.LoadUnsafe(ref w, i)));
                v.StoreUnsafe(ref w, i);
                Vector256<uint> bits = NarrowBf16.Round(v);
                Vector128.Narrow(bits.GetLower(), bits.GetUpper()).StoreUnsafe(ref s, i);
            }
        }

        Scalar(rate, gradients[(int)i..], master[(int)i..], shadow[(int)i..]);
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(float rate, ReadOnlySpan<float> gradients, Span<float> master, Span<ushort> shadow)
    {
        for (int i = 0; i < master.Length; i++)
        {
            master[i] = CanonicalNaN.Of(Fp32.Fma(-rate, gradients[i], master[i]));
            shadow[i] = Bf16.FromFloat(master[i]);
        }
    }
}
