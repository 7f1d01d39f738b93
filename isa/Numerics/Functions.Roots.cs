namespace HybridEmu.Isa;

/// <content>Roots and the reciprocal.</content>
public static partial class Functions
{
    /// <summary>1 / sqrt(x). rsqrt(+-0) = +-inf, rsqrt(x &lt; 0) = NaN, rsqrt(+inf) = +0.</summary>
    public static float Rsqrt(float x)
    {
        if (x == 0f)
            return BitConverter.UInt32BitsToSingle(0x7F80_0000 | (BitConverter.SingleToUInt32Bits(x) & 0x8000_0000));
        if (!(x > 0f))
            return CanonicalNaN.Value;
        if (float.IsPositiveInfinity(x))
            return 0f;

        // x = 2^(e - odd) * m, m in [1, 4), e - odd even.
        int e = -127;
        if (x < 1.17549435e-38f)
        {
            x *= 16777216f;
            e -= 24;
        }

        uint bits = BitConverter.SingleToUInt32Bits(x);
        uint mantissa = bits & 0x007F_FFFF;
        e += (int)(bits >> 23);
        int odd = e & 1;
        float m = BitConverter.UInt32BitsToSingle(mantissa | ((uint)(127 + odd) << 23));

        // Newton: y += y/2 * (1 - m*y*y); the second time with the product m*y in two parts.
        float y = Tables.RsqrtSeed[(odd << 6) | (int)(mantissa >> 17)];
        float d = Fp32.Fma(-(m * y), y, 1f);
        y = Fp32.Fma(0.5f * y, d, y);
        float a = m * y;
        float b = Fp32.Fma(m, y, -a);
        d = Fp32.Fma(-a, y, 1f);
        d = Fp32.Fma(-b, y, d);
        y = Fp32.Fma(0.5f * y, d, y);
        return y * PowerOfTwo(-((e - odd) >> 1));
    }

    /// <summary>
    /// sqrt(x). sqrt(+-0) = +-0, sqrt(x &lt; 0) = NaN, sqrt(+inf) = +inf. The residual x - y*y of a y within one unit is
    /// exact, so that one correction rounds correctly.
    /// </summary>
    public static float Sqrt(float x)
    {
        if (x == 0f || float.IsPositiveInfinity(x))
            return x;
        if (!(x > 0f))
            return CanonicalNaN.Value;

        // Below 2^-80 the residual could be subnormal: 2^48 more, and 2^-24 at the end, which is exact.
        float unscale = 1f;
        if (x < 8.271806e-25f)
        {
            x *= 2.8147498e14f;
            unscale = 5.9604645e-08f;
        }

        float r = Rsqrt(x);
        float y = x * r;
        float d = Fp32.Fma(-y, y, x);
        return Fp32.Fma(0.5f * r, d, y) * unscale;
    }

    /// <summary>
    /// The correctly rounded quotient 1 / x: fp32 division has the same bits on every host, so it needs no table.
    /// reciprocal(+-0) = +-inf, reciprocal(+-inf) = +-0; subnormal results are kept.
    /// </summary>
    public static float Reciprocal(float x) => CanonicalNaN.Of(1f / x);
}
