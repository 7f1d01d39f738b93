using HybridEmu.Isa;

namespace HybridEmu.Units;

/// <summary>What a PE does in a step with the words act and weight and the sum from above.</summary>
public enum MacKind : byte
{
    /// <summary>One product of signed integers, at most 8 by 16 bits; the sum wraps.</summary>
    Integer = 0,

    /// <summary>A fused multiply-add in fp32 of operands that came as bf16.</summary>
    Bf16 = 1,

    /// <summary>Four products of int8, the first in the lowest byte of both words; the sum wraps.</summary>
    Int8x4 = 2,

    /// <summary>Eight products of int4, the first in the lowest half byte of both words; the sum wraps.</summary>
    Int4x8 = 3,
}

/// <summary>The definition of <see cref="MacKind"/>, one PE at a time.</summary>
public static class MacKinds
{
    /// <summary>The sum that leaves a PE.</summary>
    public static int Multiply(this MacKind kind, int act, int weight, int sum) => kind switch
    {
        MacKind.Bf16 => BitConverter.SingleToInt32Bits(
            Fp32.Fma(BitConverter.Int32BitsToSingle(act), BitConverter.Int32BitsToSingle(weight), BitConverter.Int32BitsToSingle(sum))),
        MacKind.Int8x4 => unchecked(sum + Products(act, weight, 8)),
        MacKind.Int4x8 => unchecked(sum + Products(act, weight, 4)),
        _ => unchecked(sum + (act * weight)),
    };

    private static int Products(int act, int weight, int bits)
    {
        int sum = 0, above = 32 - bits;
        for (int first = above; first >= 0; first -= bits)
            sum += (act << first >> above) * (weight << first >> above);
        return sum;
    }
}
