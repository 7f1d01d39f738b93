using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>
/// Rows through one fold of the array: sums[i][c] = fma(x[i][k], w[k][c], sums[i][c]) for k ascending. A NaN
/// that comes out is canonical.
/// </summary>
/// <remarks>
/// Sums of a block of rows and columns stay in registers over all of k, in named locals: an array of them would live in
/// memory. Columns come in whole <see cref="Block"/>s; callers pad.
/// </remarks>
public static class FoldFloat
{
    /// <summary>Columns are padded to a multiple of this.</summary>
    public const int Block = FoldSizes.Block;

    /// <summary>Where there are many rows, those given at once are best a multiple of this.</summary>
    public const int Rows = FoldTiles.Rows;

    /// <param name="x">rows x k, row after row, <paramref name="xPitch"/> apart.</param>
    /// <param name="w">k x columns, <paramref name="wPitch"/> apart; where that is negative, row 0 is the last of the span.</param>
    /// <param name="sums">rows x columns, <paramref name="pitch"/> apart; updated in place.</param>
    /// <param name="columns">A multiple of <see cref="Block"/>.</param>
    /// <param name="width">A width of this host.</param>
    public static void Run(
        ReadOnlySpan<float> x, int xPitch, ReadOnlySpan<float> w, int wPitch, Span<float> sums, int pitch, int rows, int k, int columns, SimdWidth width)
    {
        if (!FoldSizes.Check(x.Length, xPitch, w.Length, wPitch, sums.Length, pitch, rows, k, columns))
            return;
        int firstW = FirstRow(w, wPitch, columns);
        switch (width)
        {
            case SimdWidth.Vector512:
                FoldTiles.Run<FloatProducts>(ref Word(x), xPitch, ref Unsafe.Add(ref Word(w), firstW), wPitch, ref Word(sums), pitch, rows, k, columns);
                break;
            case SimdWidth.Vector256:
                Run256(ref MemoryMarshal.GetReference(x), xPitch, ref Unsafe.Add(ref MemoryMarshal.GetReference(w), firstW), wPitch, ref MemoryMarshal.GetReference(sums), pitch, rows, k, columns);
                break;
            case SimdWidth.Vector128:
                Run128(ref MemoryMarshal.GetReference(x), xPitch, ref Unsafe.Add(ref MemoryMarshal.GetReference(w), firstW), wPitch, ref MemoryMarshal.GetReference(sums), pitch, rows, k, columns);
                break;
            default:
                Scalar(x, xPitch, w, wPitch, sums, pitch, rows, k, columns);
                break;
        }
    }

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(
        ReadOnlySpan<float> x, int xPitch, ReadOnlySpan<float> w, int wPitch, Span<float> sums, int pitch, int rows, int k, int columns)
    {
        int firstW = FirstRow(w, wPitch, columns);
        for (int i = 0; i < rows; i++)
        {
            for (int c = 0; c < columns; c++)
            {
                float sum = sums[(i * pitch) + c];
                for (int r = 0; r < k; r++)
                    sum = Fp32.Fma(x[(i * xPitch) + r], w[firstW + (r * wPitch) + c], sum);
                sums[(i * pitch) + c] = CanonicalNaN.Of(sum);
            }
        }
    }

    private static ref int Word(ReadOnlySpan<float> values) => ref Unsafe.As<float, int>(ref MemoryMarshal.GetReference(values));

