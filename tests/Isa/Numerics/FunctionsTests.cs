using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Isa.Tests;

public class FunctionsTests(ITestOutputHelper output)
{
    private const uint Infinity = 0x7F80_0000, NegativeInfinity = 0xFF80_0000;

    public static TheoryData<string> Names => ["exp", "log", "rsqrt", "sqrt", "reciprocal"];

    [Theory]
    [MemberData(nameof(Names))]
    public void Worst_error_over_all_bf16_inputs_is_below_one_ulp(string name)
    {
        (double worst, float at) = Worst(name, step: 0x1_0000);
        output.WriteLine($"{name}: worst error over all bf16 inputs {worst:F4} ulp of fp32, at {at:R}");
        Assert.True(worst < 1.0, $"{worst} ulp at {at:R}");
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Worst_error_over_a_sweep_of_fp32_inputs_is_below_one_ulp(string name)
    {
        (double worst, float at) = Worst(name, step: 811);
        output.WriteLine($"{name}: worst error over 5.3 million fp32 inputs {worst:F4} ulp, at {at:R}");
        Assert.True(worst < 1.0, $"{worst} ulp at {at:R}");
    }

    [Theory]
    [InlineData(0x0000_0000u, 0x3F80_0000u)]
    [InlineData(0x8000_0000u, 0x3F80_0000u)]
    [InlineData(0x0000_0001u, 0x3F80_0000u)]
    [InlineData(0x8000_0001u, 0x3F80_0000u)]
    [InlineData(Infinity, Infinity)]
    [InlineData(NegativeInfinity, 0u)]
    [InlineData(0x42B1_7217u, 0x7F7F_FF84u)]
    [InlineData(0x42B1_7218u, Infinity)]
    [InlineData(0xC2CF_F1B4u, 0x0000_0001u)]
    [InlineData(0xC2CF_F1B5u, 0u)]
    [InlineData(0x7FC0_0000u, CanonicalNaN.Bits)]
    [InlineData(0xFF80_0001u, CanonicalNaN.Bits)]
    public void Exp_at_its_edges(uint x, uint expected) => Assert.Equal(expected, Bits(Functions.Exp(Value(x))));

    [Theory]
    [InlineData(0x0000_0000u, NegativeInfinity)]
    [InlineData(0x8000_0000u, NegativeInfinity)]
    [InlineData(0x3F80_0000u, 0u)]
    [InlineData(0x0000_0001u, 0xC2CE_8ED0u)]
    [InlineData(Infinity, Infinity)]
    [InlineData(NegativeInfinity, CanonicalNaN.Bits)]
    [InlineData(0x8000_0001u, CanonicalNaN.Bits)]
    [InlineData(0xFF80_0001u, CanonicalNaN.Bits)]
    public void Log_at_its_edges(uint x, uint expected) => Assert.Equal(expected, Bits(Functions.Log(Value(x))));

    [Theory]
    [InlineData(0x0000_0000u, Infinity)]
    [InlineData(0x8000_0000u, NegativeInfinity)]
    [InlineData(0x4080_0000u, 0x3F00_0000u)]
    [InlineData(0x0000_0002u, 0x6480_0000u)]
    [InlineData(Infinity, 0u)]
    [InlineData(NegativeInfinity, CanonicalNaN.Bits)]
    [InlineData(0x8000_0001u, CanonicalNaN.Bits)]
    [InlineData(0x7FC0_1234u, CanonicalNaN.Bits)]
    public void Rsqrt_at_its_edges(uint x, uint expected) => Assert.Equal(expected, Bits(Functions.Rsqrt(Value(x))));

    [Theory]
    [InlineData(0x0000_0000u, 0u)]
    [InlineData(0x8000_0000u, 0x8000_0000u)]
    [InlineData(0x0000_0001u, 0x1A35_04F3u)]
    [InlineData(0x7F7F_FFFFu, 0x5F7F_FFFFu)]
    [InlineData(Infinity, Infinity)]
    [InlineData(NegativeInfinity, CanonicalNaN.Bits)]
    [InlineData(0x8000_0001u, CanonicalNaN.Bits)]
    [InlineData(0x7FC0_1234u, CanonicalNaN.Bits)]
    public void Sqrt_at_its_edges(uint x, uint expected) => Assert.Equal(expected, Bits(Functions.Sqrt(Value(x))));

    [Fact]
    public void Sqrt_is_correctly_rounded()
    {
        // All mantissas of two binades, then a sweep over all exponents.
        for (uint bits = 0x3F80_0000; bits < 0x4080_0000; bits++)
            Assert.True(MathF.Sqrt(Value(bits)) == Functions.Sqrt(Value(bits)), $"{bits:X8}");
        for (uint bits = 1; bits < Infinity - 1009; bits += 1009)
            Assert.True(MathF.Sqrt(Value(bits)) == Functions.Sqrt(Value(bits)), $"{bits:X8}");
    }

    [Theory]
    [InlineData(0x0000_0000u, Infinity)]
    [InlineData(0x8000_0000u, NegativeInfinity)]
    [InlineData(0x0000_0001u, Infinity)]
    [InlineData(0x7F7F_FFFFu, 0x0020_0000u)]
    [InlineData(Infinity, 0u)]
    [InlineData(NegativeInfinity, 0x8000_0000u)]
    [InlineData(0xFFC0_1234u, CanonicalNaN.Bits)]
    public void Reciprocal_at_its_edges(uint x, uint expected) => Assert.Equal(expected, Bits(Functions.Reciprocal(Value(x))));

    [Fact]
    public void Exp_never_falls_as_its_argument_rises_over_bf16()
    {
        float last = 0;
        for (float x = -104; x < 89; x += 0.0625f)
        {
            float y = Functions.Exp(x);
            Assert.True(y >= last, $"exp({x})");
            last = y;
        }
    }

    [Fact]
    public void Double_exp_is_within_1e_15_relative()
    {
        double worst = 0;
        for (double x = -708; x < 709.7; x += 0.0371)
            worst = Math.Max(worst, Math.Abs((FunctionsD.Exp(x) / Math.Exp(x)) - 1));
        output.WriteLine($"double exp: worst relative error {worst:E2}");
        Assert.True(worst < 1e-15, $"{worst}");
        Assert.Equal(1.0, FunctionsD.Exp(0));
        Assert.Equal(double.PositiveInfinity, FunctionsD.Exp(710));
        Assert.Equal(0.0, FunctionsD.Exp(double.NegativeInfinity));
        Assert.True(double.IsNaN(FunctionsD.Exp(double.NaN)));
    }

    private static (double Worst, float At) Worst(string name, uint step)
    {
        (Func<float, float> ours, Func<double, double> truth) = name switch
        {
            "exp" => ((Func<float, float>)Functions.Exp, (Func<double, double>)Math.Exp),
            "log" => (Functions.Log, Math.Log),
            "rsqrt" => (Functions.Rsqrt, x => 1 / Math.Sqrt(x)),
            "sqrt" => (Functions.Sqrt, Math.Sqrt),
            _ => (Functions.Reciprocal, x => 1 / x),
        };
        double worst = 0;
        float at = 0;
        for (ulong bits = 0; bits <= uint.MaxValue; bits += step)
        {
            float x = Value((uint)bits);
            double expected = truth(x);
            float got = ours(x);
            if (double.IsNaN(expected))
            {
                Assert.Equal(CanonicalNaN.Bits, Bits(got));
            }
            else if (float.IsInfinity((float)expected) || (float)expected == 0)
            {
                Assert.Equal(Bits((float)expected), Bits(got));
            }
            else
            {
                double error = Math.Abs(got - expected) / Ulp(expected);
                if (!(error <= worst))
                    (worst, at) = (error, x);
            }
        }

        return (worst, at);
    }

    private static double Ulp(double value) => Math.ScaleB(1, Math.Max(Math.ILogB(value), -126) - 23);

    private static uint Bits(float value) => BitConverter.SingleToUInt32Bits(value);

    private static float Value(uint bits) => BitConverter.UInt32BitsToSingle(bits);
}
