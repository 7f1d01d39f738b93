using System.Runtime.CompilerServices;

namespace HybridEmu.Isa;

/// <summary>
/// The one NaN that results show. Payloads vary with SIMD width and JIT tier, so every fp32 or bf16 value is passed
/// through here where it is stored, compared or hashed.
/// </summary>
public static class CanonicalNaN
{
    /// <summary>Bits of the fp32 NaN.</summary>
    public const uint Bits = 0x7FC0_0000;

    /// <summary>Bits of the bf16 NaN.</summary>
    public const ushort Bf16Bits = 0x7FC0;

    /// <summary>The fp32 NaN as a value.</summary>
    public static float Value
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => BitConverter.UInt32BitsToSingle(Bits);
    }

    /// <summary>The value itself, or the canonical NaN in place of any NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Of(float value) => float.IsNaN(value) ? Value : value;

    /// <summary>Bits of the value, or of the canonical NaN.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static uint BitsOf(float value) => float.IsNaN(value) ? Bits : BitConverter.SingleToUInt32Bits(value);
}
