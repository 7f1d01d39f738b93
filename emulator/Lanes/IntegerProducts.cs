using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>The sum of the products that two words hold, lane by lane, for x86 hosts with AVX2 or AVX-512BW.</summary>
public interface IIntegerProducts
{
    static abstract Vector512<int> Of(Vector512<int> a, Vector512<int> b);

    static abstract Vector256<int> Of(Vector256<int> a, Vector256<int> b);
}

/// <summary>One product of signed integers of up to 16 bits. By 16-bit halves, of which the upper one of a is taken away: a third of the time of 32-bit products.</summary>
public readonly struct OneProduct : IIntegerProducts
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Of(Vector512<int> a, Vector512<int> b) =>
        Avx512BW.MultiplyAddAdjacent((a & Vector512.Create(0xFFFF)).AsInt16(), b.AsInt16());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Of(Vector256<int> a, Vector256<int> b) =>
        Avx2.MultiplyAddAdjacent((a & Vector256.Create(0xFFFF)).AsInt16(), b.AsInt16());
}

/// <summary>Four products of int8: those of the even and of the odd bytes, widened to 16 bits.</summary>
public readonly struct FourProducts : IIntegerProducts
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Of(Vector512<int> a, Vector512<int> b)
    {
        Vector512<short> x = a.AsInt16(), y = b.AsInt16();
        return Avx512BW.MultiplyAddAdjacent((x << 8) >> 8, (y << 8) >> 8) + Avx512BW.MultiplyAddAdjacent(x >> 8, y >> 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Of(Vector256<int> a, Vector256<int> b)
    {
        Vector256<short> x = a.AsInt16(), y = b.AsInt16();
        return Avx2.MultiplyAddAdjacent((x << 8) >> 8, (y << 8) >> 8) + Avx2.MultiplyAddAdjacent(x >> 8, y >> 8);
    }
}

/// <summary>Eight products of int4: four from each 16-bit half.</summary>
public readonly struct EightProducts : IIntegerProducts
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Of(Vector512<int> a, Vector512<int> b)
    {
        Vector512<short> x = a.AsInt16(), y = b.AsInt16();
        return Avx512BW.MultiplyAddAdjacent((x << 12) >> 12, (y << 12) >> 12) + Avx512BW.MultiplyAddAdjacent((x << 8) >> 12, (y << 8) >> 12)
            + Avx512BW.MultiplyAddAdjacent((x << 4) >> 12, (y << 4) >> 12) + Avx512BW.MultiplyAddAdjacent(x >> 12, y >> 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Of(Vector256<int> a, Vector256<int> b)
    {
        Vector256<short> x = a.AsInt16(), y = b.AsInt16();
        return Avx2.MultiplyAddAdjacent((x << 12) >> 12, (y << 12) >> 12) + Avx2.MultiplyAddAdjacent((x << 8) >> 12, (y << 8) >> 12)
            + Avx2.MultiplyAddAdjacent((x << 4) >> 12, (y << 4) >> 12) + Avx2.MultiplyAddAdjacent(x >> 12, y >> 12);
    }
}
