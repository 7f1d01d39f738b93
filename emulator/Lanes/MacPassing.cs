using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>A disabled PE: the sum goes through.</summary>
public readonly struct MacPassing : IMac
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Apply(int act, int weight, int sum) => sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Apply(Vector128<int> act, Vector128<int> weight, Vector128<int> sum) => sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Apply(Vector256<int> act, Vector256<int> weight, Vector256<int> sum) => sum;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Apply(Vector512<int> act, Vector512<int> weight, Vector512<int> sum) => sum;
}
