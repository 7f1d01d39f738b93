using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>
/// Rows through one fold of the array in int4 that have a byte each, four of consecutive k a word: sums[i][c] += offsets[c] + x[i][k] * w[k][c],
/// wrapping, with w from -8 to 7 and x from 0 to 15, as the byte products of x86 take them. Signed x are made so by adding 8, for which the
/// offsets make up: -8 times the sum of a column of w.
/// </summary>
/// <remarks>
/// Two neighbours' products add up to something between -240 and 210, and 128 such pairs fit 16 bits: sums are widened that seldom, which
/// makes this twice as fast as int8 in pairs.
/// </remarks>
public static class FoldNibbles
{
    /// <summary>Columns are padded to a multiple of this.</summary>
    public const int Block = FoldSizes.Block;

    /// <summary>What is added to signed x.</summary>
    public const int Bias = 8;

    private const int MostQuads = 128; // until 16 bits might be too few: 136 times -240 are
    private const int Low = 0x0F0F0F0F;
    private const uint Signs = 0x88888888;

    /// <summary>Whether this host does this faster than <see cref="FoldInteger"/>.</summary>
    public static bool Suits(SimdWidth width) => Avx2.IsSupported && width >= SimdWidth.Vector256;

    /// <summary>A row of words of eight int4 to two rows of four int8: the even, and the odd elements.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SplitRow(ReadOnlySpan<int> words, Span<int> even, Span<int> odd)
    {
        ref int w = ref MemoryMarshal.GetReference(words);
        ref int e = ref MemoryMarshal.GetReference(even[..words.Length]);
        ref int o = ref MemoryMarshal.GetReference(odd[..words.Length]);
        Vector256<byte> half = Vector256.Create((byte)15), sign = Vector256.Create((byte)8);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 8 <= words.Length; i += 8)
        {
            Vector256<int> both = Vector256.LoadUnsafe(ref w, (nuint)i);
            (((both.AsByte() & half) ^ sign) - sign).AsInt32().StoreUnsafe(ref e, (nuint)i);
            ((((both >>> 4).AsByte() & half) ^ sign) - sign).AsInt32().StoreUnsafe(ref o, (nuint)i);
        }

