using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>Signed 8-bit and 16-bit integers to 32 bits, and 8-bit ones to 16.</summary>
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
        nuint i = 0;
        nuint n = (nuint)source.Length;
        if (Vector512.IsHardwareAccelerated && Avx512F.IsSupported)
        {
            for (; i + 16 <= n; i += 16)
                Avx512F.ConvertToVector512Int32(Vector128.LoadUnsafe(ref s, i)).StoreUnsafe(ref d, i);
        }
        else if (Avx2.IsSupported)
        {
            for (; i + 16 <= n; i += 16)
            {
                Vector128<sbyte> values = Vector128.LoadUnsafe(ref s, i);
                Avx2.ConvertToVector256Int32(values).StoreUnsafe(ref d, i);
                Avx2.ConvertToVector256Int32(values.GetUpper().ToVector128Unsafe()).StoreUnsafe(ref d, i + 8);
            }
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 16 <= n; i += 16)
            {
                (Vector128<short> low, Vector128<short> high) = Vector128.Widen(Vector128.LoadUnsafe(ref s, i));
                (Vector128<int> first, Vector128<int> second) = Vector128.Widen(low);
                first.StoreUnsafe(ref d, i);
                second.StoreUnsafe(ref d, i + 4);
                (first, second) = Vector128.Widen(high);
                first.StoreUnsafe(ref d, i + 8);
                second.StoreUnsafe(ref d, i + 12);
            }
        }

        if (i < n)
            Scalar(source[(int)i..], destination[(int)i..]);
    }

    /// <param name="source">int16.</param>
    /// <param name="destination">As long as the source.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ReadOnlySpan<short> source, Span<int> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, source.Length);
        ref short s = ref MemoryMarshal.GetReference(source);
        ref int d = ref MemoryMarshal.GetReference(destination);
        nuint i = 0;
        nuint n = (nuint)source.Length;
        if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 8 <= n; i += 8)
            {
                (Vector128<int> first, Vector128<int> second) = Vector128.Widen(Vector128.LoadUnsafe(ref s, i));
                first.StoreUnsafe(ref d, i);
                second.StoreUnsafe(ref d, i + 4);
            }
        }

        if (i < n)
            Scalar(source[(int)i..], destination[(int)i..]);
    }

    /// <param name="source">int8.</param>
    /// <param name="destination">As long as the source.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ReadOnlySpan<sbyte> source, Span<short> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, source.Length);
        ref sbyte s = ref MemoryMarshal.GetReference(source);
        ref short d = ref MemoryMarshal.GetReference(destination);
        nuint i = 0;
        nuint n = (nuint)source.Length;
        if (Avx2.IsSupported)
        {
            for (; i + 16 <= n; i += 16)
                Avx2.ConvertToVector256Int16(Vector128.LoadUnsafe(ref s, i)).StoreUnsafe(ref d, i);
        }
        else if (Vector128.IsHardwareAccelerated)
        {
            for (; i + 16 <= n; i += 16)
            {
                (Vector128<short> first, Vector128<short> second) = Vector128.Widen(Vector128.LoadUnsafe(ref s, i));
                first.StoreUnsafe(ref d, i);
                second.StoreUnsafe(ref d, i + 8);
            }
        }

        if (i < n)
            Scalar(source[(int)i..], destination[(int)i..]);
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

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(ReadOnlySpan<sbyte> source, Span<short> destination)
    {
        for (int i = 0; i < source.Length; i++)
            destination[i] = source[i];
    }
}
