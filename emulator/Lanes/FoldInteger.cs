using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>
/// Rows through one fold of the array in integers: sums[i][c] += x[i][k] * w[k][c], wrapping. Operands are int8 values in
/// pairs of k, two 16-bit halves a word: a pair's two products and their sum are exact, so no order can matter.
/// </summary>
public static class FoldInteger
{
    /// <summary>Columns are padded to a multiple of this.</summary>
    public const int Block = FoldSizes.Block;

    /// <summary>Two neighbours in k as one word.</summary>
    public static int Pair(int even, int odd) => (even & 0xFFFF) | (odd << 16);

    /// <summary>Pairs of two rows of weights, column by column.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void PairRows(ReadOnlySpan<int> even, ReadOnlySpan<int> odd, Span<int> pairs)
    {
        ref int e = ref MemoryMarshal.GetReference(even);
        ref int o = ref MemoryMarshal.GetReference(odd[..even.Length]);
        ref int p = ref MemoryMarshal.GetReference(pairs[..even.Length]);
        int c = 0;
        for (; Vector256.IsHardwareAccelerated && c + 8 <= even.Length; c += 8)
        {
            Vector256<int> pair = (Vector256.LoadUnsafe(ref e, (nuint)c) & Vector256.Create(0xFFFF)) | (Vector256.LoadUnsafe(ref o, (nuint)c) << 16);
            pair.StoreUnsafe(ref p, (nuint)c);
        }

        for (; c < even.Length; c++)
            Unsafe.Add(ref p, c) = Pair(Unsafe.Add(ref e, c), Unsafe.Add(ref o, c));
    }

    /// <summary>A row of words of four int8 to two rows of pairs: the first two elements of each word, and the others.</summary>
    /// <param name="words">The row.</param>
    /// <param name="first">As long; it may be the same.</param>
    /// <param name="second">As long.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void SplitRow(ReadOnlySpan<int> words, Span<int> first, Span<int> second)
    {
        ref int w = ref MemoryMarshal.GetReference(words);
        ref int f = ref MemoryMarshal.GetReference(first[..words.Length]);
        ref int s = ref MemoryMarshal.GetReference(second[..words.Length]);
        int i = 0;
        for (; Vector256.IsHardwareAccelerated && i + 8 <= words.Length; i += 8)
        {
            Vector256<int> word = Vector256.LoadUnsafe(ref w, (nuint)i), low = Vector256.Create(0xFFFF);
            ((((word << 24) >> 24) & low) | (((word << 16) >> 24) << 16)).StoreUnsafe(ref f, (nuint)i);
            ((((word << 8) >> 24) & low) | ((word >> 24) << 16)).StoreUnsafe(ref s, (nuint)i);
        }

        for (; i < words.Length; i++)
        {
            int word = words[i];
            (first[i], second[i]) = (Pair((sbyte)word, (sbyte)(word >> 8)), Pair((sbyte)(word >> 16), word >> 24));
        }
    }

