using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using HybridEmu.Isa;

namespace HybridEmu.Lanes;

/// <summary>fp32 fused multiply-add of widened bf16.</summary>
public readonly struct MacBf16 : IMac
{
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static int Apply(int act, int weight, int sum) => BitConverter.SingleToInt32Bits(
        Fp32.Fma(BitConverter.Int32BitsToSingle(act), BitConverter.Int32BitsToSingle(weight), BitConverter.Int32BitsToSingle(sum)));

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector128<int> Apply(Vector128<int> act, Vector128<int> weight, Vector128<int> sum) =>
        Vector128.FusedMultiplyAdd(act.AsSingle(), weight.AsSingle(), sum.AsSingle()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector256<int> Apply(Vector256<int> act, Vector256<int> weight, Vector256<int> sum) =>
        Vector256.FusedMultiplyAdd(act.AsSingle(), weight.AsSingle(), sum.AsSingle()).AsInt32();

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<int> Apply(Vector512<int> act, Vector512<int> weight, Vector512<int> sum) =>
        Vector512.FusedMultiplyAdd(act.AsSingle(), weight.AsSingle(), sum.AsSingle()).AsInt32();
}
