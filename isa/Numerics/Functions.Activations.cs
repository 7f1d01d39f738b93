namespace HybridEmu.Isa;

/// <content>
/// Activation functions. All of them are quotients of w = e^-|v| and 1 + w, whose parts are carried as
/// <see cref="Fp32Pair"/>, so that both tails keep their relative accuracy and only the last addition rounds.
/// </content>
public static partial class Functions
{
    // 2 sqrt(2/pi), and 0.044715 and 0.134145 times that: 2u = x * (Slope + Cubic * x*x), its derivative Slope + CubicSlope * x*x.
    private static readonly Fp32Pair s_slope = new(1.5957692f, -4.534068e-08f);
    private static readonly Fp32Pair s_cubic = new(0.071354814f, 2.3988325e-09f);
    private static readonly Fp32Pair s_cubicSlope = new(0.21406445f, -2.5408342e-10f);

    /// <summary>1 / (1 + e^-x). sigmoid(+inf) = 1, sigmoid(-inf) = +0; subnormal results are kept.</summary>
    public static float Sigmoid(float x)
    {
        if (float.IsNaN(x))
            return CanonicalNaN.Value;
        if (x >= 110f)
            return 1f;
        if (x <= -110f)
            return 0f;
        Fp32Pair power = NegativePower(x, 0f, out int e, out Fp32Pair onePlus);
        return x < 0f ? Scale((power / onePlus).Rounded, e) : (new Fp32Pair(1f, 0f) / onePlus).Rounded;
    }

    /// <summary>Hyperbolic tangent; odd to the last bit. tanh(+-0) = +-0, tanh(+-inf) = +-1.</summary>
    public static float Tanh(float x)
    {
        if (float.IsNaN(x))
            return CanonicalNaN.Value;
        float a = Math.Abs(x);
        float y;
        if (a < 0.25f)
        {
            // The odd series to x^11; the next term is below 2^-29 of the first.
            float square = a * a;
            float q = Fp32.Fma(square, -0.008863236f, 0.021869488f);
            q = Fp32.Fma(square, q, -0.053968254f);
            q = Fp32.Fma(square, q, 0.13333334f);
            q = Fp32.Fma(square, q, -0.33333334f);
            y = Fp32.Fma(a, square * q, a);
        }
        else if (a < 10f)
        {
            Fp32Pair power = NegativePower(a + a, 0f, out int e, out Fp32Pair onePlus);
            Fp32Pair scaled = new(Scale(power.High, e), Scale(power.Low, e));
            Fp32Pair oneMinus = Fp32Pair.Sum(1f, -scaled.High);
            y = (new Fp32Pair(oneMinus.High, oneMinus.Low - scaled.Low) / onePlus).Rounded;
        }
        else
        {
            y = 1f;
        }

        return BitConverter.UInt32BitsToSingle(BitConverter.SingleToUInt32Bits(y) | (BitConverter.SingleToUInt32Bits(x) & 0x8000_0000));
    }

    /// <summary>
    /// x/2 * (1 + tanh(u)) = x * sigmoid(2u), u = sqrt(2/pi) * (x + 0.044715 x^3). x from 12 on and at +-0; -0 from -12 down.
    /// </summary>
    public static float Gelu(float x)
    {
        if (float.IsNaN(x))
            return CanonicalNaN.Value;
        if (x >= 12f || x == 0f)
            return x;
        if (x <= -12f)
            return -0f;
        Fp32Pair value = new(x, 0f);
        Fp32Pair v = ((Fp32Pair.Product(x, x) * s_cubic) + s_slope) * value;
        Fp32Pair power = NegativePower(v.High, v.Low, out int e, out Fp32Pair onePlus);
        return x < 0f ? Scale((power * value / onePlus).Rounded, e) : (value / onePlus).Rounded;
    }

    /// <summary>
    /// Derivative of <see cref="Gelu"/>: s * (1 + x * 2u' * (1 - s)), s = sigmoid(2u). 1 from 12 on, -0 from -12 down.
    /// </summary>
    public static float GeluGradient(float x)
    {
        if (float.IsNaN(x))
            return CanonicalNaN.Value;
        if (x >= 12f)
            return 1f;
        if (x <= -12f)
            return -0f;
        Fp32Pair value = new(x, 0f), one = new(1f, 0f), square = Fp32Pair.Product(x, x);
        Fp32Pair v = ((square * s_cubic) + s_slope) * value;
        Fp32Pair rise = ((square * s_cubicSlope) + s_slope) * value;
        Fp32Pair power = NegativePower(v.High, v.Low, out int e, out Fp32Pair onePlus);
        if (x < 0f)
            return Scale((power / onePlus * (one + (rise * (one / onePlus)))).Rounded, e);
        Fp32Pair scaled = new(Scale(power.High, e), Scale(power.Low, e));
        return (one / onePlus * (one + (rise * (scaled / onePlus)))).Rounded;
    }

    /// <summary>w = e^-|v| as a pair times 2^exponent, and 1 + w as a pair.</summary>
    private static Fp32Pair NegativePower(float high, float low, out int exponent, out Fp32Pair onePlus)
    {
        (float t, float rest) = high < 0f ? ExpParts(high, low, out exponent) : ExpParts(-high, -low, out exponent);
        Fp32Pair power = Fp32Pair.Sum(t, rest);
        Fp32Pair sum = Fp32Pair.Sum(1f, Scale(power.High, exponent));
        onePlus = new Fp32Pair(sum.High, sum.Low + Scale(power.Low, exponent));
        return power;
    }
}
