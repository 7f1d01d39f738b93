using System.Runtime.Intrinsics;

namespace HybridEmu.Lanes;

/// <summary>
/// What one PE computes: the sum below from act, weight and the sum above, all 32-bit words. Scalar and at each vector width,
/// with the same bits (but for the payload of a NaN).
/// </summary>
public interface IMac
{
    static abstract int Apply(int act, int weight, int sum);

    static abstract Vector128<int> Apply(Vector128<int> act, Vector128<int> weight, Vector128<int> sum);

    static abstract Vector256<int> Apply(Vector256<int> act, Vector256<int> weight, Vector256<int> sum);

    static abstract Vector512<int> Apply(Vector512<int> act, Vector512<int> weight, Vector512<int> sum);
}
