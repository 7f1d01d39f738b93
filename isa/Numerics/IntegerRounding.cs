namespace HybridEmu.Isa;

/// <summary>fp32 to the narrow integers that results can have: rounded, then saturated; NaN gives 0.</summary>
public static class IntegerRounding
{
    /// <summary>Least and greatest value of int4, int8 or uint8.</summary>
    public static (int Low, int High) Range(ElementType type) => type switch
    {
        ElementType.Int4 => (-8, 7),
        ElementType.Int8 => (sbyte.MinValue, sbyte.MaxValue),
        ElementType.Uint8 => (byte.MinValue, byte.MaxValue),
        _ => throw new ArgumentOutOfRangeException(nameof(type), type, "int4, int8 or uint8"),
    };

    /// <summary>To the nearest integer, ties to even.</summary>
    public static int Nearest(float value, int low, int high) => Math.Clamp(Fp32.ToInt32(value), low, high);

    /// <summary>
    /// With f the floor of the value: f + 1 where value - f is above u, the upper 24 random bits times 2^-24, else f. A
    /// whole number stays.
    /// </summary>
    /// <param name="value">What to round.</param>
    /// <param name="randomBits">One word of <see cref="CounterRandom"/>.</param>
    /// <param name="low">Least result.</param>
    /// <param name="high">Greatest result.</param>
    public static int Stochastic(float value, uint randomBits, int low, int high)
    {
        if (float.IsNaN(value))
            return 0;
        if (value <= low)
            return low;
        if (value >= high)
            return high;

        // Compared in double, where value - floor is exact as far as u can tell: fp32 would round 1 - 2^-26 up to 1.
        int floor = (int)value;
        if (floor > value)
            floor--;
        return (double)value - floor > (randomBits >> 8) * 5.9604644775390625e-08 ? floor + 1 : floor;
    }

    /// <summary>By the descriptor's rounding field.</summary>
    /// <param name="value">What to round.</param>
    /// <param name="type">int4, int8 or uint8.</param>
    /// <param name="rounding">Nearest even, or stochastic.</param>
    /// <param name="seed">Seed of the parameter block; used when stochastic.</param>
    /// <param name="index">Logical element number; used when stochastic.</param>
    public static int Round(float value, ElementType type, Rounding rounding, ulong seed, ulong index)
    {
        (int low, int high) = Range(type);
        return rounding == Rounding.Stochastic
            ? Stochastic(value, CounterRandom.Bits(seed, index), low, high)
            : Nearest(value, low, high);
    }
}
