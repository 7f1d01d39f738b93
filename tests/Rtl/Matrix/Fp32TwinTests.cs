using System.Runtime.InteropServices;
using HybridEmu.Isa;

namespace HybridEmu.Rtl.Tests;

/// <summary>The adder and the multiplier of drains in SystemVerilog beside the host's.</summary>
public class Fp32TwinTests
{
    private const int Pairs = 100_000;
    private const int Seed = 4;

    private static readonly RtlMutant[] Mutants =
    [
        new("a sum loses what is far below its last place", "fp32_add.sv", "distance > 8'd26 ? addend != 27'd0 : (shifted << distance[4:0]) != addend", "1'b0"),
        new("a sum's ties go up", "fp32_add.sv", "normal[2] && (normal[1:0] != 2'd0 || normal[3])", "normal[2]"),
        new("a difference that becomes subnormal is moved too far", "fp32_add.sv", "8'(zeros) < exponent ? zeros : 5'(exponent - 8'd1)", "zeros"),
        new("-0 + -0 is +0", "fp32_add.sv", "greater[31] && lesser[31]", "1'b0"),
        new("a product's ties go up", "fp32_multiply.sv", "aligned[23] && (lost || aligned[24])", "aligned[23]"),
        new("a subnormal operand has an exponent too low", "fp32_multiply.sv", "11'({3'd0, a[30:23]} + 11'(a[30:23] == 8'd0))", "11'({3'd0, a[30:23]})"),
        new("a subnormal product is cut, not rounded", "fp32_multiply.sv", "lost || aligned[24]", "(lost || aligned[24]) && down == 11'd0"),
        new("infinity times 0 is infinity", "fp32_multiply.sv", "(infinite_a && zero_b)", "1'b0"),
    ];

    private static readonly VerilatedModel Twin = new("fp32_top", ["fp32_add.sv", "fp32_multiply.sv", "fp32_top.sv"], "records.cpp") { Mutants = Mutants };

    [VerilatorFact]
    public void Sums_and_products_of_a_drain_are_those_of_the_host() => Assert.Null(FirstDifference(Pairs * Verilator.Factor, 0));

    [VerilatorFact]
    public void Planted_bugs_in_adder_and_multiplier_are_found()
    {
        for (int i = 0; i < Mutants.Length; i++)
            Assert.True(FirstDifference(Pairs, i + 1) is not null, Mutants[i].Name);
    }

    private static string? FirstDifference(int pairs, int awake)
    {
        var random = new Random(Seed);
        var stimulus = new uint[3 * pairs];
        for (int i = 0; i < stimulus.Length; i += 3)
            (stimulus[i], stimulus[i + 1]) = Pair(random);
        ReadOnlySpan<uint> observed = MemoryMarshal.Cast<byte, uint>(Twin.Run(MemoryMarshal.AsBytes(stimulus.AsSpan()).ToArray(), awake));
        for (int i = 0; i < stimulus.Length; i += 3)
        {
            float a = BitConverter.UInt32BitsToSingle(stimulus[i]), b = BitConverter.UInt32BitsToSingle(stimulus[i + 1]);
            (uint sum, uint product) = (CanonicalNaN.BitsOf(a + b), CanonicalNaN.BitsOf(a * b));
            if (observed[i] != sum || observed[i + 1] != product)
                return $"0x{stimulus[i]:X8}, 0x{stimulus[i + 1]:X8}: sum 0x{observed[i]:X8} for 0x{sum:X8}, product 0x{observed[i + 1]:X8} for 0x{product:X8} (seed {Seed})";
        }

        return null;
    }

    /// <summary>Any bits; or numbers that are near to each other, cancel, are subnormal, or whose product is; with few bits, so that there are ties.</summary>
    private static (uint A, uint B) Pair(Random random)
    {
        uint a = (uint)random.NextInt64(1L << 32), b = (uint)random.NextInt64(1L << 32);
        int exponent = (int)(a >> 23 & 0xFF);
        switch (random.Next(8))
        {
            case 0:
                return (a, WithExponent(b, exponent + random.Next(-2, 3)));
            case 1:
                return (a, (a ^ 0x8000_0000) + (uint)random.Next(5));
            case 2:
                return (WithExponent(a, random.Next(30)), WithExponent(b, random.Next(30)));
            case 3:
                return (a, WithExponent(b, 127 - exponent + random.Next(-24, 3)));
            case 4:
                return (a & 0xFFF0_0000, WithExponent(b, exponent - 20 - random.Next(8)) & 0xFF80_0000);
            case 5:
                return (a & 0xFFFF_F000, b & 0xFFFF_F000);
            case 6:
                return (Special(random), Special(random));
            default:
                return (a, b);
        }
    }

    private static uint Special(Random random) =>
        ((uint)random.Next(2) << 31) | random.GetItems<uint>([0, 1, 0x007F_FFFF, 0x0080_0000, 0x3F80_0000, 0x7F7F_FFFF, 0x7F80_0000, 0x7FC0_0001], 1)[0];

    private static uint WithExponent(uint bits, int exponent) => (bits & 0x807F_FFFF) | ((uint)Math.Clamp(exponent, 0, 254) << 23);
}
