using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>
/// Rows of x times weights at 512 bits, for all products alike. Sums of a tile stay in registers over all of k, in named locals: an array of
/// them would live in memory, and so do structures of more than one (half as fast where tried).
/// </summary>
/// <remarks>
/// A tile of 6 rows x 64 columns takes ten loads for its 24 products a step of k, which leaves the host's front end and its load ports room; 8 x 32
/// takes ten for sixteen.
/// </remarks>
internal static class FoldTiles
{
    public const int Rows = 6;

    /// <param name="x">rows x k words, <paramref name="xPitch"/> apart.</param>
    /// <param name="w">k x columns, <paramref name="wPitch"/> apart.</param>
    /// <param name="sums">rows x columns, <paramref name="pitch"/> apart; updated in place.</param>
    /// <param name="columns">A multiple of 16.</param>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static void Run<T>(ref int x, nint xPitch, ref int w, nint wPitch, ref int sums, nint pitch, int rows, int k, int columns)
        where T : struct, IProducts
    {
        int c = 0;
        for (; c + 64 <= columns; c += 64)
        {
            int i = 0;
            ref int weights = ref Unsafe.Add(ref w, c);
            for (; i + Rows <= rows; i += Rows)
                Six64<T>(ref Unsafe.Add(ref x, i * xPitch), xPitch, ref weights, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pitch, k);
            for (; i + 2 <= rows; i += 2)
                Two64<T>(ref Unsafe.Add(ref x, i * xPitch), xPitch, ref weights, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pitch, k);
            if (i < rows)
                One64<T>(ref Unsafe.Add(ref x, i * xPitch), ref weights, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), k);
        }