    private static int FirstRow(ReadOnlySpan<float> w, int wPitch, int columns)
    {
        if (wPitch >= 0)
            return 0;
        ArgumentOutOfRangeException.ThrowIfLessThan(-wPitch, columns);
        return w.Length + wPitch;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run256(ref float x, nint xPitch, ref float w, nint wPitch, ref float sums, nint pitch, int rows, int k, int columns)
    {
        for (int c = 0; c < columns; c += 16)
        {
            int i = 0;
            for (; i + 6 <= rows; i += 6)
                Tile256(ref Unsafe.Add(ref x, i * xPitch), xPitch, ref Unsafe.Add(ref w, c), wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pitch, k);
            for (; i + 4 <= rows; i += 4)
                Narrow256(ref Unsafe.Add(ref x, i * xPitch), xPitch, ref Unsafe.Add(ref w, c), wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pitch, k);
            for (; i < rows; i++)
                Row256(ref Unsafe.Add(ref x, i * xPitch), ref Unsafe.Add(ref w, c), wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pitch, k);
        }
    }

    /// <summary>6 rows x 16 columns: twelve sums of sixteen registers, more than latency times units.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Tile256(ref float x, nint xPitch, ref float w, nint wPitch, ref float sums, nint pitch, int k)
    {
        ref float s3 = ref Unsafe.Add(ref sums, 3 * pitch);
        Vector256<float> a0 = Vector256.LoadUnsafe(ref sums), b0 = Vector256.LoadUnsafe(ref sums, 8);
        Vector256<float> a1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, pitch)), b1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, pitch), 8);
        Vector256<float> a2 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, 2 * pitch)), b2 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, 2 * pitch), 8);
        Vector256<float> a3 = Vector256.LoadUnsafe(ref s3), b3 = Vector256.LoadUnsafe(ref s3, 8);
        Vector256<float> a4 = Vector256.LoadUnsafe(ref Unsafe.Add(ref s3, pitch)), b4 = Vector256.LoadUnsafe(ref Unsafe.Add(ref s3, pitch), 8);
        Vector256<float> a5 = Vector256.LoadUnsafe(ref Unsafe.Add(ref s3, 2 * pitch)), b5 = Vector256.LoadUnsafe(ref Unsafe.Add(ref s3, 2 * pitch), 8);
        nint x3 = 3 * xPitch, x4 = 4 * xPitch, x5 = 5 * xPitch;
        ref float end = ref Unsafe.Add(ref x, k);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector256<float> left = Vector256.LoadUnsafe(ref w), right = Vector256.LoadUnsafe(ref w, 8);
            Vector256<float> v = Vector256.Create(x);
            a0 = Vector256.FusedMultiplyAdd(v, left, a0);
            b0 = Vector256.FusedMultiplyAdd(v, right, b0);
            v = Vector256.Create(Unsafe.Add(ref x, xPitch));
            a1 = Vector256.FusedMultiplyAdd(v, left, a1);
            b1 = Vector256.FusedMultiplyAdd(v, right, b1);
            v = Vector256.Create(Unsafe.Add(ref x, 2 * xPitch));
            a2 = Vector256.FusedMultiplyAdd(v, left, a2);
            b2 = Vector256.FusedMultiplyAdd(v, right, b2);
            v = Vector256.Create(Unsafe.Add(ref x, x3));
            a3 = Vector256.FusedMultiplyAdd(v, left, a3);
            b3 = Vector256.FusedMultiplyAdd(v, right, b3);
            v = Vector256.Create(Unsafe.Add(ref x, x4));
            a4 = Vector256.FusedMultiplyAdd(v, left, a4);
            b4 = Vector256.FusedMultiplyAdd(v, right, b4);
            v = Vector256.Create(Unsafe.Add(ref x, x5));
            a5 = Vector256.FusedMultiplyAdd(v, left, a5);
            b5 = Vector256.FusedMultiplyAdd(v, right, b5);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        CanonicalLanes.Of(a0).StoreUnsafe(ref sums);
        CanonicalLanes.Of(b0).StoreUnsafe(ref sums, 8);
        CanonicalLanes.Of(a1).StoreUnsafe(ref Unsafe.Add(ref sums, pitch));
        CanonicalLanes.Of(b1).StoreUnsafe(ref Unsafe.Add(ref sums, pitch), 8);
        CanonicalLanes.Of(a2).StoreUnsafe(ref Unsafe.Add(ref sums, 2 * pitch));
        CanonicalLanes.Of(b2).StoreUnsafe(ref Unsafe.Add(ref sums, 2 * pitch), 8);
        CanonicalLanes.Of(a3).StoreUnsafe(ref s3);
        CanonicalLanes.Of(b3).StoreUnsafe(ref s3, 8);
        CanonicalLanes.Of(a4).StoreUnsafe(ref Unsafe.Add(ref s3, pitch));
        CanonicalLanes.Of(b4).StoreUnsafe(ref Unsafe.Add(ref s3, pitch), 8);
        CanonicalLanes.Of(a5).StoreUnsafe(ref Unsafe.Add(ref s3, 2 * pitch));
        CanonicalLanes.Of(b5).StoreUnsafe(ref Unsafe.Add(ref s3, 2 * pitch), 8);
    }

    /// <summary>4 rows x 16 columns, for the rows that are left over.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Narrow256(ref float x, nint xPitch, ref float w, nint wPitch, ref float sums, nint pitch, int k)
    {
        Vector256<float> a0 = Vector256.LoadUnsafe(ref sums), b0 = Vector256.LoadUnsafe(ref sums, 8);
        Vector256<float> a1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, pitch)), b1 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, pitch), 8);
        Vector256<float> a2 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, 2 * pitch)), b2 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, 2 * pitch), 8);
        Vector256<float> a3 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, 3 * pitch)), b3 = Vector256.LoadUnsafe(ref Unsafe.Add(ref sums, 3 * pitch), 8);
        for (int r = 0; r < k; r++)
        {
            Vector256<float> left = Vector256.LoadUnsafe(ref w), right = Vector256.LoadUnsafe(ref w, 8);
            Vector256<float> v = Vector256.Create(x);
            a0 = Vector256.FusedMultiplyAdd(v, left, a0);
            b0 = Vector256.FusedMultiplyAdd(v, right, b0);
            v = Vector256.Create(Unsafe.Add(ref x, xPitch));
            a1 = Vector256.FusedMultiplyAdd(v, left, a1);
            b1 = Vector256.FusedMultiplyAdd(v, right, b1);
            v = Vector256.Create(Unsafe.Add(ref x, 2 * xPitch));
            a2 = Vector256.FusedMultiplyAdd(v, left, a2);
            b2 = Vector256.FusedMultiplyAdd(v, right, b2);
            v = Vector256.Create(Unsafe.Add(ref x, 3 * xPitch));
            a3 = Vector256.FusedMultiplyAdd(v, left, a3);
            b3 = Vector256.FusedMultiplyAdd(v, right, b3);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        CanonicalLanes.Of(a0).StoreUnsafe(ref sums);
        CanonicalLanes.Of(b0).StoreUnsafe(ref sums, 8);
        CanonicalLanes.Of(a1).StoreUnsafe(ref Unsafe.Add(ref sums, pitch));
        CanonicalLanes.Of(b1).StoreUnsafe(ref Unsafe.Add(ref sums, pitch), 8);
        CanonicalLanes.Of(a2).StoreUnsafe(ref Unsafe.Add(ref sums, 2 * pitch));
        CanonicalLanes.Of(b2).StoreUnsafe(ref Unsafe.Add(ref sums, 2 * pitch), 8);
        CanonicalLanes.Of(a3).StoreUnsafe(ref Unsafe.Add(ref sums, 3 * pitch));
        CanonicalLanes.Of(b3).StoreUnsafe(ref Unsafe.Add(ref sums, 3 * pitch), 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Row256(ref float x, ref float w, nint wPitch, ref float sums, nint pitch, int k)
    {
        Vector256<float> a = Vector256.LoadUnsafe(ref sums), b = Vector256.LoadUnsafe(ref sums, 8);
        for (int r = 0; r < k; r++)
        {
            Vector256<float> v = Vector256.Create(Unsafe.Add(ref x, r));
            a = Vector256.FusedMultiplyAdd(v, Vector256.LoadUnsafe(ref w), a);
            b = Vector256.FusedMultiplyAdd(v, Vector256.LoadUnsafe(ref w, 8), b);
            w = ref Unsafe.Add(ref w, wPitch);
        }

        CanonicalLanes.Of(a).StoreUnsafe(ref sums);
        CanonicalLanes.Of(b).StoreUnsafe(ref sums, 8);
    }

    /// <summary>A row x 16 columns at a time: four sums.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Run128(ref float x, nint xPitch, ref float w, nint wPitch, ref float sums, nint pitch, int rows, int k, int columns)
    {
        for (int i = 0; i < rows; i++)
        {
            ref float row = ref Unsafe.Add(ref x, i * xPitch);
            for (int c = 0; c < columns; c += 16)
            {
                ref float sum = ref Unsafe.Add(ref sums, (i * pitch) + c);
                ref float weight = ref Unsafe.Add(ref w, c);
                Vector128<float> s0 = Vector128.LoadUnsafe(ref sum), s1 = Vector128.LoadUnsafe(ref sum, 4);
                Vector128<float> s2 = Vector128.LoadUnsafe(ref sum, 8), s3 = Vector128.LoadUnsafe(ref sum, 12);
                for (int r = 0; r < k; r++)
                {
                    Vector128<float> v = Vector128.Create(Unsafe.Add(ref row, r));
                    s0 = Vector128.FusedMultiplyAdd(v, Vector128.LoadUnsafe(ref weight), s0);
                    s1 = Vector128.FusedMultiplyAdd(v, Vector128.LoadUnsafe(ref weight, 4), s1);
                    s2 = Vector128.FusedMultiplyAdd(v, Vector128.LoadUnsafe(ref weight, 8), s2);
                    s3 = Vector128.FusedMultiplyAdd(v, Vector128.LoadUnsafe(ref weight, 12), s3);
                    weight = ref Unsafe.Add(ref weight, wPitch);
                }

                CanonicalLanes.Of(s0).StoreUnsafe(ref sum);
                CanonicalLanes.Of(s1).StoreUnsafe(ref sum, 4);
                CanonicalLanes.Of(s2).StoreUnsafe(ref sum, 8);
                CanonicalLanes.Of(s3).StoreUnsafe(ref sum, 12);
            }
        }
    }
}
