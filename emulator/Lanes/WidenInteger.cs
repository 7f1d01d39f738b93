using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>int8 or int16 to int32, sign-extended.</summary>
public static class WidenInteger
{
    /// <param name="source">int8.</param>
    /// <param name="destination">As long as the source.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ReadOnlySpan<sbyte> source, Span<int> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, source.Length);
        ref sbyte s = ref MemoryMarshal.GetReference(source);
        ref int d = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 32 <= source.Length; i += 32)
        {
            (Vector256<short> low, Vector256<short> high) = Vector256.Widen(Vector256.LoadUnsafe(ref s, (nuint)i));
            Store(low, ref Unsafe.Add(ref d, i));
            Store(high, ref Unsafe.Add(ref d, i + 16));
        }

        for (; Vector128.IsHardwareAccelerated && i + 16 <= source.Length; i += 16)
        {
            (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.LoadUnsafe(ref s, (nuint)i));
            Store(low, ref Unsafe.Add(ref d, i));
            Store(high, ref Unsafe.Add(ref d, i + 8));
        }

        Scalar(source[i..], destination[i..]);
    }

    /// <param name="source">int16.</param>
    /// <param name="destination">As long as the source.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ReadOnlySpan<short> source, Span<int> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, source.Length);
        ref short s = ref MemoryMarshal.GetReference(source);
        ref int d = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 16 <= source.Length; i += 16)
            Store(Vector256.LoadUnsafe(ref s, (nuint)i), ref Unsafe.Add(ref d, i));
        for (; Vector128.IsHardwareAccelerated && i + 8 <= source.Length; i += 8)
            Store(Vector128.LoadUnsafe(ref s, (nuint)i), ref Unsafe.Add(ref d, i));
        Scalar(source[i..], destination[i..]);
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(ReadOnlySpan<sbyte> source, Span<int> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = source[i];
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(ReadOnlySpan<short> source, Span<int> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = source[i];
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector256<short> values, ref int destination)
    {
        (Vector256<int> low, Vector256<int> high) = Vector256.Widen(values);
        low.StoreUnsafe(ref destination);
        high.StoreUnsafe(ref destination, 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store(Vector128<short> values, ref int destination)
    {
        (Vector128<int> low, Vector128<int> high) = Vector128.Widen(values);
        low.StoreUnsafe(ref destination);
        high.StoreUnsafe(ref destination, 4);
    }
}
