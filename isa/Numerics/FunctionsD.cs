namespace HybridEmu.Isa;

/// <summary>
/// Double-precision functions for models whose numbers gate clocks, such as heat: fixed sequences of + - * /, so that
/// every host gets the same bits.
/// </summary>
public static class FunctionsD
{
    private const double Ln2High = 0.693147180369123816490; // 0x3FE62E42FEE00000: 33 bits, so n * Ln2High is exact
    private const double Ln2Low = 1.90821492927058770002e-10;

    /// <summary>
    /// e^x, relative error below 1e-15 where the result is normal. NaN stays NaN; +inf above 709.78; +0 below -708.39
    /// (subnormal results are not made).
    /// </summary>
    public static double Exp(double x)
    {
        if (double.IsNaN(x))
            return x;
        if (x > 709.78)
            return double.PositiveInfinity;
        if (x < -708.39)
            return 0;

        // x = n * ln2 + r, |r| <= ln2/2; then the series to r^13, whose next term is below 5e-18.
        double scaled = x * 1.44269504088896340736;
        int n = (int)(scaled < 0 ? scaled - 0.5 : scaled + 0.5);
        double r = (x - (n * Ln2High)) - (n * Ln2Low);
        double sum = 1;
        for (int i = 13; i >= 1; i--)
            sum = 1 + (r * sum / i);

        // 2^n in two factors, since n may be 1024.
        int half = n / 2;
        return sum * PowerOfTwo(half) * PowerOfTwo(n - half);
    }

    private static double PowerOfTwo(int exponent) => BitConverter.Int64BitsToDouble((long)(1023 + exponent) << 52);
}
