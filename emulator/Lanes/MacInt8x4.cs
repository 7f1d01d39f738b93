using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>Products of 4 int8 in a word, all added wrapping.</summary>
/// <remarks>Even and odd bytes as 16-bit integers, then by pairs: two products of int8 and their sum are exact.</remarks>
public readonly struct MacInt8x4 : IMac
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Apply(int act, int weight, int sum)
    {
        for (int bit = 0; bit < 32; bit += 8)
            sum = unchecked(sum + ((sbyte)(act >> bit) * (sbyte)(weight >> bit)));
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Apply(Vector128<int> act, Vector128<int> weight, Vector128<int> sum)
    {
        for (int bit = 24; bit >= 0; bit -= 8)
            sum += ((act << bit) >> 24) * ((weight << bit) >> 24);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Apply(Vector256<int> act, Vector256<int> weight, Vector256<int> sum)
    {
        Vector256<short> a = act.AsInt16(), w = weight.AsInt16();
        return sum + Pairs((a << 8) >> 8, (w << 8) >> 8) + Pairs(a >> 8, w >> 8);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Apply(Vector512<int> act, Vector512<int> weight, Vector512<int> sum)
    {
        Vector512<short> a = act.AsInt16(), w = weight.AsInt16();
        return sum + Pairs((a << 8) >> 8, (w << 8) >> 8) + Pairs(a >> 8, w >> 8);
    }

    /// <summary>Sums of two neighbouring 16-bit products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector256<int> Pairs(Vector256<short> a, Vector256<short> w) => Avx2.IsSupported
        ? Avx2.MultiplyAddAdjacent(a, w)
        : (((a.AsInt32() << 16) >> 16) * ((w.AsInt32() << 16) >> 16)) + ((a.AsInt32() >> 16) * (w.AsInt32() >> 16));

    /// <summary>Sums of two neighbouring 16-bit products.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static Vector512<int> Pairs(Vector512<short> a, Vector512<short> w) => Avx512BW.IsSupported
        ? Avx512BW.MultiplyAddAdjacent(a, w)
        : (((a.AsInt32() << 16) >> 16) * ((w.AsInt32() << 16) >> 16)) + ((a.AsInt32() >> 16) * (w.AsInt32() >> 16));
}
