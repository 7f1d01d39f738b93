using HybridEmu.Isa;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

/// <summary>Each derivative against finite differences of its forward function in double.</summary>
public class VectorGradientTests
{
    private const double Step = 1e-5; // the error of a central difference: 1e-10 of curvature, 1e-11 of cancellation

    /// <summary>
    /// The tolerance, relative to the incoming gradient: half a unit of the stored output changes y(1 - y) by at most that
    /// much and 1 - y*y by at most twice that, and three to four roundings follow. fp32: 2^-25 and 2^-24, so 2^-22 in all;
    /// bf16: 2^-9 and 2^-8, the last two of them bf16 roundings of a result up to 1.13, so 2^-6.5 in all.
    /// </summary>
    [Theory]
    [InlineData(VxReluGrad, ElementType.Fp32, -22.0)]
    [InlineData(VxSigmoidGrad, ElementType.Fp32, -22.0)]
    [InlineData(VxTanhGrad, ElementType.Fp32, -22.0)]
    [InlineData(VxGeluGrad, ElementType.Fp32, -22.0)]
    [InlineData(VxReluGrad, ElementType.Bf16, -6.5)]
    [InlineData(VxSigmoidGrad, ElementType.Bf16, -6.5)]
    [InlineData(VxTanhGrad, ElementType.Bf16, -6.5)]
    [InlineData(VxGeluGrad, ElementType.Bf16, -6.5)]
    public void A_derivative_is_the_slope_of_its_function(DescriptorOpcode opcode, ElementType type, double log2Tolerance)
    {
        const int Rows = 20, Columns = 64;
        VectorCase c = new(opcode, Rows, Columns) { A = type, B = type, Out = type };
        byte[] memory = c.Memory();
        Descriptor d = c.Descriptor;
        double[] x = new double[Rows * Columns], incoming = new double[Rows * Columns];
        for (int i = 0; i < x.Length; i++)
        {
            // Points of the type itself between -6 and 6, none within a step of relu's kink.
            x[i] = Rounded(type, -6 + ((i + 0.25) * 12 / x.Length));
            incoming[i] = Rounded(type, CounterRandom.Uniform(3, (ulong)i) - 0.5);
            bool takesInput = opcode is VxGeluGrad or VxReluGrad;
            Put(memory, d.A, d.PitchA, i, type, incoming[i]);
            Put(memory, d.B, d.PitchB, i, type, takesInput ? x[i] : Forward(opcode, x[i]));
        }

        byte[] got = c.Bench(memory).Run().Memory.Memory;
        for (int i = 0; i < x.Length; i++)
        {
            double slope = (Forward(opcode, x[i] + Step) - Forward(opcode, x[i] - Step)) / (2 * Step);
            Assert.Equal(incoming[i] * slope, Get(got, d.D, d.PitchD, i, type), Math.Abs(incoming[i]) * Math.Pow(2, log2Tolerance));
        }

        void Put(byte[] bytes, ulong address, int pitch, int i, ElementType t, double value)
        {
            int at = (int)(address - AddressMap.Scratchpad) + (i / Columns * pitch) + (i % Columns * t.SizeBytes());
            if (t == ElementType.Fp32)
                BitConverter.GetBytes((float)value).CopyTo(bytes, at);
            else
                BitConverter.GetBytes(Bf16.FromFloat((float)value)).CopyTo(bytes, at);
        }

        static double Get(byte[] bytes, ulong address, int pitch, int i, ElementType t)
        {
            int at = (int)(address - AddressMap.Scratchpad) + (i / Columns * pitch) + (i % Columns * t.SizeBytes());
            return t == ElementType.Fp32 ? BitConverter.ToSingle(bytes, at) : Bf16.ToFloat(BitConverter.ToUInt16(bytes, at));
        }
    }

    private static double Rounded(ElementType type, double value) => type == ElementType.Fp32 ? (float)value : Bf16.ToFloat(Bf16.FromFloat((float)value));

    private static double Forward(DescriptorOpcode gradient, double x) => gradient switch
    {
        VxReluGrad => Math.Max(0, x),
        VxSigmoidGrad => 1 / (1 + Math.Exp(-x)),
        VxTanhGrad => Math.Tanh(x),
        _ => x / 2 * (1 + Math.Tanh(Math.Sqrt(2 / Math.PI) * (x + (0.044715 * x * x * x)))),
    };
}
