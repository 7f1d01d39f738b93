namespace HybridEmu.Units;

/// <summary>What a PE computes at a step from its act word, its weight word and the sum from above.</summary>
public enum MacKind : byte
{
    /// <summary>
    /// The low halves of the words are signed integers, their product that of an 8-bit and a 16-bit one at most;
    /// sum += act * weight, wrapping int32.
    /// </summary>
    Integer = 0,

    /// <summary>Words are fp32 bits (of widened bf16); sum = fma(act, weight, sum).</summary>
    Bf16 = 1,

    /// <summary>A word holds 4 int8 of consecutive k, little-endian; sum += all four products, wrapping int32.</summary>
    Int8x4 = 2,

    /// <summary>A word holds 8 int4 of consecutive k, low nibble first; sum += all eight products, wrapping int32.</summary>
    Int4x8 = 3,
}
