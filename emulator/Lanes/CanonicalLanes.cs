using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary><see cref="CanonicalNaN"/> a vector at a time.</summary>
public static class CanonicalLanes
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<float> Of(Vector128<float> v) =>
        Vector128.ConditionalSelect(Vector128.Equals(v, v), v, Vector128.Create(CanonicalNaN.Bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<float> Of(Vector256<float> v) =>
        Vector256.ConditionalSelect(Vector256.Equals(v, v), v, Vector256.Create(CanonicalNaN.Bits).AsSingle());

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<float> Of(Vector512<float> v) =>
        Vector512.ConditionalSelect(Vector512.Equals(v, v), v, Vector512.Create(CanonicalNaN.Bits).AsSingle());
}
