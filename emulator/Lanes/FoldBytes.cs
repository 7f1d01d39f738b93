using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>
/// Rows through one fold of the array in bytes, four of consecutive k a word: sums[i][c] += offsets[c] + x[i][k] * w[k][c], wrapping,
/// with unsigned x and signed w, as the dot products of x86 take them. Signed x are made unsigned by adding 128, for which the
/// offsets make up: -128 times the sum of a column of w.
/// </summary>
public static class FoldBytes
{
    /// <summary>Columns are padded to a multiple of this.</summary>
    public const int Block = FoldSizes.Block;

    /// <summary>What is added to signed x.</summary>
    public const int Bias = 128;

    private const uint Biases = 0x80808080;

    /// <summary>Whether this host does this faster than <see cref="FoldInteger"/>.</summary>
    public static bool Suits(SimdWidth width) => AvxVnni.IsSupported && width >= SimdWidth.Vector256;

    /// <summary>Signed bytes plus 128: words of four int8.</summary>
    /// <param name="signed">The words.</param>
    /// <param name="unsigned">As many; they may be the same.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void MakeUnsigned(ReadOnlySpan<int> signed, Span<int> unsigned)
    {
        ref int s = ref MemoryMarshal.GetReference(signed[..unsigned.Length]);
        ref int u = ref MemoryMarshal.GetReference(unsigned);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 8 <= unsigned.Length; i += 8)
            (Vector256.LoadUnsafe(ref s, (nuint)i) ^ Vector256.Create(Biases).AsInt32()).StoreUnsafe(ref u, (nuint)i);
        for (; i < unsigned.Length; i++)
            unsigned[i] = signed[i] ^ unchecked((int)Biases);
    }

    /// <summary>Four rows of int8 values to one of words, column by column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PackRows(ReadOnlySpan<int> first, ReadOnlySpan<int> second, ReadOnlySpan<int> third, ReadOnlySpan<int> fourth, Span<int> words)
    {
        int length = words.Length;
        ref int a = ref MemoryMarshal.GetReference(first[..length]), b = ref MemoryMarshal.GetReference(second[..length]);
        ref int c = ref MemoryMarshal.GetReference(third[..length]), d = ref MemoryMarshal.GetReference(fourth[..length]);
        ref int w = ref MemoryMarshal.GetReference(words);
        Vector256<int> mask = Vector256.Create(0xFF);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 8 <= length; i += 8)
        {
            nuint at = (nuint)i;
            Vector256<int> low = (Vector256.LoadUnsafe(ref a, at) & mask) | ((Vector256.LoadUnsafe(ref b, at) & mask) << 8);
            Vector256<int> high = (Vector256.LoadUnsafe(ref c, at) & mask) | (Vector256.LoadUnsafe(ref d, at) << 8);
            ((low & Vector256.Create(0xFFFF)) | (high << 16)).StoreUnsafe(ref w, at);
        }

        for (; i < length; i++)
            words[i] = Word(first[i], second[i], third[i], fourth[i]);
    }

    /// <summary>Takes one row of words of w into the offsets of its columns.</summary>
    /// <param name="row">Words of four int8.</param>
    /// <param name="bias">What was added to signed x.</param>
    /// <param name="offsets">One a column.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void AddOffsets(ReadOnlySpan<int> row, int bias, Span<int> offsets)
    {
        ref int w = ref MemoryMarshal.GetReference(row);
        ref int o = ref MemoryMarshal.GetReference(offsets[..row.Length]);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 8 <= row.Length; i += 8)
        {
            Vector256<int> word = Vector256.LoadUnsafe(ref w, (nuint)i);
            Vector256<int> sum = ((word << 24) >> 24) + ((word << 16) >> 24) + ((word << 8) >> 24) + (word >> 24);
            (Vector256.LoadUnsafe(ref o, (nuint)i) - (sum * bias)).StoreUnsafe(ref o, (nuint)i);
        }

        for (; i < row.Length; i++)
        {
            int word = row[i];
            offsets[i] -= bias * ((sbyte)word + (sbyte)(word >> 8) + (sbyte)(word >> 16) + (word >> 24));
        }
    }

    /// <param name="x">rows x quads, <paramref name="xPitch"/> words apart; unsigned bytes.</param>
    /// <param name="w">quads x columns, <paramref name="wPitch"/> words apart; signed bytes.</param>
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
            Scalar(x, xPitch, w, wPitch, offsets, sums, pitch, rows, quads, columns);
            return;
        }

        ref int firstX = ref MemoryMarshal.GetReference(x);
        for (int c = 0; c < columns; c += Block)
        {
            ref int weights = ref Unsafe.Add(ref MemoryMarshal.GetReference(w), c);
            ref int offset = ref Unsafe.Add(ref MemoryMarshal.GetReference(offsets), c);
            ref int sum = ref Unsafe.Add(ref MemoryMarshal.GetReference(sums), c);
            int i = 0;
            for (; i + 6 <= rows; i += 6)
                Tile6(ref Unsafe.Add(ref firstX, i * xPitch), xPitch, ref weights, wPitch, ref offset, ref Unsafe.Add(ref sum, i * pitch), pitch, quads);
            for (; i + 4 <= rows; i += 4)
                Tile4(ref Unsafe.Add(ref firstX, i * xPitch), xPitch, ref weights, wPitch, ref offset, ref Unsafe.Add(ref sum, i * pitch), pitch, quads);
            for (; i < rows; i++)
                Row(ref Unsafe.Add(ref firstX, i * xPitch), ref weights, wPitch, ref offset, ref Unsafe.Add(ref sum, i * pitch), quads);
        }
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(
        ReadOnlySpan<int> x, int xPitch, ReadOnlySpan<int> w, int wPitch, ReadOnlySpan<int> offsets, Span<int> sums, int pitch,
        int rows, int quads, int columns)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int c = 0; c < columns; c++)
            {
                int sum = unchecked(sums[(i * pitch) + c] + offsets[c]);
                for (int q = 0; q < quads; q++)
                {
                    int a = x[(i * xPitch) + q], b = w[(q * wPitch) + c];
                    for (int bits = 0; bits < 32; bits += 8)
                        sum = unchecked(sum + ((byte)(a >> bits) * (sbyte)(b >> bits)));
                }

                sums[(i * pitch) + c] = sum;
            }
        }
    }

    private static int Word(int first, int second, int third, int fourth) =>
        (first & 0xFF) | ((second & 0xFF) << 8) | ((third & 0xFF) << 16) | (fourth << 24);

    /// <summary>6 rows x 16 columns: the twelve sums that hide the latency of a dot product.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile6(ref int x, nint xPitch, ref int w, nint wPitch, ref int offsets, ref int sums, nint pitch, int quads)
    {
        Vector256<int> o = Vector256.LoadUnsafe(ref offsets), p = Vector256.LoadUnsafe(ref offsets, 8);
        ref int x1 = ref Unsafe.Add(ref x, xPitch), s1 = ref Unsafe.Add(ref sums, pitch);
        ref int x2 = ref Unsafe.Add(ref x, 2 * xPitch), s2 = ref Unsafe.Add(ref sums, 2 * pitch);
        ref int x3 = ref Unsafe.Add(ref x, 3 * xPitch), s3 = ref Unsafe.Add(ref sums, 3 * pitch);
        ref int x4 = ref Unsafe.Add(ref x, 4 * xPitch), s4 = ref Unsafe.Add(ref sums, 4 * pitch);
        ref int x5 = ref Unsafe.Add(ref x, 5 * xPitch), s5 = ref Unsafe.Add(ref sums, 5 * pitch);
        Vector256<int> a0 = o + Vector256.LoadUnsafe(ref sums), b0 = p + Vector256.LoadUnsafe(ref sums, 8);
        Vector256<int> a1 = o + Vector256.LoadUnsafe(ref s1), b1 = p + Vector256.LoadUnsafe(ref s1, 8);
        Vector256<int> a2 = o + Vector256.LoadUnsafe(ref s2), b2 = p + Vector256.LoadUnsafe(ref s2, 8);
        Vector256<int> a3 = o + Vector256.LoadUnsafe(ref s3), b3 = p + Vector256.LoadUnsafe(ref s3, 8);
        Vector256<int> a4 = o + Vector256.LoadUnsafe(ref s4), b4 = p + Vector256.LoadUnsafe(ref s4, 8);
        Vector256<int> a5 = o + Vector256.LoadUnsafe(ref s5), b5 = p + Vector256.LoadUnsafe(ref s5, 8);
        for (nint q = 0; q < quads; q++)
        {
            Vector256<sbyte> left = Vector256.LoadUnsafe(ref w).AsSByte(), right = Vector256.LoadUnsafe(ref w, 8).AsSByte();
            Vector256<byte> v = Vector256.Create(Unsafe.Add(ref x, q)).AsByte();
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, v, left);
            b0 = AvxVnni.MultiplyWideningAndAdd(b0, v, right);
            v = Vector256.Create(Unsafe.Add(ref x1, q)).AsByte();
            a1 = AvxVnni.MultiplyWideningAndAdd(a1, v, left);
            b1 = AvxVnni.MultiplyWideningAndAdd(b1, v, right);
            v = Vector256.Create(Unsafe.Add(ref x2, q)).AsByte();
            a2 = AvxVnni.MultiplyWideningAndAdd(a2, v, left);
            b2 = AvxVnni.MultiplyWideningAndAdd(b2, v, right);
            v = Vector256.Create(Unsafe.Add(ref x3, q)).AsByte();
            a3 = AvxVnni.MultiplyWideningAndAdd(a3, v, left);
            b3 = AvxVnni.MultiplyWideningAndAdd(b3, v, right);
            v = Vector256.Create(Unsafe.Add(ref x4, q)).AsByte();
            a4 = AvxVnni.MultiplyWideningAndAdd(a4, v, left);
            b4 = AvxVnni.MultiplyWideningAndAdd(b4, v, right);
            v = Vector256.Create(Unsafe.Add(ref x5, q)).AsByte();
            a5 = AvxVnni.MultiplyWideningAndAdd(a5, v, left);
            b5 = AvxVnni.MultiplyWideningAndAdd(b5, v, right);
            w = ref Unsafe.Add(ref w, wPitch);
        }

        a0.StoreUnsafe(ref sums);
        b0.StoreUnsafe(ref sums, 8);
        a1.StoreUnsafe(ref s1);
        b1.StoreUnsafe(ref s1, 8);
        a2.StoreUnsafe(ref s2);
        b2.StoreUnsafe(ref s2, 8);
        a3.StoreUnsafe(ref s3);
        b3.StoreUnsafe(ref s3, 8);
        a4.StoreUnsafe(ref s4);
        b4.StoreUnsafe(ref s4, 8);
        a5.StoreUnsafe(ref s5);
        b5.StoreUnsafe(ref s5, 8);
    }

    /// <summary>4 rows x 16 columns, for the rows that are left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile4(ref int x, nint xPitch, ref int w, nint wPitch, ref int offsets, ref int sums, nint pitch, int quads)
    {
        Vector256<int> o = Vector256.LoadUnsafe(ref offsets), p = Vector256.LoadUnsafe(ref offsets, 8);
        ref int x1 = ref Unsafe.Add(ref x, xPitch), s1 = ref Unsafe.Add(ref sums, pitch);
        ref int x2 = ref Unsafe.Add(ref x, 2 * xPitch), s2 = ref Unsafe.Add(ref sums, 2 * pitch);
        ref int x3 = ref Unsafe.Add(ref x, 3 * xPitch), s3 = ref Unsafe.Add(ref sums, 3 * pitch);
        Vector256<int> a0 = o + Vector256.LoadUnsafe(ref sums), b0 = p + Vector256.LoadUnsafe(ref sums, 8);
        Vector256<int> a1 = o + Vector256.LoadUnsafe(ref s1), b1 = p + Vector256.LoadUnsafe(ref s1, 8);
        Vector256<int> a2 = o + Vector256.LoadUnsafe(ref s2), b2 = p + Vector256.LoadUnsafe(ref s2, 8);
        Vector256<int> a3 = o + Vector256.LoadUnsafe(ref s3), b3 = p + Vector256.LoadUnsafe(ref s3, 8);
        for (nint q = 0; q < quads; q++)
        {
            Vector256<sbyte> left = Vector256.LoadUnsafe(ref w).AsSByte(), right = Vector256.LoadUnsafe(ref w, 8).AsSByte();
            Vector256<byte> v = Vector256.Create(Unsafe.Add(ref x, q)).AsByte();
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, v, left);
            b0 = AvxVnni.MultiplyWideningAndAdd(b0, v, right);
            v = Vector256.Create(Unsafe.Add(ref x1, q)).AsByte();
            a1 = AvxVnni.MultiplyWideningAndAdd(a1, v, left);
            b1 = AvxVnni.MultiplyWideningAndAdd(b1, v, right);
            v = Vector256.Create(Unsafe.Add(ref x2, q)).AsByte();
            a2 = AvxVnni.MultiplyWideningAndAdd(a2, v, left);
            b2 = AvxVnni.MultiplyWideningAndAdd(b2, v, right);
            v = Vector256.Create(Unsafe.Add(ref x3, q)).AsByte();
            a3 = AvxVnni.MultiplyWideningAndAdd(a3, v, left);
            b3 = AvxVnni.MultiplyWideningAndAdd(b3, v, right);
            w = ref Unsafe.Add(ref w, wPitch);
        }

        a0.StoreUnsafe(ref sums);
        b0.StoreUnsafe(ref sums, 8);
        a1.StoreUnsafe(ref s1);
        b1.StoreUnsafe(ref s1, 8);
        a2.StoreUnsafe(ref s2);
        b2.StoreUnsafe(ref s2, 8);
        a3.StoreUnsafe(ref s3);
        b3.StoreUnsafe(ref s3, 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row(ref int x, ref int w, nint wPitch, ref int offsets, ref int sums, int quads)
    {
        Vector256<int> o = Vector256.LoadUnsafe(ref offsets), p = Vector256.LoadUnsafe(ref offsets, 8);
        Vector256<int> a0 = o + Vector256.LoadUnsafe(ref sums), b0 = p + Vector256.LoadUnsafe(ref sums, 8);
        for (nint q = 0; q < quads; q++)
        {
            Vector256<sbyte> left = Vector256.LoadUnsafe(ref w).AsSByte(), right = Vector256.LoadUnsafe(ref w, 8).AsSByte();
            Vector256<byte> v = Vector256.Create(Unsafe.Add(ref x, q)).AsByte();
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, v, left);
            b0 = AvxVnni.MultiplyWideningAndAdd(b0, v, right);
            w = ref Unsafe.Add(ref w, wPitch);
        }

        a0.StoreUnsafe(ref sums);
        b0.StoreUnsafe(ref sums, 8);
    }
}
