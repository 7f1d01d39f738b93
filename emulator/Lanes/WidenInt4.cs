using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>Two int4 a byte, low nibble first, to int8.</summary>
public static class WidenInt4
{
    /// <param name="source">Pairs of nibbles.</param>
    /// <param name="destination">Twice as long as the source.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run(ReadOnlySpan<byte> source, Span<sbyte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(destination.Length, 2 * source.Length);
        ref byte s = ref MemoryMarshal.GetReference(source);
        ref sbyte d = ref MemoryMarshal.GetReference(destination);
        int i = 0;
        if (Vector256.IsHardwareAccelerated)
        {
            for (; i + 16 <= source.Length; i += 16)
            {
                // A byte in a 16-bit lane: its low nibble to the low half, its high nibble to the high half, each with its sign.
                Vector256<short> both = Vector256.WidenLower(Vector128.LoadUnsafe(ref s, (nuint)i).ToVector256Unsafe()).AsInt16();
                Vector256<short> low = (both << 12) >> 12;
                Vector256<short> high = (both << 8) >> 12;
                ((low & Vector256.Create((short)0xFF)) | (high << 8)).AsSByte().StoreUnsafe(ref d, (nuint)(2 * i));
            }
        }

        Scalar(source[i..], destination[(2 * i)..]);
    }

    /// <summary>The same, one byte at a time.</summary>
    public static void Scalar(ReadOnlySpan<byte> source, Span<sbyte> destination)
    {
        for (int i = 0; i < source.Length; i++)
        {
            destination[2 * i] = (sbyte)((sbyte)(source[i] << 4) >> 4);
            destination[(2 * i) + 1] = (sbyte)((sbyte)source[i] >> 4);
        }
    }
}