        for (; i < words.Length; i++)
            (even[i], odd[i]) = (Even(words[i]), Even(words[i] >>> 4));
    }

    /// <summary>A row of words of eight int4 to two rows of words of four bytes: the even, and the odd elements, plus 8 each.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SplitBiased(ReadOnlySpan<int> words, Span<int> even, Span<int> odd)
    {
        ref int w = ref MemoryMarshal.GetReference(words);
        ref int e = ref MemoryMarshal.GetReference(even[..words.Length]);
        ref int o = ref MemoryMarshal.GetReference(odd[..words.Length]);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 8 <= words.Length; i += 8)
        {
            Vector256<int> biased = Vector256.LoadUnsafe(ref w, (nuint)i) ^ Vector256.Create(unchecked((int)Signs));
            (biased & Vector256.Create(Low)).StoreUnsafe(ref e, (nuint)i);
            ((biased >>> 4) & Vector256.Create(Low)).StoreUnsafe(ref o, (nuint)i);
        }

        for (; i < words.Length; i++)
        {
            int biased = words[i] ^ unchecked((int)Signs);
            (even[i], odd[i]) = (biased & Low, (biased >>> 4) & Low);
        }
    }

    /// <param name="x">rows x quads, <paramref name="xPitch"/> words apart; bytes from 0 to 15.</param>
    /// <param name="w">quads x columns, <paramref name="wPitch"/> words apart; bytes from -8 to 7.</param>
    /// <param name="offsets">One a column.</param>
    /// <param name="sums">rows x columns, <paramref name="pitch"/> words apart; updated in place.</param>
    /// <param name="columns">A multiple of <see cref="Block"/>.</param>
    /// <param name="width">A width of this host.</param>
    public static void Run(
        ReadOnlySpan<int> x, int xPitch, ReadOnlySpan<int> w, int wPitch, ReadOnlySpan<int> offsets, Span<int> sums, int pitch,
        int rows, int quads, int columns, SimdWidth width)
    {
        if (!FoldSizes.Check(x.Length, xPitch, w.Length, wPitch, sums.Length, pitch, rows, quads, columns))
            return;
        ArgumentOutOfRangeException.ThrowIfLessThan(offsets.Length, columns);
        if (!Suits(width))
        {
            FoldBytes.Scalar(x, xPitch, w, wPitch, offsets, sums, pitch, rows, quads, columns);
            return;
        }

        ref int firstX = ref MemoryMarshal.GetReference(x);
        if (width == SimdWidth.Vector512 && Avx512BW.IsSupported)
        {
            for (int i = 0; i < rows; i++)
                AddOffsets(offsets, sums.Slice(i * pitch, columns));
            for (int q = 0; q < quads; q += MostQuads)
            {
                FoldTiles.Run<NibbleProducts>(
                    ref Unsafe.Add(ref firstX, q), xPitch, ref Unsafe.Add(ref MemoryMarshal.GetReference(w), q * wPitch), wPitch,
                    ref MemoryMarshal.GetReference(sums), pitch, rows, Math.Min(quads - q, MostQuads), columns);
            }

            return;
        }

        for (int c = 0; c < columns; c += Block)
        {
            ref int weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(w), c);
            ref int offset = ref Unsafe.Add(ref MemoryMarshal.GetReference(offsets), c);
            ref int sum = ref Unsafe.Add(ref MemoryMarshal.GetReference(sums), c);
            int i = 0;
            for (; i + 4 <= rows; i += 4)
                Tile256(ref Unsafe.Add(ref firstX, i * xPitch), xPitch, ref weights, wPitch, ref offset, ref Unsafe.Add(ref sum, i * pitch), pitch, quads);
            for (; i < rows; i++)
                Row256(ref Unsafe.Add(ref firstX, i * xPitch), ref weights, wPitch, ref offset, ref Unsafe.Add(ref sum, i * pitch), quads);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void AddOffsets(ReadOnlySpan<int> offsets, Span<int> sums)
    {
        ref int o = ref MemoryMarshal.GetReference(offsets[..sums.Length]), s = ref MemoryMarshal.GetReference(sums);
        for (nuint c = 0; c < (nuint)sums.Length; c += Block)
            (Vector512.LoadUnsafe(ref o, c) + Vector512.LoadUnsafe(ref s, c)).StoreUnsafe(ref s, c);
    }

    // Byte by byte: -8 to 7 out of the low halves, without a carry from one byte to the next.
    private static int Even(int word)
    {
        uint flipped = ((uint)word & 0x0F0F0F0F) ^ 0x08080808;
        return (int)(((flipped | 0x80808080) - 0x08080808) ^ 0x80808080);
    }

    /// <summary>4 rows x 16 columns: eight of sixteen registers, so that wide sums stay in memory.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile256(ref int x, nint xPitch, ref int w, nint wPitch, ref int offsets, ref int sums, nint pitch, int quads)
    {
        Vector256<int> o = Vector256.LoadUnsafe(ref offsets), p = Vector256.LoadUnsafe(ref offsets, 8);
        nint x3 = 3 * xPitch;
        while (quads > 0)
        {
            Vector256<short> a0 = default, b0 = default, a1 = default, b1 = default, a2 = default, b2 = default, a3 = default, b3 = default;
            ref int end = ref Unsafe.Add(ref x, Math.Min(quads, MostQuads));
            while (Unsafe.IsAddressLessThan(ref x, ref end))
            {
                Vector256<sbyte> first = Vector256.LoadUnsafe(ref w).AsSByte(), second = Vector256.LoadUnsafe(ref w, 8).AsSByte();
                Vector256<byte> v = Vector256.Create(x).AsByte();
                a0 += Avx2.MultiplyAddAdjacent(v, first);
                b0 += Avx2.MultiplyAddAdjacent(v, second);
                v = Vector256.Create(Unsafe.Add(ref x, xPitch)).AsByte();
                a1 += Avx2.MultiplyAddAdjacent(v, first);
                b1 += Avx2.MultiplyAddAdjacent(v, second);
                v = Vector256.Create(Unsafe.Add(ref x, 2 * xPitch)).AsByte();
                a2 += Avx2.MultiplyAddAdjacent(v, first);
                b2 += Avx2.MultiplyAddAdjacent(v, second);
                v = Vector256.Create(Unsafe.Add(ref x, x3)).AsByte();
                a3 += Avx2.MultiplyAddAdjacent(v, first);
                b3 += Avx2.MultiplyAddAdjacent(v, second);
                w = ref Unsafe.Add(ref w, wPitch);
                x = ref Unsafe.Add(ref x, 1);
            }

            AddTo(ref sums, o, p, a0, b0);
            AddTo(ref Unsafe.Add(ref sums, pitch), o, p, a1, b1);
            AddTo(ref Unsafe.Add(ref sums, 2 * pitch), o, p, a2, b2);
            AddTo(ref Unsafe.Add(ref sums, 3 * pitch), o, p, a3, b3);
            o = p = default;
            quads -= MostQuads;
        }
    }

    /// <summary>One row x 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row256(ref int x, ref int w, nint wPitch, ref int offsets, ref int sums, int quads)
    {
        Vector256<int> o = Vector256.LoadUnsafe(ref offsets), p = Vector256.LoadUnsafe(ref offsets, 8);
        while (quads > 0)
        {
            Vector256<short> a = default, b = default;
            ref int end = ref Unsafe.Add(ref x, Math.Min(quads, MostQuads));
            while (Unsafe.IsAddressLessThan(ref x, ref end))
            {
                Vector256<byte> v = Vector256.Create(x).AsByte();
                a += Avx2.MultiplyAddAdjacent(v, Vector256.LoadUnsafe(ref w).AsSByte());
                b += Avx2.MultiplyAddAdjacent(v, Vector256.LoadUnsafe(ref w, 8).AsSByte());
                w = ref Unsafe.Add(ref w, wPitch);
                x = ref Unsafe.Add(ref x, 1);
            }

            AddTo(ref sums, o, p, a, b);
            o = p = default;
            quads -= MostQuads;
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddTo(ref int sums, Vector256<int> o, Vector256<int> p, Vector256<short> a, Vector256<short> b)
    {
        (Vector256.LoadUnsafe(ref sums) + o + Avx2.MultiplyAddAdjacent(a, Vector256.Create((short)1))).StoreUnsafe(ref sums);
        (Vector256.LoadUnsafe(ref sums, 8) + p + Avx2.MultiplyAddAdjacent(b, Vector256.Create((short)1))).StoreUnsafe(ref sums, 8);
    }
}
