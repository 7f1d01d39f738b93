using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Bench;

/// <summary>The most multiply-accumulates that this host can do from registers: what the fast engine is measured against.</summary>
internal static class Roofline
{
    // Chains of sums: more than latency times units (4 x 2), or the loop is bound by them. Each begins elsewhere, or they would be one.
    private const int Chains = 12;

    /// <summary>Whether <see cref="Integer"/> has a loop for this host.</summary>
    public static bool HasInteger => Avx2.IsSupported;

    /// <summary>Whether <see cref="Bytes"/> has a loop for this host.</summary>
    public static bool HasBytes => AvxVnni.IsSupported;

    private static bool Wide => Avx512BW.IsSupported;

    /// <summary>fp32 multiply-accumulates of <paramref name="rounds"/> rounds.</summary>
    public static long FloatMacs(int rounds) => (long)rounds * Chains * (Wide ? Vector512<float>.Count : Vector256<float>.Count);

    /// <summary>16-bit multiply-accumulates of <paramref name="rounds"/> rounds.</summary>
    public static long IntegerMacs(int rounds) => (long)rounds * Chains * (Wide ? Vector512<short>.Count : Vector256<short>.Count);

    /// <summary>4-bit multiply-accumulates of <paramref name="rounds"/> rounds.</summary>
    public static long NibbleMacs(int rounds) => (long)rounds * Chains * (Wide ? Vector512<byte>.Count : Vector256<byte>.Count);

    /// <summary>8-bit multiply-accumulates of <paramref name="rounds"/> rounds.</summary>
    public static long ByteMacs(int rounds) => (long)rounds * Chains * Vector256<byte>.Count;

    public static float Float(int rounds) => Wide ? Float512(rounds) : Float256(rounds);

    public static int Integer(int rounds) => Wide ? Integer512(rounds) : Integer256(rounds);

