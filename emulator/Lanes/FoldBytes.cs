using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>
/// Rows through one fold of the array in int8: sums[i][c] += x[i][k] * w[k][c], wrapping, four k at a time in a word. Made for
/// hosts that multiply unsigned by signed bytes (VNNI), so x comes biased: its bytes are x + 128, and what that brings too much
/// is 128 times the sum of a column of w, which is the same for all rows.
/// </summary>
/// <remarks>The host's instruction has 256 bits and sixteen registers: twelve sums, two of weights, one of x.</remarks>
public static class FoldBytes
{
    /// <summary>Columns are padded to a multiple of this.</summary>
    public const int Block = 16;

    /// <summary>Rows of a tile: batches that are a multiple of it leave no row for the slow end.</summary>
    public const int TileRows = 6;

    /// <summary>Whether this is the way to go; else by pairs (<see cref="FoldInteger"/>).</summary>
    public static bool HasVectors(SimdWidth width) => width >= SimdWidth.Vector256 && AvxVnni.IsSupported;

    /// <summary>x + 128, byte by byte.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Bias(Span<byte> x)
    {
        ref byte b = ref MemoryMarshal.GetReference(x);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 32 <= x.Length; i += 32)
            (Vector256.LoadUnsafe(ref b, (nuint)i) ^ Vector256.Create((byte)0x80)).StoreUnsafe(ref b, (nuint)i);
        for (; i < x.Length; i++)
            Unsafe.Add(ref b, i) ^= 0x80;
    }

    /// <summary>What the bias of x brings too much, negated.</summary>
    /// <param name="w">quads x columns, <paramref name="wPitch"/> words apart.</param>
    /// <param name="corrections">One word a column.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Corrections(ReadOnlySpan<int> w, int wPitch, int quads, Span<int> corrections)
    {
        for (int c = 0; c < corrections.Length; c++)
            corrections[c] = 0;
        for (int q = 0; q < quads; q++)
        {
            ReadOnlySpan<int> row = w.Slice(q * wPitch, corrections.Length);
            int c = 0;
            for (; Vector256.IsHardwareAccelerated && c + 8 <= row.Length; c += 8)
            {
                Vector256<int> word = Vector256.LoadUnsafe(in row[c]), sum = Vector256.LoadUnsafe(in corrections[c]);
                sum -= ((word << 24 >> 24) + (word << 16 >> 24) + (word << 8 >> 24) + (word >> 24)) << 7;
                sum.StoreUnsafe(ref corrections[c]);
            }

            for (; c < row.Length; c++)
                corrections[c] = MacInt8x4.Apply(unchecked((int)0x80808080), row[c], corrections[c]); // -128 four times
        }
    }

    /// <param name="x">rows x quads of biased bytes, <paramref name="xPitch"/> words apart.</param>
    /// <param name="w">quads x columns of signed bytes, <paramref name="wPitch"/> words apart.</param>
    /// <param name="corrections">Of <see cref="Corrections"/>.</param>
    /// <param name="sums">rows x columns, <paramref name="pitch"/> words apart; updated in place.</param>
    /// <param name="columns">A multiple of <see cref="Block"/>.</param>
    /// <param name="width">A width of this host.</param>
    public static void Run(
        ReadOnlySpan<int> x, int xPitch, ReadOnlySpan<int> w, int wPitch, ReadOnlySpan<int> corrections, Span<int> sums, int pitch, int rows, int quads, int columns, SimdWidth width)
    {
        ArgumentOutOfRangeException.ThrowIfNotEqual(columns % Block, 0);
        if (rows == 0 || quads == 0)
            return;
        ArgumentOutOfRangeException.ThrowIfLessThan(x.Length, ((rows - 1) * xPitch) + quads);
        ArgumentOutOfRangeException.ThrowIfLessThan(w.Length, ((quads - 1) * wPitch) + columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(corrections.Length, columns);
        ArgumentOutOfRangeException.ThrowIfLessThan(sums.Length, ((rows - 1) * pitch) + columns);
        if (!HasVectors(width))
        {
            Scalar(x, xPitch, w, wPitch, sums, pitch, rows, quads, columns);
            return;
        }

        ref int xs = ref MemoryMarshal.GetReference(x);
        ref int ws = ref MemoryMarshal.GetReference(w);
        ref int cs = ref MemoryMarshal.GetReference(corrections);
        ref int ss = ref MemoryMarshal.GetReference(sums);
        for (int c = 0; c < columns; c += Block)
        {
            int i = 0;
            for (; i + TileRows <= rows; i += TileRows)
                Tile(ref Unsafe.Add(ref xs, i * xPitch), xPitch, ref Unsafe.Add(ref ws, c), wPitch, ref Unsafe.Add(ref cs, c), ref Unsafe.Add(ref ss, (i * pitch) + c), pitch, quads);
            for (; i < rows; i++)
                Row(ref Unsafe.Add(ref xs, i * xPitch), ref Unsafe.Add(ref ws, c), wPitch, ref Unsafe.Add(ref cs, c), ref Unsafe.Add(ref ss, (i * pitch) + c), quads);
        }
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(
        ReadOnlySpan<int> x, int xPitch, ReadOnlySpan<int> w, int wPitch, Span<int> sums, int pitch, int rows, int quads, int columns)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int c = 0; c < columns; c++)
            {
                int sum = sums[(i * pitch) + c];
                for (int q = 0; q < quads; q++)
                    sum = MacInt8x4.Apply(x[(i * xPitch) + q] ^ unchecked((int)0x80808080), w[(q * wPitch) + c], sum);
                sums[(i * pitch) + c] = sum;
            }
        }
    }

    /// <summary>6 rows x 16 columns.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile(ref int x, nint xPitch, ref int w, nint wPitch, ref int corrections, ref int sums, nint pitch, int quads)
    {
        ref int x3 = ref Unsafe.Add(ref x, 3 * xPitch);
        ref int s1 = ref Unsafe.Add(ref sums, pitch);
        ref int s2 = ref Unsafe.Add(ref sums, 2 * pitch);
        ref int s3 = ref Unsafe.Add(ref sums, 3 * pitch);
        ref int s4 = ref Unsafe.Add(ref s2, 2 * pitch);
        ref int s5 = ref Unsafe.Add(ref s3, 2 * pitch);
        Vector256<int> left = Vector256.LoadUnsafe(ref corrections), right = Vector256.LoadUnsafe(ref corrections, 8);
        Vector256<int> a0 = left + Vector256.LoadUnsafe(ref sums), b0 = right + Vector256.LoadUnsafe(ref sums, 8);
        Vector256<int> a1 = left + Vector256.LoadUnsafe(ref s1), b1 = right + Vector256.LoadUnsafe(ref s1, 8);
        Vector256<int> a2 = left + Vector256.LoadUnsafe(ref s2), b2 = right + Vector256.LoadUnsafe(ref s2, 8);
        Vector256<int> a3 = left + Vector256.LoadUnsafe(ref s3), b3 = right + Vector256.LoadUnsafe(ref s3, 8);
        Vector256<int> a4 = left + Vector256.LoadUnsafe(ref s4), b4 = right + Vector256.LoadUnsafe(ref s4, 8);
        Vector256<int> a5 = left + Vector256.LoadUnsafe(ref s5), b5 = right + Vector256.LoadUnsafe(ref s5, 8);
        for (int q = 0; q < quads; q++)
        {
            Vector256<sbyte> l = Vector256.LoadUnsafe(ref w).AsSByte(), r = Vector256.LoadUnsafe(ref w, 8).AsSByte();
            Vector256<byte> v = Vector256.Create(x).AsByte();
            a0 = AvxVnni.MultiplyWideningAndAdd(a0, v, l);
            b0 = AvxVnni.MultiplyWideningAndAdd(b0, v, r);
            v = Vector256.Create(Unsafe.Add(ref x, xPitch)).AsByte();
            a1 = AvxVnni.MultiplyWideningAndAdd(a1, v, l);
            b1 = AvxVnni.MultiplyWideningAndAdd(b1, v, r);
            v = Vector256.Create(Unsafe.Add(ref x, 2 * xPitch)).AsByte();
            a2 = AvxVnni.MultiplyWideningAndAdd(a2, v, l);
            b2 = AvxVnni.MultiplyWideningAndAdd(b2, v, r);
            v = Vector256.Create(x3).AsByte();
            a3 = AvxVnni.MultiplyWideningAndAdd(a3, v, l);
            b3 = AvxVnni.MultiplyWideningAndAdd(b3, v, r);
            v = Vector256.Create(Unsafe.Add(ref x3, xPitch)).AsByte();
            a4 = AvxVnni.MultiplyWideningAndAdd(a4, v, l);
            b4 = AvxVnni.MultiplyWideningAndAdd(b4, v, r);
            v = Vector256.Create(Unsafe.Add(ref x3, 2 * xPitch)).AsByte();
            a5 = AvxVnni.MultiplyWideningAndAdd(a5, v, l);
            b5 = AvxVnni.MultiplyWideningAndAdd(b5, v, r);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
            x3 = ref Unsafe.Add(ref x3, 1);
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

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row(ref int x, ref int w, nint wPitch, ref int corrections, ref int sums, int quads)
    {
        // Even and odd quads apart: one chain of sums would wait for itself.
        Vector256<int> a = Vector256.LoadUnsafe(ref corrections) + Vector256.LoadUnsafe(ref sums);
        Vector256<int> b = Vector256.LoadUnsafe(ref corrections, 8) + Vector256.LoadUnsafe(ref sums, 8);
        Vector256<int> oddA = Vector256<int>.Zero, oddB = Vector256<int>.Zero;
        int q = 0;
        for (; q + 2 <= quads; q += 2)
        {
            ref int next = ref Unsafe.Add(ref w, wPitch);
            Vector256<byte> v = Vector256.Create(Unsafe.Add(ref x, q)).AsByte(), odd = Vector256.Create(Unsafe.Add(ref x, q + 1)).AsByte();
            a = AvxVnni.MultiplyWideningAndAdd(a, v, Vector256.LoadUnsafe(ref w).AsSByte());
            b = AvxVnni.MultiplyWideningAndAdd(b, v, Vector256.LoadUnsafe(ref w, 8).AsSByte());
            oddA = AvxVnni.MultiplyWideningAndAdd(oddA, odd, Vector256.LoadUnsafe(ref next).AsSByte());
            oddB = AvxVnni.MultiplyWideningAndAdd(oddB, odd, Vector256.LoadUnsafe(ref next, 8).AsSByte());
            w = ref Unsafe.Add(ref next, wPitch);
        }

        if (q < quads)
        {
            Vector256<byte> v = Vector256.Create(Unsafe.Add(ref x, q)).AsByte();
            a = AvxVnni.MultiplyWideningAndAdd(a, v, Vector256.LoadUnsafe(ref w).AsSByte());
            b = AvxVnni.MultiplyWideningAndAdd(b, v, Vector256.LoadUnsafe(ref w, 8).AsSByte());
        }

        (a + oddA).StoreUnsafe(ref sums);
        (b + oddB).StoreUnsafe(ref sums, 8);
    }
}
