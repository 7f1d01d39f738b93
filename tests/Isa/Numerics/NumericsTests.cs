using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class NumericsTests
{
    [Theory]
    [InlineData(0x3F80_0000u, 0x3F80)]
    [InlineData(0x3F80_8000u, 0x3F80)] // tie, even below
    [InlineData(0x3F81_8000u, 0x3F82)] // tie, even above
    [InlineData(0x3F80_8001u, 0x3F81)]
    [InlineData(0x3F80_7FFFu, 0x3F80)]
    [InlineData(0x8000_0000u, 0x8000)]
    [InlineData(0x0000_8000u, 0x0000)] // subnormal tie
    [InlineData(0x0000_8001u, 0x0001)]
    [InlineData(0x7F7F_FFFFu, 0x7F80)] // overflow
    [InlineData(0x7F80_0000u, 0x7F80)]
    [InlineData(0xFF80_0000u, 0xFF80)]
    [InlineData(0x7F80_0001u, 0x7FC0)]
    [InlineData(0xFFFF_FFFFu, 0x7FC0)]
    public void Bf16_rounds_to_nearest_even(uint bits, int expected) =>
        Assert.Equal((ushort)expected, Bf16.FromFloat(BitConverter.UInt32BitsToSingle(bits)));

    [Fact]
    public void Every_bf16_survives_widening_and_either_narrowing()
    {
        for (int i = 0; i <= ushort.MaxValue; i++)
        {
            float value = Bf16.ToFloat((ushort)i);
            ushort expected = float.IsNaN(value) ? CanonicalNaN.Bf16Bits : (ushort)i;
            Assert.Equal(expected, Bf16.FromFloat(value));
            Assert.Equal(expected, Bf16.FromFloatStochastic(value, uint.MaxValue));
        }
    }

    [Fact]
    public void Stochastic_rounding_has_a_bias_below_four_sigma()
    {
        const int Samples = 200_000;
        float value = BitConverter.UInt32BitsToSingle(0x3F80_4000); // a quarter of the way up
        int up = 0;
        for (ulong i = 0; i < Samples; i++)
            up += Bf16.FromFloat(value, Rounding.Stochastic, seed: 7, i) == 0x3F81 ? 1 : 0;
        double sigma = Math.Sqrt(Samples * 0.25 * 0.75);
        Assert.InRange(up, (Samples * 0.25) - (4 * sigma), (Samples * 0.25) + (4 * sigma));
    }

    // Random123 kat_vectors, philox4x32 10.
    [Theory]
    [InlineData(0u, 0u, 0u, 0u, 0u, 0u, 0x6627e8d5u, 0xe169c58du, 0xbc57ac4cu, 0x9b00dbd8u)]
    [InlineData(~0u, ~0u, ~0u, ~0u, ~0u, ~0u, 0x408f276du, 0x41c83b0eu, 0xa20bc7c6u, 0x6d5451fdu)]
    [InlineData(0x243f6a88u, 0x85a308d3u, 0x13198a2eu, 0x03707344u, 0xa4093822u, 0x299f31d0u, 0xd16cfe09u, 0x94fdccebu, 0x5001e420u, 0x24126ea1u)]
    public void Philox_gives_the_published_known_answers(
        uint c0, uint c1, uint c2, uint c3, uint key0, uint key1, uint r0, uint r1, uint r2, uint r3)
    {
        CounterRandom.Philox(ref c0, ref c1, ref c2, ref c3, key0, key1);
        Assert.Equal((r0, r1, r2, r3), (c0, c1, c2, c3));
    }

    [Fact]
    public void Counter_random_reads_the_four_words_of_a_counter_in_order()
    {
        uint[] words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];
        for (int i = 0; i < 4; i++)
            Assert.Equal(words[i], CounterRandom.Bits(0, (ulong)i));
        uint c0 = 5, c1 = 1, c2 = 0, c3 = 0;
        CounterRandom.Philox(ref c0, ref c1, ref c2, ref c3, 9, 3);
        Assert.Equal(c2, CounterRandom.Bits(0x3_0000_0009, (0x1_0000_0005UL << 2) | 2));
    }

    [Fact]
    public void Fallback_fma_equals_the_fused_one_on_random_ties_and_subnormal_operands()
    {
        ulong n = 0;
        for (int i = 0; i < 300_000; i++)
        {
            float a = Operand(ref n), b = Operand(ref n), c = Operand(ref n);
            if (i % 3 == 0)
                c = -(float)((double)a * b); // cancellation
            uint expected = CanonicalNaN.BitsOf(MathF.FusedMultiplyAdd(a, b, c));
            Assert.True(expected == CanonicalNaN.BitsOf(Fp32.FmaInDouble(a, b, c)), $"fma({a:R}, {b:R}, {c:R})");
            Assert.Equal(expected, CanonicalNaN.BitsOf(Fp32.Fma(a, b, c)));
        }
    }

    [Fact]
    public void Fallback_fma_lets_a_tiny_addend_decide_a_tie()
    {
        const float A = 1.00024414f; // 1 + 2^-12
        Assert.Equal(0x3F80_1000u, BitConverter.SingleToUInt32Bits(Fp32.FmaInDouble(A, A, 0f)));
        Assert.Equal(0x3F80_1001u, BitConverter.SingleToUInt32Bits(Fp32.FmaInDouble(A, A, 1e-30f)));
        Assert.Equal(0x3F80_1000u, BitConverter.SingleToUInt32Bits(Fp32.FmaInDouble(A, A, -1e-30f)));
        Assert.Equal(0xBF80_1001u, BitConverter.SingleToUInt32Bits(Fp32.FmaInDouble(-A, A, -1e-30f)));
    }

    [Theory]
    [InlineData(0.5f, 0)]
    [InlineData(1.5f, 2)]
    [InlineData(-2.5f, -2)]
    [InlineData(126.5f, 126)]
    [InlineData(127.4f, 127)]
    [InlineData(1e30f, 127)]
    [InlineData(-128.5f, -128)]
    [InlineData(-127.5f, -128)]
    [InlineData(float.NegativeInfinity, -128)]
    [InlineData(float.NaN, 0)]
    public void Int8_rounds_to_even_then_saturates(float value, int expected) => Assert.Equal(expected, Fp32.ToInt8(value));

    [Theory]
    [InlineData(2147483648f, int.MaxValue)]
    [InlineData(-2147483648f, int.MinValue)]
    [InlineData(2147483520f, 2147483520)]
    [InlineData(4194303.5f, 4194304)]
    [InlineData(4194304.5f, 4194304)]
    [InlineData(-0.5f, 0)]
    [InlineData(float.NaN, 0)]
    public void Int32_rounds_to_even_then_saturates(float value, int expected) => Assert.Equal(expected, Fp32.ToInt32(value));

    [Theory]
    [InlineData(16777217, 16777216f)]
    [InlineData(16777219, 16777220f)]
    [InlineData(int.MinValue, -2147483648f)]
    public void Int32_widens_to_the_nearest_even_fp32(int value, float expected) => Assert.Equal(expected, Fp32.FromInt32(value));

    [Fact]
    public void Reduction_keeps_sixteen_partials_and_folds_8_4_2_1()
    {
        float[] values = new float[100];
        for (int i = 0; i < values.Length; i++)
            values[i] = (CounterRandom.Bits(1, (ulong)i) / 7f) - 1e8f;
        float[] p = new float[16];
        for (int i = 0; i < values.Length; i++)
            p[i % 16] += values[i];
        foreach (int width in new[] { 8, 4, 2, 1 })
        {
            for (int i = 0; i < width; i++)
                p[i] += p[i + width];
        }

        Assert.Equal(p[0], Reduction.Sum(values));
        Assert.Equal(0u, BitConverter.SingleToUInt32Bits(Reduction.Sum([-0f])));
        Assert.Equal(CanonicalNaN.Bits, BitConverter.SingleToUInt32Bits(Reduction.Sum([float.PositiveInfinity, float.NegativeInfinity])));
    }

    private static float Operand(ref ulong n)
    {
        uint bits = CounterRandom.Bits(11, n++);
        uint kind = CounterRandom.Bits(11, n++);
        return (kind & 3) switch
        {
            0 => BitConverter.UInt32BitsToSingle(bits),
            1 => BitConverter.UInt32BitsToSingle(bits & 0x80FF_FFFF), // subnormal and just above
            2 => BitConverter.UInt32BitsToSingle((bits & 0x807F_F000) | 0x3F80_0000), // products with ties
            _ => BitConverter.UInt32BitsToSingle((bits & 0x80FF_FFFF) | 0x3F00_0000),
        };
    }
}
