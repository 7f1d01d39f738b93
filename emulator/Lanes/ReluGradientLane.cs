using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>Derivative of ReLU applied: b &gt; 0 ? a : +0. NaN of a is canonical.</summary>
public readonly struct ReluGradientLane : IBinaryLane
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Apply(float a, float b) => b > 0 ? CanonicalNaN.Of(a) : 0f;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Apply(Vector128<float> a, Vector128<float> b) =>
        Vector128.GreaterThan(b, Vector128<float>.Zero) & CanonicalLanes.Of(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
        Vector256.GreaterThan(b, Vector256<float>.Zero) & CanonicalLanes.Of(a);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) =>
        Vector512.GreaterThan(b, Vector512<float>.Zero) & CanonicalLanes.Of(a);

    /// <summary>d = b &gt; 0 ? a : +0. Spans of equal length; the destination may be a source.</summary>
    public static void Run(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination) =>
        ElementwiseDriver.Run<ReluGradientLane>(a, b, destination);

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination) =>
        ElementwiseDriver.Scalar<ReluGradientLane>(a, b, destination);
}
