namespace HybridEmu.Isa;

/// <summary>
/// A number as the unevaluated sum of two fp32, the second far below the first: what an activation function carries
/// between its steps so that only its last addition rounds. Fixed sequences of + - * / and fma.
/// </summary>
internal readonly struct Fp32Pair(float high, float low)
{
    public float High { get; } = high;

    public float Low { get; } = low;

    /// <summary>The fp32 value that it is near.</summary>
    public float Rounded => High + Low;

    /// <summary>a * b, exact where nothing underflows.</summary>
    public static Fp32Pair Product(float a, float b)
    {
        float high = a * b;
        return new Fp32Pair(high, Fp32.Fma(a, b, -high));
    }

    /// <summary>a + b, exact, whichever is greater (Knuth's TwoSum).</summary>
    public static Fp32Pair Sum(float a, float b)
    {
        float high = a + b;
        float ofB = high - a;
        return new Fp32Pair(high, (a - (high - ofB)) + (b - ofB));
    }

    public static Fp32Pair operator +(Fp32Pair a, Fp32Pair b)
    {
        Fp32Pair sum = Sum(a.High, b.High);
        return Sum(sum.High, sum.Low + (a.Low + b.Low));
    }

    public static Fp32Pair operator *(Fp32Pair a, Fp32Pair b)
    {
        Fp32Pair product = Product(a.High, b.High);
        float low = Fp32.Fma(a.High, b.Low, Fp32.Fma(a.Low, b.High, product.Low));
        return new Fp32Pair(product.High, low);
    }

    /// <summary>The quotient of the upper parts, and one correction by its remainder.</summary>
    public static Fp32Pair operator /(Fp32Pair a, Fp32Pair b)
    {
        float quotient = a.High / b.High;
        float remainder = Fp32.Fma(-quotient, b.High, a.High);
        remainder = Fp32.Fma(-quotient, b.Low, remainder + a.Low);
        return new Fp32Pair(quotient, remainder / b.High);
    }
}
