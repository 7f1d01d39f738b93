using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace HybridEmu.Lanes;

/// <summary>Product of the low halves as signed 16-bit integers, added wrapping.</summary>
public readonly struct MacInteger : IMac
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Apply(int act, int weight, int sum) => unchecked(sum + ((short)act * (short)weight));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Apply(Vector128<int> act, Vector128<int> weight, Vector128<int> sum) =>
        sum + (((act << 16) >> 16) * ((weight << 16) >> 16));

    // By pairs whose other product is 0: a 32-bit multiplication takes twice the time of one of pairs and more. A weight's upper half is
    // cleared and not an act's, as it serves several of them.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Apply(Vector256<int> act, Vector256<int> weight, Vector256<int> sum) => Avx2.IsSupported
        ? sum + Avx2.MultiplyAddAdjacent(act.AsInt16(), (weight & Vector256.Create(0xFFFF)).AsInt16())
        : sum + (((act << 16) >> 16) * ((weight << 16) >> 16));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Apply(Vector512<int> act, Vector512<int> weight, Vector512<int> sum) => Avx512BW.IsSupported
        ? sum + Avx512BW.MultiplyAddAdjacent(act.AsInt16(), (weight & Vector512.Create(0xFFFF)).AsInt16())
        : sum + (((act << 16) >> 16) * ((weight << 16) >> 16));
}
