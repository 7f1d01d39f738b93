using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>a - b; NaN is canonical.</summary>
public readonly struct SubtractLane : IBinaryLane
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Apply(float a, float b) => CanonicalNaN.Of(a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Apply(Vector128<float> a, Vector128<float> b) =>
        CanonicalLanes.Of(a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
        CanonicalLanes.Of(a - b);

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) =>
        CanonicalLanes.Of(a - b);

    /// <summary>d = a - b. Spans of equal length; the destination may be a source.</summary>
    public static void Run(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination) =>
        ElementwiseDriver.Run<SubtractLane>(a, b, destination);

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination) =>
        ElementwiseDriver.Scalar<SubtractLane>(a, b, destination);
}