    /// <summary>Products of 4-bit numbers in bytes, whose sums fit 16 bits for a while.</summary>
    public static int Nibbles(int rounds) => Wide ? Nibbles512(rounds) : Nibbles256(rounds);

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Float512(int rounds)
    {
        Vector512<float> x = Vector512.Create(0.999f), y = Vector512.Create(1e-3f);
        Vector512<float> a = Vector512.Create(1f), b = Vector512.Create(2f), c = Vector512.Create(3f), d = Vector512.Create(4f), e = Vector512.Create(5f), f = Vector512.Create(6f);
        Vector512<float> g = Vector512.Create(7f), h = Vector512.Create(8f), i = Vector512.Create(9f), j = Vector512.Create(10f), k = Vector512.Create(11f), l = Vector512.Create(12f);
        for (int round = 0; round < rounds; round++)
        {
            a = Vector512.FusedMultiplyAdd(a, x, y);
            b = Vector512.FusedMultiplyAdd(b, x, y);
            c = Vector512.FusedMultiplyAdd(c, x, y);
            d = Vector512.FusedMultiplyAdd(d, x, y);
            e = Vector512.FusedMultiplyAdd(e, x, y);
            f = Vector512.FusedMultiplyAdd(f, x, y);
            g = Vector512.FusedMultiplyAdd(g, x, y);
            h = Vector512.FusedMultiplyAdd(h, x, y);
            i = Vector512.FusedMultiplyAdd(i, x, y);
            j = Vector512.FusedMultiplyAdd(j, x, y);
            k = Vector512.FusedMultiplyAdd(k, x, y);
            l = Vector512.FusedMultiplyAdd(l, x, y);
        }

        return (a + b + c + d + e + f + g + h + i + j + k + l)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static float Float256(int rounds)
    {
        Vector256<float> x = Vector256.Create(0.999f), y = Vector256.Create(1e-3f);
        Vector256<float> a = Vector256.Create(1f), b = Vector256.Create(2f), c = Vector256.Create(3f), d = Vector256.Create(4f), e = Vector256.Create(5f), f = Vector256.Create(6f);
        Vector256<float> g = Vector256.Create(7f), h = Vector256.Create(8f), i = Vector256.Create(9f), j = Vector256.Create(10f), k = Vector256.Create(11f), l = Vector256.Create(12f);
        for (int round = 0; round < rounds; round++)
        {
            a = Vector256.FusedMultiplyAdd(a, x, y);
            b = Vector256.FusedMultiplyAdd(b, x, y);
            c = Vector256.FusedMultiplyAdd(c, x, y);
            d = Vector256.FusedMultiplyAdd(d, x, y);
            e = Vector256.FusedMultiplyAdd(e, x, y);
            f = Vector256.FusedMultiplyAdd(f, x, y);
            g = Vector256.FusedMultiplyAdd(g, x, y);
            h = Vector256.FusedMultiplyAdd(h, x, y);
            i = Vector256.FusedMultiplyAdd(i, x, y);
            j = Vector256.FusedMultiplyAdd(j, x, y);
            k = Vector256.FusedMultiplyAdd(k, x, y);
            l = Vector256.FusedMultiplyAdd(l, x, y);
        }

        return (a + b + c + d + e + f + g + h + i + j + k + l)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Integer512(int rounds)
    {
        Vector512<short> y = Vector512.Create((short)5);
        Vector512<int> a = Vector512.Create(3), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (int round = 0; round < rounds; round += 2) // 3 % more than one round a time
        {
            a += Avx512BW.MultiplyAddAdjacent(a.AsInt16(), y);
            b += Avx512BW.MultiplyAddAdjacent(b.AsInt16(), y);
            c += Avx512BW.MultiplyAddAdjacent(c.AsInt16(), y);
            d += Avx512BW.MultiplyAddAdjacent(d.AsInt16(), y);
            e += Avx512BW.MultiplyAddAdjacent(e.AsInt16(), y);
            f += Avx512BW.MultiplyAddAdjacent(f.AsInt16(), y);
            g += Avx512BW.MultiplyAddAdjacent(g.AsInt16(), y);
            h += Avx512BW.MultiplyAddAdjacent(h.AsInt16(), y);
            i += Avx512BW.MultiplyAddAdjacent(i.AsInt16(), y);
            j += Avx512BW.MultiplyAddAdjacent(j.AsInt16(), y);
            k += Avx512BW.MultiplyAddAdjacent(k.AsInt16(), y);
            l += Avx512BW.MultiplyAddAdjacent(l.AsInt16(), y);
            a += Avx512BW.MultiplyAddAdjacent(a.AsInt16(), y);
            b += Avx512BW.MultiplyAddAdjacent(b.AsInt16(), y);
            c += Avx512BW.MultiplyAddAdjacent(c.AsInt16(), y);
            d += Avx512BW.MultiplyAddAdjacent(d.AsInt16(), y);
            e += Avx512BW.MultiplyAddAdjacent(e.AsInt16(), y);
            f += Avx512BW.MultiplyAddAdjacent(f.AsInt16(), y);
            g += Avx512BW.MultiplyAddAdjacent(g.AsInt16(), y);
            h += Avx512BW.MultiplyAddAdjacent(h.AsInt16(), y);
            i += Avx512BW.MultiplyAddAdjacent(i.AsInt16(), y);
            j += Avx512BW.MultiplyAddAdjacent(j.AsInt16(), y);
            k += Avx512BW.MultiplyAddAdjacent(k.AsInt16(), y);
            l += Avx512BW.MultiplyAddAdjacent(l.AsInt16(), y);
        }

        return (a + b + c + d + e + f + g + h + i + j + k + l)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Integer256(int rounds)
    {
        Vector256<short> y = Vector256.Create((short)5);
        Vector256<int> a = Vector256.Create(3), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (int round = 0; round < rounds; round++)
        {
            a += Avx2.MultiplyAddAdjacent(a.AsInt16(), y);
            b += Avx2.MultiplyAddAdjacent(b.AsInt16(), y);
            c += Avx2.MultiplyAddAdjacent(c.AsInt16(), y);
            d += Avx2.MultiplyAddAdjacent(d.AsInt16(), y);
            e += Avx2.MultiplyAddAdjacent(e.AsInt16(), y);
            f += Avx2.MultiplyAddAdjacent(f.AsInt16(), y);
            g += Avx2.MultiplyAddAdjacent(g.AsInt16(), y);
            h += Avx2.MultiplyAddAdjacent(h.AsInt16(), y);
            i += Avx2.MultiplyAddAdjacent(i.AsInt16(), y);
            j += Avx2.MultiplyAddAdjacent(j.AsInt16(), y);
            k += Avx2.MultiplyAddAdjacent(k.AsInt16(), y);
            l += Avx2.MultiplyAddAdjacent(l.AsInt16(), y);
        }

        return (a + b + c + d + e + f + g + h + i + j + k + l)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Nibbles512(int rounds)
    {
        Vector512<sbyte> y = Vector512.Create((sbyte)5);
        Vector512<short> a = Vector512.Create((short)3), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (int round = 0; round < rounds; round++)
        {
            a += Avx512BW.MultiplyAddAdjacent(a.AsByte(), y);
            b += Avx512BW.MultiplyAddAdjacent(b.AsByte(), y);
            c += Avx512BW.MultiplyAddAdjacent(c.AsByte(), y);
            d += Avx512BW.MultiplyAddAdjacent(d.AsByte(), y);
            e += Avx512BW.MultiplyAddAdjacent(e.AsByte(), y);
            f += Avx512BW.MultiplyAddAdjacent(f.AsByte(), y);
            g += Avx512BW.MultiplyAddAdjacent(g.AsByte(), y);
            h += Avx512BW.MultiplyAddAdjacent(h.AsByte(), y);
            i += Avx512BW.MultiplyAddAdjacent(i.AsByte(), y);
            j += Avx512BW.MultiplyAddAdjacent(j.AsByte(), y);
            k += Avx512BW.MultiplyAddAdjacent(k.AsByte(), y);
            l += Avx512BW.MultiplyAddAdjacent(l.AsByte(), y);
        }

        return (a + b + c + d + e + f + g + h + i + j + k + l)[0];
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    private static int Nibbles256(int rounds)
    {
        Vector256<sbyte> y = Vector256.Create((sbyte)5);
        Vector256<short> a = Vector256.Create((short)3), b = a, c = a, d = a, e = a, f = a, g = a, h = a, i = a, j = a, k = a, l = a;
        for (int round = 0; round < rounds; round++)
        {
            a += Avx2.MultiplyAddAdjacent(a.AsByte(), y);
            b += Avx2.MultiplyAddAdjacent(b.AsByte(), y);
            c += Avx2.MultiplyAddAdjacent(c.AsByte(), y);
            d += Avx2.MultiplyAddAdjacent(d.AsByte(), y);
            e += Avx2.MultiplyAddAdjacent(e.AsByte(), y);
            f += Avx2.MultiplyAddAdjacent(f.AsByte(), y);
            g += Avx2.MultiplyAddAdjacent(g.AsByte(), y);
            h += Avx2.MultiplyAddAdjacent(h.AsByte(), y);
            i += Avx2.MultiplyAddAdjacent(i.AsByte(), y);
            j += Avx2.MultiplyAddAdjacent(j.AsByte(), y);
            k += Avx2.MultiplyAddAdjacent(k.AsByte(), y);
            l += Avx2.MultiplyAddAdjacent(l.AsByte(), y);
        }

        return (a + b + c + d + e + f + g + h + i + j + k + l)[0];
    }

    /// <summary>Unsigned by signed bytes. The instruction has 256 bits.</summary>
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    public static int Bytes(int rounds)
    {
        Vector256<byte> x = Vector256.Create((byte)3);
        Vector256<sbyte> y = Vector256.Create((sbyte)-2);
        Vector256<int> a = Vector256<int>.Zero, b = a, c = a, d = a, e = a, f = a, g = a, h = a, k = a, l = a, m = a, n = a;
        for (int i = 0; i < rounds; i++)
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
