using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.Arm;
using X86Fma = System.Runtime.Intrinsics.X86.Fma;

namespace HybridEmu.Isa;

/// <summary>fp32 operations that C# has no operator for. Round to nearest even, subnormals kept, on every host.</summary>
public static class Fp32
{
    /// <summary>Whether the host multiplies and adds with one rounding in hardware. A constant to the JIT.</summary>
    public static bool HasHardwareFma
    {
        [MethodImpl(MethodImplOptions.AggressiveInlining)]
        get => X86Fma.IsSupported || AdvSimd.IsSupported;
    }

    /// <summary>a * b + c with one rounding. The payload of a NaN result is not defined.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float Fma(float a, float b, float c) =>
        HasHardwareFma ? MathF.FusedMultiplyAdd(a, b, c) : FmaInDouble(a, b, c);

    /// <summary>
    /// The same bits without hardware FMA. The product is exact in double; the sum is rounded to odd before it is
    /// narrowed. Plain <c>(float)((double)a * b + c)</c> would round twice: (1 + 2^-12)^2 lies half way between two fp32
    /// values, and a tiny c that decides the tie is lost in the rounding to double.
    /// </summary>
    public static float FmaInDouble(float a, float b, float c)
    {
        double product = (double)a * b;
        double sum = product + c;
        if (!double.IsFinite(sum))
            return (float)sum;

        // Knuth's TwoSum: sum + error is product + c exactly. fp32 operands cannot overflow or go subnormal in double.
        double virtualC = sum - product;
        double error = (product - (sum - virtualC)) + (c - virtualC);
        long bits = BitConverter.DoubleToInt64Bits(sum);
        if (error != 0 && (bits & 1) == 0)
            bits += (error > 0) == (sum > 0) ? 1 : -1;
        return (float)BitConverter.Int64BitsToDouble(bits);
    }

    /// <summary>The nearest fp32 to a 32-bit integer, ties to even.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static float FromInt32(int value) => value;

    /// <summary>Rounds to an integer (ties to even), then saturates to -128..127. NaN gives 0.</summary>
    public static sbyte ToInt8(float value)
    {
        if (float.IsNaN(value))
            return 0;
        if (value <= sbyte.MinValue)
            return sbyte.MinValue;
        return value >= sbyte.MaxValue ? sbyte.MaxValue : (sbyte)RoundSmall(value);
    }

    /// <summary>Rounds to an integer (ties to even), then saturates to the 32-bit range. NaN gives 0.</summary>
    public static int ToInt32(float value)
    {
        if (float.IsNaN(value))
            return 0;
        if (value <= int.MinValue)
            return int.MinValue;
        if (value >= 2147483648f)
            return int.MaxValue;
        return value is > -4194304f and < 4194304f ? RoundSmall(value) : (int)MathF.Round(value, MidpointRounding.ToEven);
    }

    // The sum's last place is 1 for |value| < 2^22, so adding 1.5 * 2^23 rounds to an integer, ties to even.
    private static int RoundSmall(float value) => (int)((value + 12582912f) - 12582912f);
}
