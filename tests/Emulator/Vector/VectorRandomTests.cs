using HybridEmu.Isa;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

/// <summary>Dropout and stochastic integers: keyed by seed and element, fair, and blind to tiling.</summary>
public class VectorRandomTests
{
    private const int Rows = 16, Columns = 64;

    public static TheoryData<DescriptorOpcode, ElementType, ElementType> Random => new()
    {
        { VxDropout, ElementType.Fp32, ElementType.Fp32 },
        { VxDropout, ElementType.Bf16, ElementType.Bf16 },
        { VxConvert, ElementType.Fp32, ElementType.Int8 },
        { VxConvert, ElementType.Fp32, ElementType.Uint8 },
        { VxConvert, ElementType.Bf16, ElementType.Int4 },
    };

    [Theory]
    [MemberData(nameof(Random))]
    public void Two_tilings_and_a_second_run_give_the_same_bits_and_another_seed_does_not(DescriptorOpcode opcode, ElementType from, ElementType to)
    {
        VectorCase whole = Case(opcode, from, to);
        byte[] got = Run(whole, 9, 0);
        Assert.Equal(got, Run(whole, 9, 0));
        Assert.NotEqual(got.AsSpan(0xA000, 0x2000).ToArray(), Run(whole, 10, 0).AsSpan(0xA000, 0x2000).ToArray());

        // Quarters, each with its own origin in the tensor: lower right, lower left, upper right, upper left.
        Descriptor d = whole.Descriptor;
        byte[] tiled = whole.Memory();
        for (int tile = 3; tile >= 0; tile--)
        {
            int row = tile / 2 * (Rows / 2), column = tile % 2 * (Columns / 2);
            Descriptor part = d;
            part.N0 = Rows / 2;
            part.N2 = Columns / 2;
            part.A += (ulong)((row * d.PitchA) + Bytes(column, from));
            part.D += (ulong)((row * d.PitchD) + Bytes(column, to));
            VectorCase.SetParameters(tiled, 1.375f, 0.3f, 9, (ulong)((row * Columns) + column), Columns);
            tiled = new VectorBench(tiled, [part], stallPercent: 30).Run().Memory.Memory;
        }

        Assert.Equal(got.AsSpan(0xA000, 0x2000).ToArray(), tiled.AsSpan(0xA000, 0x2000).ToArray());
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(0.1f)]
    [InlineData(0.5f)]
    [InlineData(0.9f)]
    [InlineData(1f)]
    public void Dropout_drops_its_share_within_four_sigma_and_scales_the_rest(float probability)
    {
        int kept = 0, elements = 0;
        for (ulong origin = 0; origin < 10; origin++)
        {
            float[] values = Floats(Run(Case(VxDropout, ElementType.Fp32, ElementType.Fp32), 21, origin * Rows * Columns, 3f, probability, 1.5f));
            Assert.All(values, v => Assert.True(v is 0f or 4.5f, $"{v}"));
            kept += values.Count(v => v != 0);
            elements += values.Length;
        }

        double sigma = Math.Sqrt(elements * probability * (1 - probability));
        Assert.InRange(kept, (elements * (1.0 - probability)) - (4 * sigma) - 1e-3, (elements * (1.0 - probability)) + (4 * sigma) + 1e-3);
    }

    [Theory]
    [InlineData(0.5f)]
    [InlineData(0.9f)]
    public void What_dropout_keeps_is_rounded_without_bias(float probability)
    {
        // 1 + 3/4 of a bf16 step. The bits that decided to keep it are high ones: were they used again, all would go up.
        float value = BitConverter.UInt32BitsToSingle(0x3F80_C000);
        int up = 0, kept = 0;
        for (ulong origin = 0; origin < 10; origin++)
        {
            VectorCase c = Case(VxDropout, ElementType.Fp32, ElementType.Bf16) with { Rounding = Rounding.Stochastic };
            byte[] got = Run(c, 4, origin * Rows * Columns, value, probability, 1f);
            for (int i = 0; i < Rows * Columns; i++)
            {
                ushort bits = BitConverter.ToUInt16(got, 0xA000 + (2 * i));
                Assert.True(bits is 0 or 0x3F80 or 0x3F81);
                kept += bits != 0 ? 1 : 0;
                up += bits == 0x3F81 ? 1 : 0;
            }
        }

        double sigma = Math.Sqrt(kept * 0.75 * 0.25);
        Assert.InRange(up, (kept * 0.75) - (4 * sigma), (kept * 0.75) + (4 * sigma));
    }

    [Theory]
    [InlineData(ElementType.Int8, 17.3f, 17.3)]
    [InlineData(ElementType.Int8, -0.125f, -0.125)]
    [InlineData(ElementType.Uint8, 200.9f, 200.9)]
    [InlineData(ElementType.Int4, -4.5f, -4.5)]
    [InlineData(ElementType.Int4, 5f, 5.0)]
    [InlineData(ElementType.Int8, 300f, 127.0)]
    [InlineData(ElementType.Uint8, -1.5f, 0.0)]
    public void Stochastic_integers_have_the_mean_of_what_they_round_within_four_sigma(ElementType to, float value, double mean)
    {
        long sum = 0;
        int elements = 0;
        for (ulong origin = 0; origin < 10; origin++)
        {
            VectorCase c = Case(VxConvert, ElementType.Fp32, to);
            byte[] got = Run(c, 8, origin * Rows * Columns, value, 0f, 1f);
            for (int i = 0; i < Rows * Columns; i++)
            {
                ReadOnlySpan<byte> row = got.AsSpan(0xA000 + (i / Columns * c.Descriptor.PitchD));
                int column = i % Columns;
                sum += to == ElementType.Int4 ? Int4.Element(row, column) : to == ElementType.Int8 ? (sbyte)row[column] : row[column];
                elements++;
            }
        }

        double fraction = mean - Math.Floor(mean), sigma = Math.Sqrt(elements * fraction * (1 - fraction));
        Assert.InRange(sum, (elements * mean) - (4 * sigma) - 1, (elements * mean) + (4 * sigma) + 1);
        if (fraction == 0)
            Assert.Equal((long)(elements * mean), sum);
    }

    private static VectorCase Case(DescriptorOpcode opcode, ElementType from, ElementType to) => new(opcode, Rows, Columns)
    {
        A = from,
        Out = to,
        Rounding = to == ElementType.Fp32 || (opcode == VxDropout && from == ElementType.Fp32) ? Rounding.NearestEven : Rounding.Stochastic,
    };

    private static byte[] Run(VectorCase c, ulong seed, ulong origin, float? value = null, float probability = 0.3f, float scale = 1.375f)
    {
        byte[] memory = c.Memory();
        for (int i = 0; value is not null && i < 0x5000; i += 4)
            BitConverter.GetBytes(value.Value).CopyTo(memory, i);
        VectorCase.SetParameters(memory, scale, probability, seed, origin, Columns);
        return c.Bench(memory).Run().Memory.Memory;
    }

    private static float[] Floats(byte[] memory) => [.. Enumerable.Range(0, Rows * Columns).Select(i => BitConverter.ToSingle(memory, 0xA000 + (4 * i)))];

    private static int Bytes(int elements, ElementType type) => type == ElementType.Int4 ? elements / 2 : elements * type.SizeBytes();
}
