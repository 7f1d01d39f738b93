using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>Products of 8 int4 in a word, low nibble first, all added wrapping.</summary>
/// <remarks>Every fourth nibble as a 16-bit integer, then by pairs.</remarks>
public readonly struct MacInt4x8 : IMac
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Apply(int act, int weight, int sum)
    {
        for (int bit = 28; bit >= 0; bit -= 4)
            sum = unchecked(sum + (((act << bit) >> 28) * ((weight << bit) >> 28)));
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Apply(Vector128<int> act, Vector128<int> weight, Vector128<int> sum)
    {
        for (int bit = 28; bit >= 0; bit -= 4)
            sum += ((act << bit) >> 28) * ((weight << bit) >> 28);
        return sum;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Apply(Vector256<int> act, Vector256<int> weight, Vector256<int> sum)
    {
        Vector256<short> a = act.AsInt16(), w = weight.AsInt16();
        Vector256<int> low = MacInt8x4.Pairs((a << 12) >> 12, (w << 12) >> 12) + MacInt8x4.Pairs((a << 8) >> 12, (w << 8) >> 12);
        return sum + low + MacInt8x4.Pairs((a << 4) >> 12, (w << 4) >> 12) + MacInt8x4.Pairs(a >> 12, w >> 12);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Apply(Vector512<int> act, Vector512<int> weight, Vector512<int> sum)
    {
        Vector512<short> a = act.AsInt16(), w = weight.AsInt16();
        Vector512<int> low = MacInt8x4.Pairs((a << 12) >> 12, (w << 12) >> 12) + MacInt8x4.Pairs((a << 8) >> 12, (w << 8) >> 12);
        return sum + low + MacInt8x4.Pairs((a << 4) >> 12, (w << 4) >> 12) + MacInt8x4.Pairs(a >> 12, w >> 12);
    }
}
