using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary><see cref="CanonicalNaN"/> a vector at a time.</summary>
public static class CanonicalLanes
{
    /// <summary>Makes NaNs canonical in place.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(Span<float> values)
    {
        ref float v = ref MemoryMarshal.GetReference(values);
        nuint i = 0;
        nuint n = (nuint)values.Length;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 16 <= n; i += 16)
                Of(Vector512.LoadUnsafe(ref v, i)).StoreUnsafe(ref v, i);
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 4 <= n; i += 4)
                Of(Vector128.LoadUnsafe(ref v, i)).StoreUnsafe(ref v, i);
        }

        Scalar(values[(int)i..]);
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(Span<float> values)
    {
        foreach (ref float value in values)
            value = BitConverter.UInt32BitsToSingle(CanonicalNaN.BitsOf(value));
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> v) =>
        Vector128.ConditionalSelect(Vector128.Equals(v, v), v, Vector128.Create(CanonicalNaN.Bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Of(Vector256<float> v) =>
        Vector256.ConditionalSelect(Vector256.Equals(v, v), v, Vector256.Create(CanonicalNaN.Bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> v) =>
        Vector512.ConditionalSelect(Vector512.Equals(v, v), v, Vector512.Create(CanonicalNaN.Bits).AsSingle());
}
