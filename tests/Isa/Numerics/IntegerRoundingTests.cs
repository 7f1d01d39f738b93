using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class IntegerRoundingTests
{
    public static TheoryData<ElementType> Narrow => [ElementType.Int4, ElementType.Int8, ElementType.Uint8];

    [Theory]
    [InlineData(ElementType.Uint8, -0.5f, 0)]
    [InlineData(ElementType.Uint8, 254.5f, 254)]
    [InlineData(ElementType.Uint8, 255.5f, 255)]
    [InlineData(ElementType.Uint8, -3f, 0)]
    [InlineData(ElementType.Int4, 6.5f, 6)]
    [InlineData(ElementType.Int4, 7.4f, 7)]
    [InlineData(ElementType.Int4, 1e30f, 7)]
    [InlineData(ElementType.Int4, -8.6f, -8)]
    [InlineData(ElementType.Int4, float.NaN, 0)]
    [InlineData(ElementType.Int8, float.NegativeInfinity, -128)]
    public void Nearest_rounds_to_even_then_saturates(ElementType type, float value, int expected) =>
        Assert.Equal(expected, IntegerRounding.Round(value, type, Rounding.NearestEven, 0, 0));

    [Theory]
    [MemberData(nameof(Narrow))]
    public void A_whole_number_stays_whatever_the_random_bits(ElementType type)
    {
        (int low, int high) = IntegerRounding.Range(type);
        for (int whole = low - 3; whole <= high + 3; whole++)
        {
            foreach (uint bits in new[] { 0u, 255u, 256u, 0x8000_0000u, uint.MaxValue })
                Assert.Equal(Math.Clamp(whole, low, high), IntegerRounding.Stochastic(whole, bits, low, high));
        }
    }

    [Theory]
    [InlineData(float.NaN, 0)]
    [InlineData(float.PositiveInfinity, 127)]
    [InlineData(float.NegativeInfinity, -128)]
    [InlineData(127.5f, 127)]
    [InlineData(-128.5f, -128)]
    [InlineData(-0f, 0)]
    public void What_lies_outside_saturates_and_nan_is_0(float value, int expected)
    {
        Assert.Equal(expected, IntegerRounding.Stochastic(value, 0, -128, 127));
        Assert.Equal(expected, IntegerRounding.Stochastic(value, uint.MaxValue, -128, 127));
    }

    [Fact]
    public void The_fraction_is_compared_exactly_at_either_end()
    {
        // u is a multiple of 2^-24: the smallest fraction goes up at u = 0 only, and 1 - 2^-25 at every u.
        const float Tiny = 1e-30f, AlmostOne = 2.9802322e-08f;
        Assert.Equal((1, 0), (IntegerRounding.Stochastic(Tiny, 255, -8, 7), IntegerRounding.Stochastic(Tiny, 256, -8, 7)));
        Assert.Equal(0, IntegerRounding.Stochastic(-AlmostOne, uint.MaxValue, -8, 7));
        Assert.Equal(0, IntegerRounding.Stochastic(-0.75f * 5.9604645e-08f, uint.MaxValue, -8, 7));
        Assert.Equal(-1, IntegerRounding.Stochastic(-1.25f * 5.9604645e-08f, uint.MaxValue, -8, 7));
        Assert.Equal((1, 0), (IntegerRounding.Stochastic(0.5f, 0x7FFF_FFFF, -8, 7), IntegerRounding.Stochastic(0.5f, 0x8000_0000, -8, 7)));
    }

    [Theory]
    [InlineData(ElementType.Int4, -3.7f)]
    [InlineData(ElementType.Int8, 99.125f)]
    [InlineData(ElementType.Uint8, 0.001f)]
    public void Stochastic_rounding_to_an_integer_has_a_bias_below_four_sigma(ElementType type, float value)
    {
        const int Samples = 200_000;
        double fraction = value - Math.Floor(value);
        long sum = 0;
        for (ulong i = 0; i < Samples; i++)
            sum += IntegerRounding.Round(value, type, Rounding.Stochastic, seed: 11, i);
        double sigma = Math.Sqrt(Samples * fraction * (1 - fraction));
        Assert.InRange(sum, (Samples * (double)value) - (4 * sigma), (Samples * (double)value) + (4 * sigma));
    }
}
