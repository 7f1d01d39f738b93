using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>v &lt;= b ? +0 : v with b = 0; NaN stays, canonical.</summary>
public readonly struct ReluLane : IBinaryLane
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Apply(float a, float b) => a <= b ? 0f : CanonicalNaN.Of(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Apply(Vector128<float> a, Vector128<float> b) =>
        Vector128.AndNot(CanonicalLanes.Of(a), Vector128.LessThanOrEqual(a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
        Vector256.AndNot(CanonicalLanes.Of(a), Vector256.LessThanOrEqual(a, b));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) =>
        Vector512.AndNot(CanonicalLanes.Of(a), Vector512.LessThanOrEqual(a, b));

    /// <summary>d = a &lt;= 0 ? +0 : a. The destination may be the source.</summary>
    public static void Run(ReadOnlySpan<float> a, Span<float> destination) =>
        ElementwiseDriver.Run<ReluLane>(a, 0f, destination);
}
