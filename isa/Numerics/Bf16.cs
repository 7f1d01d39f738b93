using System.Runtime.CompilerServices;

namespace HybridEmu.Isa;

/// <summary>
/// bfloat16: the upper half of an fp32. Held as ushort bits. Subnormals are kept, NaN is canonical (0x7FC0), overflow
/// rounds to infinity.
/// </summary>
public static class Bf16
{
    /// <summary>Widens; exact. A NaN keeps its payload: canonicalise where the result is observed.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float ToFloat(ushort bits) => BitConverter.UInt32BitsToSingle((uint)bits << 16);

    /// <summary>Narrows with round to nearest, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromFloat(float value)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        uint rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
        return float.IsNaN(value) ? CanonicalNaN.Bf16Bits : (ushort)rounded;
    }

    /// <summary>
    /// Narrows stochastically: adds 16 random bits below the kept ones, then truncates the magnitude. A representable
    /// value stays; any other goes to its upper neighbour with probability equal to its distance from the lower one.
    /// </summary>
    /// <param name="value">What to round.</param>
    /// <param name="randomBits">One word of <see cref="CounterRandom"/>; its upper 16 bits are used.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static ushort FromFloatStochastic(float value, uint randomBits)
    {
        uint bits = BitConverter.SingleToUInt32Bits(value);
        return float.IsNaN(value) ? CanonicalNaN.Bf16Bits : (ushort)((bits + (randomBits >> 16)) >> 16);
    }

    /// <summary>Narrows by the descriptor's rounding field.</summary>
    /// <param name="value">What to round.</param>
    /// <param name="rounding">Nearest even, or stochastic.</param>
    /// <param name="seed">Seed of the parameter block; used when stochastic.</param>
    /// <param name="index">Logical element number (origin + row * pitch + column); used when stochastic.</param>
    public static ushort FromFloat(float value, Rounding rounding, ulong seed, ulong index) =>
        rounding == Rounding.Stochastic
            ? FromFloatStochastic(value, CounterRandom.Bits(seed, index))
            : FromFloat(value);
}
