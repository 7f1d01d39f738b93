using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>The greater of a and b; NaN in either gives the canonical NaN; zeros of unlike sign give +0.</summary>
public readonly struct MaxLane : IBinaryLane
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Apply(float a, float b) =>
        float.IsNaN(a) || float.IsNaN(b) ? CanonicalNaN.Value
        : a == b ? BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(a) & BitConverter.SingleToUInt32Bits(b))
        : a > b ? a : b;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Apply(Vector128<float> a, Vector128<float> b) =>
        Vector128.ConditionalSelect(
            Vector128.Equals(a, a) & Vector128.Equals(b, b),
            Vector128.ConditionalSelect(Vector128.Equals(a, b), a & b, Vector128.ConditionalSelect(Vector128.GreaterThan(a, b), a, b)),
            Vector128.Create(CanonicalNaN.Bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Apply(Vector256<float> a, Vector256<float> b) =>
        Vector256.ConditionalSelect(
            Vector256.Equals(a, a) & Vector256.Equals(b, b),
            Vector256.ConditionalSelect(Vector256.Equals(a, b), a & b, Vector256.ConditionalSelect(Vector256.GreaterThan(a, b), a, b)),
            Vector256.Create(CanonicalNaN.Bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Apply(Vector512<float> a, Vector512<float> b) =>
        Vector512.ConditionalSelect(
            Vector512.Equals(a, a) & Vector512.Equals(b, b),
            Vector512.ConditionalSelect(Vector512.Equals(a, b), a & b, Vector512.ConditionalSelect(Vector512.GreaterThan(a, b), a, b)),
            Vector512.Create(CanonicalNaN.Bits).AsSingle());

    /// <summary>d = max(a, b). Spans of equal length; the destination may be a source.</summary>
    public static void Run(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination) =>
        ElementwiseDriver.Run<MaxLane>(a, b, destination);

    /// <summary>The same, one element at a time.</summary>
    public static void Scalar(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination) =>
        ElementwiseDriver.Scalar<MaxLane>(a, b, destination);
}
