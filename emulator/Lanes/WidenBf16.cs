using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>bf16 to fp32: exact; a NaN keeps its payload.</summary>
public static class WidenBf16
{
    /// <param name="source">bf16 bits.</param>
    /// <param name="destination">As long as the source.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, source.Length);
        ref ushort s = ref MemoryMarshal.GetReference(source);
        ref float d = ref MemoryMarshal.GetReference(destination);
        nuint i = 0;
        nuint n = (nuint)source.Length;
        if (Vector512.IsHardwareAccelerated)
        {
            for (; i + 32 <= n; i += 32)
            {
                (Vector512<uint> low, Vector512<uint> high) = Vector512.Widen(Vector512.LoadUnsafe(ref s, i));
                (low << 16).AsSingle().StoreUnsafe(ref d, i);
                (high << 16).AsSingle().StoreUnsafe(ref d, i + 16);
            }
        }

        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 16 <= n; i += 16)
            {
                (Vector256<uint> low, Vector256<uint> high) = Vector256.Widen(Vector256.LoadUnsafe(ref s, i));
                (low << 16).AsSingle().StoreUnsafe(ref d, i);
                (high << 16).AsSingle().StoreUnsafe(ref d, i + 8);
            }
        }

        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 8 <= n; i += 8)
            {
                (Vector128<uint> low, Vector128<uint> high) = Vector128.Widen(Vector128.LoadUnsafe(ref s, i));
                (low << 16).AsSingle().StoreUnsafe(ref d, i);
                (high << 16).AsSingle().StoreUnsafe(ref d, i + 4);
            }
        }

        if (i < n)
            Scalar(source[(int)i..], destination[(int)i..]);
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(ReadOnlySpan<ushort> source, Span<float> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = Bf16.ToFloat(source[i]);
    }
}
