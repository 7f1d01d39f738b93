using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Bench;

/// <summary>The most multiply-accumulates that this host can do from registers: what the fast engine is measured against.</summary>
internal static class Roofline
{
    private const int Unrolled = 16;

    /// <summary>Whether <see cref="Integer"/> has a loop for this host.</summary>
    public static bool HasInteger => Avx2.IsSupported;

    /// <summary>Whether <see cref="Bytes"/> has a loop for this host.</summary>
    public static bool HasBytes => AvxVnni.IsSupported;

    private static bool Wide => Vector512.IsHardwareAccelerated && Avx512BW.IsSupported;

    /// <summary>fp32 multiply-accumulates of <paramref name="rounds"/> rounds.</summary>
    public static long FloatMacs(int rounds) => (long)rounds * Unrolled * (Wide ? Vector512<float>.Count : Vector256<float>.Count);

    /// <summary>16-bit multiply-accumulates of <paramref name="rounds"/> rounds.</summary>
    public static long IntegerMacs(int rounds) => (long)rounds * Unrolled * (Wide ? Vector512<short>.Count : Vector256<short>.Count);

    /// <summary>8-bit multiply-accumulates of <paramref name="rounds"/> rounds.</summary>
    public static long ByteMacs(int rounds) => (long)rounds * Unrolled * Vector256<byte>.Count;

    public static float Float(int rounds) => Wide ? Float512(rounds) : Float256(rounds);

    public static int Integer(int rounds) => Wide ? Integer512(rounds) : Integer256(rounds);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Float512(int rounds)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(1e-3f);
        Vector512<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y;
        for (int i = 0; i < rounds; i++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
        }

        return (a + b + c + d + e + f + g + h)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Float256(int rounds)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(1e-3f);
        Vector256<float> a = y, b = y, c = y, d = y, e = y, f = y, g = y, h = y;
        for (int i = 0; i < 2 * rounds; i++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
        }

        return (a + b + c + d + e + f + g + h)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Integer512(int rounds)
    {
        Vector512<short> y = Vector512.Create((short)5);
        Vector512<int> a = Vector512.Create(3), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        for (int i = 0; i < 2 * rounds; i++)
        {
            a += Avx512BW.MultiplyAddAdjacent(a.AsInt16(), y);
            b += Avx512BW.MultiplyAddAdjacent(b.AsInt16(), y);
            c += Avx512BW.MultiplyAddAdjacent(c.AsInt16(), y);
            d += Avx512BW.MultiplyAddAdjacent(d.AsInt16(), y);
            e += Avx512BW.MultiplyAddAdjacent(e.AsInt16(), y);
            f += Avx512BW.MultiplyAddAdjacent(f.AsInt16(), y);
            g += Avx512BW.MultiplyAddAdjacent(g.AsInt16(), y);
            h += Avx512BW.MultiplyAddAdjacent(h.AsInt16(), y);
        }

        return (a + b + c + d + e + f + g + h)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Integer256(int rounds)
    {
        Vector256<short> y = Vector256.Create((short)5);
        Vector256<int> a = Vector256.Create(3), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
        for (int i = 0; i < 2 * rounds; i++)
        {
            a += Avx2.MultiplyAddAdjacent(a.AsInt16(), y);
            b += Avx2.MultiplyAddAdjacent(b.AsInt16(), y);
            c += Avx2.MultiplyAddAdjacent(c.AsInt16(), y);
            d += Avx2.MultiplyAddAdjacent(d.AsInt16(), y);
            e += Avx2.MultiplyAddAdjacent(e.AsInt16(), y);
            f += Avx2.MultiplyAddAdjacent(f.AsInt16(), y);
            g += Avx2.MultiplyAddAdjacent(g.AsInt16(), y);
            h += Avx2.MultiplyAddAdjacent(h.AsInt16(), y);
        }

        return (a + b + c + d + e + f + g + h)[0];
    }

    /// <summary>Unsigned by signed bytes. The instruction has 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Bytes(int rounds)
    {
        Vector256<byte> x = Vector256.Create((byte)3);
        Vector256<sbyte> y = Vector256.Create((sbyte)-2);
        Vector256<int> a = Vector256<int>.Zero, b = a, c = a, d = a, e = a, f = a, g = a, h = a, k = a, l = a, m = a, n = a;
        for (int i = 0; i < rounds * Unrolled / 12; i++)
        {
            a = AvxVnni.MultiplyWideningAndAdd(a, x, y);
            b = AvxVnni.MultiplyWideningAndAdd(b, x, y);
            c = AvxVnni.MultiplyWideningAndAdd(c, x, y);
            d = AvxVnni.MultiplyWideningAndAdd(d, x, y);
            e = AvxVnni.MultiplyWideningAndAdd(e, x, y);
            f = AvxVnni.MultiplyWideningAndAdd(f, x, y);
            g = AvxVnni.MultiplyWideningAndAdd(g, x, y);
            h = AvxVnni.MultiplyWideningAndAdd(h, x, y);
            k = AvxVnni.MultiplyWideningAndAdd(k, x, y);
            l = AvxVnni.MultiplyWideningAndAdd(l, x, y);
            m = AvxVnni.MultiplyWideningAndAdd(m, x, y);
            n = AvxVnni.MultiplyWideningAndAdd(n, x, y);
        }

        return (a + b + c + d + e + f + g + h + k + l + m + n)[0];
    }
}
