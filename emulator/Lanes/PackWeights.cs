using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>Rows of weight words into rows of what the fold kernels take: several consecutive k in one word, column by column.</summary>
public static class PackWeights
{
    /// <summary>Low bytes of four rows as one word, the first row's lowest.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Quads(ReadOnlySpan<int> first, ReadOnlySpan<int> second, ReadOnlySpan<int> third, ReadOnlySpan<int> fourth, Span<int> quads)
    {
        ref int a = ref MemoryMarshal.GetReference(first);
        ref int b = ref MemoryMarshal.GetReference(second[..first.Length]);
        ref int c = ref MemoryMarshal.GetReference(third[..first.Length]);
        ref int d = ref MemoryMarshal.GetReference(fourth[..first.Length]);
        ref int q = ref MemoryMarshal.GetReference(quads[..first.Length]);
        int i = 0;
        Vector256<int> mask = Vector256.Create(0xFF);
        for (; Vector256.IsHardwareAccelerated && i + 8 <= first.Length; i += 8)
        {
            nuint at = (nuint)i;
            Vector256<int> low = (Vector256.LoadUnsafe(ref a, at) & mask) | ((Vector256.LoadUnsafe(ref b, at) & mask) << 8);
            Vector256<int> high = ((Vector256.LoadUnsafe(ref c, at) & mask) << 16) | (Vector256.LoadUnsafe(ref d, at) << 24);
            (low | high).StoreUnsafe(ref q, at);
        }

        for (; i < first.Length; i++)
            quads[i] = (first[i] & 0xFF) | ((second[i] & 0xFF) << 8) | ((third[i] & 0xFF) << 16) | (fourth[i] << 24);
    }

    /// <summary>Words of eight int4 as two of four int8: nibbles 0 to 3, and 4 to 7.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void NibblesToBytes(ReadOnlySpan<int> row, Span<int> low, Span<int> high)
    {
        ref int w = ref MemoryMarshal.GetReference(row);
        ref int l = ref MemoryMarshal.GetReference(low[..row.Length]);
        ref int h = ref MemoryMarshal.GetReference(high[..row.Length]);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 8 <= row.Length; i += 8)
        {
            Vector256<int> words = Vector256.LoadUnsafe(ref w, (nuint)i);
            Spread(words & Vector256.Create(0xFFFF)).StoreUnsafe(ref l, (nuint)i);
            Spread(words >>> 16).StoreUnsafe(ref h, (nuint)i);
        }

        for (; i < row.Length; i++)
        {
            low[i] = SpreadScalar(row[i] & 0xFFFF);
            high[i] = SpreadScalar(row[i] >>> 16);
        }
    }

    /// <summary>Words of four int8 as two of two int16: bytes 0 and 1, and 2 and 3.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void BytesToPairs(ReadOnlySpan<int> row, Span<int> low, Span<int> high)
    {
        ref int w = ref MemoryMarshal.GetReference(row);
        ref int l = ref MemoryMarshal.GetReference(low[..row.Length]);
        ref int h = ref MemoryMarshal.GetReference(high[..row.Length]);
        int i = 0;
        Vector256<int> mask = Vector256.Create(0xFFFF);
        for (; Vector256.IsHardwareAccelerated && i + 8 <= row.Length; i += 8)
        {
            Vector256<int> words = Vector256.LoadUnsafe(ref w, (nuint)i);
            (((words << 24 >> 24) & mask) | (words << 16 >> 24 << 16)).StoreUnsafe(ref l, (nuint)i);
            (((words << 8 >> 24) & mask) | (words >> 24 << 16)).StoreUnsafe(ref h, (nuint)i);
        }

        for (; i < row.Length; i++)
        {
            low[i] = FoldInteger.Pair((sbyte)row[i], (sbyte)(row[i] >> 8));
            high[i] = FoldInteger.Pair((sbyte)(row[i] >> 16), row[i] >> 24);
        }
    }

    // Four nibbles, each to a byte of its own; then the sign bit of each to the four bits above it.
    private static int SpreadScalar(int nibbles)
    {
        int bytes = (nibbles | (nibbles << 8)) & 0x00FF00FF;
        bytes = (bytes | (bytes << 4)) & 0x0F0F0F0F;
        int signs = bytes & 0x08080808;
        return bytes | (signs << 1) | (signs << 2) | (signs << 3) | (signs << 4);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector256<int> Spread(Vector256<int> nibbles)
    {
        Vector256<int> bytes = (nibbles | (nibbles << 8)) & Vector256.Create(0x00FF00FF);
        bytes = (bytes | (bytes << 4)) & Vector256.Create(0x0F0F0F0F);
        Vector256<int> signs = bytes & Vector256.Create(0x08080808);
        return bytes | (signs << 1) | (signs << 2) | (signs << 3) | (signs << 4);
    }
}