    /// <param name="x">rows x pairs, <paramref name="xPitch"/> words apart.</param>
    /// <param name="w">pairs x columns, <paramref name="wPitch"/> words apart.</param>
    /// <param name="sums">rows x columns, <paramref name="pitch"/> words apart; updated in place.</param>
    /// <param name="columns">A multiple of <see cref="Block"/>.</param>
    /// <param name="width">A width of this host.</param>
    public static void Run(
        ReadOnlySpan<int> x, int xPitch, ReadOnlySpan<int> w, int wPitch, Span<int> sums, int pitch, int rows, int pairs, int columns, SimdWidth width)
    {
        if (!FoldSizes.Check(x.Length, xPitch, w.Length, wPitch, sums.Length, pitch, rows, pairs, columns))
            return;
        if (width == SimdWidth.Vector512 && Avx512BW.IsSupported)
            FoldTiles.Run<PairProducts>(ref MemoryMarshal.GetReference(x), xPitch, ref MemoryMarshal.GetReference(w), wPitch, ref MemoryMarshal.GetReference(sums), pitch, rows, pairs, columns);
        else if (width >= SimdWidth.Vector256 && Avx2.IsSupported)
            Run256(ref MemoryMarshal.GetReference(x), xPitch, ref MemoryMarshal.GetReference(w), wPitch, ref MemoryMarshal.GetReference(sums), pitch, rows, pairs, columns);
        else if (width >= SimdWidth.Vector128)
            Run128(ref MemoryMarshal.GetReference(x), xPitch, ref MemoryMarshal.GetReference(w), wPitch, ref MemoryMarshal.GetReference(sums), pitch, rows, pairs, columns);
        else
            Scalar(x, xPitch, w, wPitch, sums, pitch, rows, pairs, columns);
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(
        ReadOnlySpan<int> x, int xPitch, ReadOnlySpan<int> w, int wPitch, Span<int> sums, int pitch, int rows, int pairs, int columns)
    {
        for (int i = 0; i < rows; i++)
        {
            for (int c = 0; c < columns; c++)
            {
                int sum = sums[(i * pitch) + c];
                for (int p = 0; p < pairs; p++)
                {
                    int a = x[(i * xPitch) + p], b = w[(p * wPitch) + c];
                    sum = unchecked(sum + ((short)a * (short)b) + ((a >> 16) * (b >> 16)));
                }

                sums[(i * pitch) + c] = sum;
            }
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run256(ref int x, nint xPitch, ref int w, nint wPitch, ref int sums, nint pitch, int rows, int pairs, int columns)
    {
        for (int c = 0; c < columns; c += 16)
        {
            ref int weight = ref Unsafe.Add(ref w, c);
            int i = 0;
            for (; i + 4 <= rows; i += 4)
                Tile256(ref Unsafe.Add(ref x, i * xPitch), xPitch, ref weight, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pitch, pairs);
            for (; i < rows; i++)
                Row256(ref Unsafe.Add(ref x, i * xPitch), ref weight, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pairs);
        }
    }

    /// <summary>4 rows x 16 columns: eight sums of sixteen registers.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile256(ref int x, nint xPitch, ref int w, nint wPitch, ref int sums, nint pitch, int pairs)
    {
        ref int s2 = ref Unsafe.Add(ref sums, 2 * pitch);
        Vector256<int> a0 = Vector256.LoadUnsafe(ref sums), b0 = Vector256.LoadUnsafe(ref sums, 8);
        Vector256<int> a1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, pitch)), b1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, pitch), 8);
        Vector256<int> a2 = Vector256.LoadUnsafe(ref s2), b2 = Vector256.LoadUnsafe(ref s2, 8);
        Vector256<int> a3 = Vector256.LoadUnsafe(ref Unsafe.Add(ref s2, pitch)), b3 = Vector256.LoadUnsafe(ref Unsafe.Add(ref s2, pitch), 8);
        nint x3 = 3 * xPitch;
        ref int end = ref Unsafe.Add(ref x, pairs);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector256<short> left = Vector256.LoadUnsafe(ref w).AsInt16(), right = Vector256.LoadUnsafe(ref w, 8).AsInt16();
            Vector256<short> v = Vector256.Create(x).AsInt16();
            a0 += Avx2.MultiplyAddAdjacent(v, left);
            b0 += Avx2.MultiplyAddAdjacent(v, right);
            v = Vector256.Create(Unsafe.Add(ref x, xPitch)).AsInt16();
            a1 += Avx2.MultiplyAddAdjacent(v, left);
            b1 += Avx2.MultiplyAddAdjacent(v, right);
            v = Vector256.Create(Unsafe.Add(ref x, 2 * xPitch)).AsInt16();
            a2 += Avx2.MultiplyAddAdjacent(v, left);
            b2 += Avx2.MultiplyAddAdjacent(v, right);
            v = Vector256.Create(Unsafe.Add(ref x, x3)).AsInt16();
            a3 += Avx2.MultiplyAddAdjacent(v, left);
            b3 += Avx2.MultiplyAddAdjacent(v, right);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        a0.StoreUnsafe(ref sums);
        b0.StoreUnsafe(ref sums, 8);
        a1.StoreUnsafe(ref Unsafe.Add(ref sums, pitch));
        b1.StoreUnsafe(ref Unsafe.Add(ref sums, pitch), 8);
        a2.StoreUnsafe(ref s2);
        b2.StoreUnsafe(ref s2, 8);
        a3.StoreUnsafe(ref Unsafe.Add(ref s2, pitch));
        b3.StoreUnsafe(ref Unsafe.Add(ref s2, pitch), 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row256(ref int x, ref int w, nint wPitch, ref int sums, int pairs)
    {
        Vector256<int> a = Vector256.LoadUnsafe(ref sums), b = Vector256.LoadUnsafe(ref sums, 8);
        for (int p = 0; p < pairs; p++)
        {
            Vector256<short> v = Vector256.Create(Unsafe.Add(ref x, p)).AsInt16();
            a += Avx2.MultiplyAddAdjacent(v, Vector256.LoadUnsafe(ref w).AsInt16());
            b += Avx2.MultiplyAddAdjacent(v, Vector256.LoadUnsafe(ref w, 8).AsInt16());
            w = ref Unsafe.Add(ref w, wPitch);
        }

        a.StoreUnsafe(ref sums);
        b.StoreUnsafe(ref sums, 8);
    }

    /// <summary>Any 128-bit host: the halves are taken apart by shifts.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run128(ref int x, nint xPitch, ref int w, nint wPitch, ref int sums, nint pitch, int rows, int pairs, int columns)
    {
        for (int i = 0; i < rows; i++)
        {
            ref int row = ref Unsafe.Add(ref x, i * xPitch);
            for (int c = 0; c < columns; c += 4)
            {
                ref int sum = ref Unsafe.Add(ref sums, (i * pitch) + c);
                ref int weight = ref Unsafe.Add(ref w, c);
                Vector128<int> total = Vector128.LoadUnsafe(ref sum);
                for (int p = 0; p < pairs; p++)
                {
                    int pair = Unsafe.Add(ref row, p);
                    Vector128<int> weights = Vector128.LoadUnsafe(ref weight);
                    total += (Vector128.Create((int)(short)pair) * ((weights << 16) >> 16)) + (Vector128.Create(pair >> 16) * (weights >> 16));
                    weight = ref Unsafe.Add(ref weight, wPitch);
                }

                total.StoreUnsafe(ref sum);
            }
        }
    }
}