        for (; c + 32 <= columns; c += 32)
        {
            int i = 0;
            ref int weights = ref Unsafe.Add(ref w, c);
            for (; i + 8 <= rows; i += 8)
                Eight32<T>(ref Unsafe.Add(ref x, i * xPitch), xPitch, ref weights, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pitch, k);
            for (; i < rows; i++)
                One32<T>(ref Unsafe.Add(ref x, i * xPitch), ref weights, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), k);
        }

        for (; c < columns; c += 16)
        {
            int i = 0;
            ref int weights = ref Unsafe.Add(ref w, c);
            for (; i + 8 <= rows; i += 8)
                Eight16<T>(ref Unsafe.Add(ref x, i * xPitch), xPitch, ref weights, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), pitch, k);
            for (; i < rows; i++)
                One16<T>(ref Unsafe.Add(ref x, i * xPitch), ref weights, wPitch, ref Unsafe.Add(ref sums, (i * pitch) + c), k);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<int> Start<T>(ref int sums, nuint column = 0)
        where T : struct, IProducts => T.Apart ? Vector512<int>.Zero : Vector512.LoadUnsafe(ref sums, column);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Store<T>(Vector512<int> sum, ref int sums, nuint column = 0)
        where T : struct, IProducts => T.Finish(sum, ref Unsafe.Add(ref sums, column)).StoreUnsafe(ref sums, column);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Six64<T>(ref int x, nint xPitch, ref int w, nint wPitch, ref int sums, nint pitch, int k)
        where T : struct, IProducts
    {
        ref int s1 = ref Unsafe.Add(ref sums, pitch), s2 = ref Unsafe.Add(ref s1, pitch);
        ref int s3 = ref Unsafe.Add(ref s2, pitch), s4 = ref Unsafe.Add(ref s3, pitch);
        ref int s5 = ref Unsafe.Add(ref s4, pitch);
        Vector512<int> a0 = Start<T>(ref sums), b0 = Start<T>(ref sums, 16), c0 = Start<T>(ref sums, 32), d0 = Start<T>(ref sums, 48);
        Vector512<int> a1 = Start<T>(ref s1), b1 = Start<T>(ref s1, 16), c1 = Start<T>(ref s1, 32), d1 = Start<T>(ref s1, 48);
        Vector512<int> a2 = Start<T>(ref s2), b2 = Start<T>(ref s2, 16), c2 = Start<T>(ref s2, 32), d2 = Start<T>(ref s2, 48);
        Vector512<int> a3 = Start<T>(ref s3), b3 = Start<T>(ref s3, 16), c3 = Start<T>(ref s3, 32), d3 = Start<T>(ref s3, 48);
        Vector512<int> a4 = Start<T>(ref s4), b4 = Start<T>(ref s4, 16), c4 = Start<T>(ref s4, 32), d4 = Start<T>(ref s4, 48);
        Vector512<int> a5 = Start<T>(ref s5), b5 = Start<T>(ref s5, 16), c5 = Start<T>(ref s5, 32), d5 = Start<T>(ref s5, 48);
        nint x3 = 3 * xPitch, x4 = 4 * xPitch, x5 = 5 * xPitch;
        ref int end = ref Unsafe.Add(ref x, k);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector512<int> w0 = Vector512.LoadUnsafe(ref w), w1 = Vector512.LoadUnsafe(ref w, 16);
            Vector512<int> w2 = Vector512.LoadUnsafe(ref w, 32), w3 = Vector512.LoadUnsafe(ref w, 48);
            Vector512<int> v = Vector512.Create(x);
            a0 = T.Add(v, w0, a0);
            b0 = T.Add(v, w1, b0);
            c0 = T.Add(v, w2, c0);
            d0 = T.Add(v, w3, d0);
            v = Vector512.Create(Unsafe.Add(ref x, xPitch));
            a1 = T.Add(v, w0, a1);
            b1 = T.Add(v, w1, b1);
            c1 = T.Add(v, w2, c1);
            d1 = T.Add(v, w3, d1);
            v = Vector512.Create(Unsafe.Add(ref x, 2 * xPitch));
            a2 = T.Add(v, w0, a2);
            b2 = T.Add(v, w1, b2);
            c2 = T.Add(v, w2, c2);
            d2 = T.Add(v, w3, d2);
            v = Vector512.Create(Unsafe.Add(ref x, x3));
            a3 = T.Add(v, w0, a3);
            b3 = T.Add(v, w1, b3);
            c3 = T.Add(v, w2, c3);
            d3 = T.Add(v, w3, d3);
            v = Vector512.Create(Unsafe.Add(ref x, x4));
            a4 = T.Add(v, w0, a4);
            b4 = T.Add(v, w1, b4);
            c4 = T.Add(v, w2, c4);
            d4 = T.Add(v, w3, d4);
            v = Vector512.Create(Unsafe.Add(ref x, x5));
            a5 = T.Add(v, w0, a5);
            b5 = T.Add(v, w1, b5);
            c5 = T.Add(v, w2, c5);
            d5 = T.Add(v, w3, d5);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        Store<T>(a0, ref sums);
        Store<T>(b0, ref sums, 16);
        Store<T>(c0, ref sums, 32);
        Store<T>(d0, ref sums, 48);
        Store<T>(a1, ref s1);
        Store<T>(b1, ref s1, 16);
        Store<T>(c1, ref s1, 32);
        Store<T>(d1, ref s1, 48);
        Store<T>(a2, ref s2);
        Store<T>(b2, ref s2, 16);
        Store<T>(c2, ref s2, 32);
        Store<T>(d2, ref s2, 48);
        Store<T>(a3, ref s3);
        Store<T>(b3, ref s3, 16);
        Store<T>(c3, ref s3, 32);
        Store<T>(d3, ref s3, 48);
        Store<T>(a4, ref s4);
        Store<T>(b4, ref s4, 16);
        Store<T>(c4, ref s4, 32);
        Store<T>(d4, ref s4, 48);
        Store<T>(a5, ref s5);
        Store<T>(b5, ref s5, 16);
        Store<T>(c5, ref s5, 32);
        Store<T>(d5, ref s5, 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Two64<T>(ref int x, nint xPitch, ref int w, nint wPitch, ref int sums, nint pitch, int k)
        where T : struct, IProducts
    {
        ref int s1 = ref Unsafe.Add(ref sums, pitch);
        Vector512<int> a0 = Start<T>(ref sums), b0 = Start<T>(ref sums, 16), c0 = Start<T>(ref sums, 32), d0 = Start<T>(ref sums, 48);
        Vector512<int> a1 = Start<T>(ref s1), b1 = Start<T>(ref s1, 16), c1 = Start<T>(ref s1, 32), d1 = Start<T>(ref s1, 48);
        ref int end = ref Unsafe.Add(ref x, k);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector512<int> w0 = Vector512.LoadUnsafe(ref w), w1 = Vector512.LoadUnsafe(ref w, 16);
            Vector512<int> w2 = Vector512.LoadUnsafe(ref w, 32), w3 = Vector512.LoadUnsafe(ref w, 48);
            Vector512<int> v = Vector512.Create(x);
            a0 = T.Add(v, w0, a0);
            b0 = T.Add(v, w1, b0);
            c0 = T.Add(v, w2, c0);
            d0 = T.Add(v, w3, d0);
            v = Vector512.Create(Unsafe.Add(ref x, xPitch));
            a1 = T.Add(v, w0, a1);
            b1 = T.Add(v, w1, b1);
            c1 = T.Add(v, w2, c1);
            d1 = T.Add(v, w3, d1);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        Store<T>(a0, ref sums);
        Store<T>(b0, ref sums, 16);
        Store<T>(c0, ref sums, 32);
        Store<T>(d0, ref sums, 48);
        Store<T>(a1, ref s1);
        Store<T>(b1, ref s1, 16);
        Store<T>(c1, ref s1, 32);
        Store<T>(d1, ref s1, 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One64<T>(ref int x, ref int w, nint wPitch, ref int sums, int k)
        where T : struct, IProducts
    {
        Vector512<int> a0 = Start<T>(ref sums), b0 = Start<T>(ref sums, 16), c0 = Start<T>(ref sums, 32), d0 = Start<T>(ref sums, 48);
        ref int end = ref Unsafe.Add(ref x, k);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector512<int> w0 = Vector512.LoadUnsafe(ref w), w1 = Vector512.LoadUnsafe(ref w, 16);
            Vector512<int> w2 = Vector512.LoadUnsafe(ref w, 32), w3 = Vector512.LoadUnsafe(ref w, 48);
            Vector512<int> v = Vector512.Create(x);
            a0 = T.Add(v, w0, a0);
            b0 = T.Add(v, w1, b0);
            c0 = T.Add(v, w2, c0);
            d0 = T.Add(v, w3, d0);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        Store<T>(a0, ref sums);
        Store<T>(b0, ref sums, 16);
        Store<T>(c0, ref sums, 32);
        Store<T>(d0, ref sums, 48);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight32<T>(ref int x, nint xPitch, ref int w, nint wPitch, ref int sums, nint pitch, int k)
        where T : struct, IProducts
    {
        ref int s1 = ref Unsafe.Add(ref sums, pitch), s2 = ref Unsafe.Add(ref s1, pitch);
        ref int s3 = ref Unsafe.Add(ref s2, pitch), s4 = ref Unsafe.Add(ref s3, pitch);
        ref int s5 = ref Unsafe.Add(ref s4, pitch), s6 = ref Unsafe.Add(ref s5, pitch);
        ref int s7 = ref Unsafe.Add(ref s6, pitch);
        Vector512<int> a0 = Start<T>(ref sums), b0 = Start<T>(ref sums, 16), a1 = Start<T>(ref s1), b1 = Start<T>(ref s1, 16);
        Vector512<int> a2 = Start<T>(ref s2), b2 = Start<T>(ref s2, 16), a3 = Start<T>(ref s3), b3 = Start<T>(ref s3, 16);
        Vector512<int> a4 = Start<T>(ref s4), b4 = Start<T>(ref s4, 16), a5 = Start<T>(ref s5), b5 = Start<T>(ref s5, 16);
        Vector512<int> a6 = Start<T>(ref s6), b6 = Start<T>(ref s6, 16), a7 = Start<T>(ref s7), b7 = Start<T>(ref s7, 16);
        nint x3 = 3 * xPitch, x4 = 4 * xPitch, x5 = 5 * xPitch, x7 = 7 * xPitch;
        ref int end = ref Unsafe.Add(ref x, k);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector512<int> w0 = Vector512.LoadUnsafe(ref w), w1 = Vector512.LoadUnsafe(ref w, 16);
            Vector512<int> v = Vector512.Create(x);
            a0 = T.Add(v, w0, a0);
            b0 = T.Add(v, w1, b0);
            v = Vector512.Create(Unsafe.Add(ref x, xPitch));
            a1 = T.Add(v, w0, a1);
            b1 = T.Add(v, w1, b1);
            v = Vector512.Create(Unsafe.Add(ref x, 2 * xPitch));
            a2 = T.Add(v, w0, a2);
            b2 = T.Add(v, w1, b2);
            v = Vector512.Create(Unsafe.Add(ref x, x3));
            a3 = T.Add(v, w0, a3);
            b3 = T.Add(v, w1, b3);
            v = Vector512.Create(Unsafe.Add(ref x, x4));
            a4 = T.Add(v, w0, a4);
            b4 = T.Add(v, w1, b4);
            v = Vector512.Create(Unsafe.Add(ref x, x5));
            a5 = T.Add(v, w0, a5);
            b5 = T.Add(v, w1, b5);
            v = Vector512.Create(Unsafe.Add(ref x, 2 * x3));
            a6 = T.Add(v, w0, a6);
            b6 = T.Add(v, w1, b6);
            v = Vector512.Create(Unsafe.Add(ref x, x7));
            a7 = T.Add(v, w0, a7);
            b7 = T.Add(v, w1, b7);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        Store<T>(a0, ref sums);
        Store<T>(b0, ref sums, 16);
        Store<T>(a1, ref s1);
        Store<T>(b1, ref s1, 16);
        Store<T>(a2, ref s2);
        Store<T>(b2, ref s2, 16);
        Store<T>(a3, ref s3);
        Store<T>(b3, ref s3, 16);
        Store<T>(a4, ref s4);
        Store<T>(b4, ref s4, 16);
        Store<T>(a5, ref s5);
        Store<T>(b5, ref s5, 16);
        Store<T>(a6, ref s6);
        Store<T>(b6, ref s6, 16);
        Store<T>(a7, ref s7);
        Store<T>(b7, ref s7, 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One32<T>(ref int x, ref int w, nint wPitch, ref int sums, int k)
        where T : struct, IProducts
    {
        Vector512<int> a0 = Start<T>(ref sums), b0 = Start<T>(ref sums, 16);
        ref int end = ref Unsafe.Add(ref x, k);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector512<int> w0 = Vector512.LoadUnsafe(ref w), w1 = Vector512.LoadUnsafe(ref w, 16);
            Vector512<int> v = Vector512.Create(x);
            a0 = T.Add(v, w0, a0);
            b0 = T.Add(v, w1, b0);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        Store<T>(a0, ref sums);
        Store<T>(b0, ref sums, 16);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void Eight16<T>(ref int x, nint xPitch, ref int w, nint wPitch, ref int sums, nint pitch, int k)
        where T : struct, IProducts
    {
        ref int s1 = ref Unsafe.Add(ref sums, pitch), s2 = ref Unsafe.Add(ref s1, pitch);
        ref int s3 = ref Unsafe.Add(ref s2, pitch), s4 = ref Unsafe.Add(ref s3, pitch);
        ref int s5 = ref Unsafe.Add(ref s4, pitch), s6 = ref Unsafe.Add(ref s5, pitch);
        ref int s7 = ref Unsafe.Add(ref s6, pitch);
        Vector512<int> a0 = Start<T>(ref sums), a1 = Start<T>(ref s1), a2 = Start<T>(ref s2), a3 = Start<T>(ref s3);
        Vector512<int> a4 = Start<T>(ref s4), a5 = Start<T>(ref s5), a6 = Start<T>(ref s6), a7 = Start<T>(ref s7);
        nint x3 = 3 * xPitch, x4 = 4 * xPitch, x5 = 5 * xPitch, x7 = 7 * xPitch;
        ref int end = ref Unsafe.Add(ref x, k);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector512<int> w0 = Vector512.LoadUnsafe(ref w);
            Vector512<int> v = Vector512.Create(x);
            a0 = T.Add(v, w0, a0);
            v = Vector512.Create(Unsafe.Add(ref x, xPitch));
            a1 = T.Add(v, w0, a1);
            v = Vector512.Create(Unsafe.Add(ref x, 2 * xPitch));
            a2 = T.Add(v, w0, a2);
            v = Vector512.Create(Unsafe.Add(ref x, x3));
            a3 = T.Add(v, w0, a3);
            v = Vector512.Create(Unsafe.Add(ref x, x4));
            a4 = T.Add(v, w0, a4);
            v = Vector512.Create(Unsafe.Add(ref x, x5));
            a5 = T.Add(v, w0, a5);
            v = Vector512.Create(Unsafe.Add(ref x, 2 * x3));
            a6 = T.Add(v, w0, a6);
            v = Vector512.Create(Unsafe.Add(ref x, x7));
            a7 = T.Add(v, w0, a7);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        Store<T>(a0, ref sums);
        Store<T>(a1, ref s1);
        Store<T>(a2, ref s2);
        Store<T>(a3, ref s3);
        Store<T>(a4, ref s4);
        Store<T>(a5, ref s5);
        Store<T>(a6, ref s6);
        Store<T>(a7, ref s7);
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static void One16<T>(ref int x, ref int w, nint wPitch, ref int sums, int k)
        where T : struct, IProducts
    {
        Vector512<int> a0 = Start<T>(ref sums);
        ref int end = ref Unsafe.Add(ref x, k);
        while (Unsafe.IsAddressLessThan(ref x, ref end))
        {
            Vector512<int> w0 = Vector512.LoadUnsafe(ref w);
            Vector512<int> v = Vector512.Create(x);
            a0 = T.Add(v, w0, a0);
            w = ref Unsafe.Add(ref w, wPitch);
            x = ref Unsafe.Add(ref x, 1);
        }

        Store<T>(a0, ref sums);
    }
}
