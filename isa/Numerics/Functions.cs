using System.Runtime.CompilerServices;

namespace HybridEmu.Isa;

/// <summary>
/// Transcendental functions of the ISA: a table and a fixed sequence of fp32 operations. The sequence, not the
/// mathematical function, is the definition; each is within 1 ulp over all fp32 inputs tried. NaN results are canonical.
/// </summary>
public static partial class Functions
{
    private const float IntegerMagic = 12582912f; // 1.5 * 2^23: adding it rounds to an integer, ties to even

    /// <summary>
    /// e^x. exp(x) is +inf from 88.7228394 (0x42B17218) on and +0 at or below -103.972084 (0xC2CFF1B5); subnormal
    /// results are kept.
    /// </summary>
    public static float Exp(float x)
    {
        if (float.IsNaN(x))
            return CanonicalNaN.Value;
        if (x >= 88.7228394f)
            return float.PositiveInfinity;
        if (x <= -103.972084f)
            return 0f;

        (float high, float low) = ExpParts(x, 0f, out int e);
        return Scale(high + low, e);
    }

    /// <summary>Natural logarithm. log(+-0) = -inf, log(x &lt; 0) = NaN, log(+inf) = +inf, log(1) = +0.</summary>
    public static float Log(float x)
    {
        if (!(x >= 0f))
            return CanonicalNaN.Value;
        if (x == 0f)
            return float.NegativeInfinity;
        if (float.IsPositiveInfinity(x))
            return x;

        // x = 2^e * m, m in [sqrt(1/2), sqrt(2)).
        int e = -127;
        if (x < 1.17549435e-38f)
        {
            x *= 8388608f;
            e -= 23;
        }

        uint bits = BitConverter.SingleToUInt32Bits(x);
        uint mantissa = bits & 0x007F_FFFF;
        e += (int)(bits >> 23);
        float m = BitConverter.UInt32BitsToSingle(mantissa | 0x3F80_0000);
        if (mantissa >= 0x0035_04F3)
        {
            m *= 0.5f;
            e++;
        }

        int i = (int)Fp32.Fma(m, 64f, 0.5f) - 45;
        float r = Fp32.Fma(m, Tables.LogReciprocal[i], -1f);
        float q = Fp32.Fma(r, 0.2f, -0.25f);
        q = Fp32.Fma(q, r, 0.33333334f);
        q = Fp32.Fma(q, r, -0.5f);
        float p = Fp32.Fma(r * r, q, r); // log(1 + r)
        float h = e * Tables.Ln2High; // exact
        float t = Tables.LogHigh[i];
        float s = h + t;
        float lost = (h - s) + t;
        float low = Fp32.Fma(e, Tables.Ln2Low, Tables.LogLow[i] + p);
        return s + (lost + low);
    }

    /// <summary>e^(x + tail) = (High + Low) * 2^exponent, to about 30 bits; High is the table's entry, in [1, 2).</summary>
    /// <param name="x">Within the limits of <see cref="Exp"/>, or down to -160.</param>
    /// <param name="tail">What x lacks, below its last place.</param>
    /// <param name="exponent">Of two.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static (float High, float Low) ExpParts(float x, float tail, out int exponent)
    {
        // x = n * ln2/32 + r, |r| <= ln2/64.
        float n = Fp32.Fma(x, Tables.ExpInverseStep, IntegerMagic) - IntegerMagic;
        float r = Fp32.Fma(-n, Tables.ExpStepHigh, x); // exact
        r = Fp32.Fma(-n, Tables.ExpStepLow, r) + tail;
        float q = Fp32.Fma(r, 0.16666667f, 0.5f);
        float p = Fp32.Fma(r * r, q, r); // e^r - 1
        int steps = (int)n;
        float t = Tables.ExpHigh[steps & 31];
        exponent = steps >> 5;
        return (t, Fp32.Fma(t, p, Tables.ExpLow[steps & 31]));
    }

    /// <summary>y * 2^e in two factors, since 2^e alone may be out of range; only the second product can round.</summary>
    private static float Scale(float y, int e)
    {
        int half = e >> 1;
        return y * PowerOfTwo(half) * PowerOfTwo(e - half);
    }

    private static float PowerOfTwo(int exponent) => BitConverter.UInt32BitsToSingle((uint)(127 + exponent) << 23);
}
