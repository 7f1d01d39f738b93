using HybridEmu.Isa;
using HybridEmu.Lanes;

namespace HybridEmu.Emulator.Tests;

/// <summary>Every kernel has the bits of its scalar twin, at every length that leaves a different tail.</summary>
public class LaneTests
{
    private const int LongestLength = 257;

    private delegate void Binary(ReadOnlySpan<float> a, ReadOnlySpan<float> b, Span<float> destination);

    private static readonly float[] Special =
    [
        0f, -0f, 1f, -1f, float.PositiveInfinity, float.NegativeInfinity, float.NaN, -float.NaN, float.Epsilon, -float.Epsilon,
        float.MaxValue, float.MinValue, 1.17549435e-38f, BitConverter.UInt32BitsToSingle(0x7F80_0001), BitConverter.UInt32BitsToSingle(0xFFC1_2345),
        BitConverter.UInt32BitsToSingle(0x3F80_8000),
    ];

    public static TheoryData<string> Operations => ["add", "subtract", "multiply", "max", "relu gradient"];

    [Theory]
    [MemberData(nameof(Operations))]
    public void Elementwise_lanes_equal_their_scalar_twin_at_every_length(string operation)
    {
        (Binary run, Binary scalar) = operation switch
        {
            "add" => ((Binary)AddLane.Run, (Binary)AddLane.Scalar),
            "subtract" => (SubtractLane.Run, SubtractLane.Scalar),
            "multiply" => (MultiplyLane.Run, MultiplyLane.Scalar),
            "max" => (MaxLane.Run, MaxLane.Scalar),
            _ => (ReluGradientLane.Run, ReluGradientLane.Scalar),
        };
        for (int length = 0; length <= LongestLength; length++)
        {
            float[] a = Values(length, 1), b = Values(length, 2), got = new float[length], expected = new float[length];
            run(a, b, got);
            scalar(a, b, expected);
            Equal(expected, got, canonical: false);
        }
    }

    [Fact]
    public void Canonical_lanes_equal_their_scalar_twin_at_every_length()
    {
        for (int length = 0; length <= LongestLength; length++)
        {
            float[] got = Values(length, 3), expected;
            for (int i = 0; i < length; i += 3)
                got[i] = Special[i % Special.Length];
            expected = [.. got];
            CanonicalLanes.Run(got);
            CanonicalLanes.Scalar(expected);
            Equal(expected, got, canonical: false);
        }
    }

    [Fact]
    public void Widened_integers_equal_their_scalar_twin_at_every_length()
    {
        for (int length = 0; length <= LongestLength; length++)
        {
            short[] halves = [.. Enumerable.Range(0, length).Select(i => (short)(i * 40503))];
            sbyte[] bytes = [.. halves.Select(h => (sbyte)(h >> 3))];
            int[] got = new int[length], expected = new int[length];
            WidenInteger.Run(halves, got);
            WidenInteger.Scalar(halves, expected);
            Assert.Equal(expected, got);
            Assert.Equal(halves.Select(h => (int)h), got);
            WidenInteger.Run(bytes, got);
            WidenInteger.Scalar(bytes, expected);
            Assert.Equal(expected, got);
            Assert.Equal(bytes.Select(b => (int)b), got);
            short[] narrow = new short[length], narrowExpected = new short[length];
            WidenInteger.Run(bytes, narrow);
            WidenInteger.Scalar(bytes, narrowExpected);
            Assert.Equal(narrowExpected, narrow);
            Assert.Equal(bytes.Select(b => (short)b), narrow);
        }
    }

    [Fact]
    public void Every_pair_of_special_values_is_alike_in_every_lane()
    {
        foreach (Binary[] pair in new Binary[][]
                 {
                     [AddLane.Run, AddLane.Scalar], [MultiplyLane.Run, MultiplyLane.Scalar], [MaxLane.Run, MaxLane.Scalar],
                     [ReluGradientLane.Run, ReluGradientLane.Scalar], [SubtractLane.Run, SubtractLane.Scalar],
                 })
        {
            foreach (float x in Special)
            {
                float[] a = new float[31], b = new float[31], got = new float[31], expected = new float[31];
                Array.Fill(a, x);
                for (int i = 0; i < b.Length; i++)
                    b[i] = Special[i % Special.Length];
                pair[0](a, b, got);
                pair[1](a, b, expected);
                Equal(expected, got, canonical: false);
            }
        }
    }

    [Fact]
    public void Max_of_unlike_zeros_is_plus_zero_and_of_any_nan_is_canonical()
    {
        Assert.Equal(0u, BitConverter.SingleToUInt32Bits(MaxLane.Apply(-0f, 0f)));
        Assert.Equal(0u, BitConverter.SingleToUInt32Bits(MaxLane.Apply(0f, -0f)));
        Assert.Equal(0x8000_0000u, BitConverter.SingleToUInt32Bits(MaxLane.Apply(-0f, -0f)));
        Assert.Equal(CanonicalNaN.Bits, BitConverter.SingleToUInt32Bits(MaxLane.Apply(1f, Special[13])));
        Assert.Equal(CanonicalNaN.Bits, BitConverter.SingleToUInt32Bits(MaxLane.Apply(Special[14], 1f)));
    }

    [Fact]
    public void Relu_and_scale_equal_a_plain_loop_at_every_length()
    {
        for (int length = 0; length <= LongestLength; length++)
        {
            float[] a = Values(length, 3), got = new float[length], expected = new float[length];
            ReluLane.Run(a, got);
            for (int i = 0; i < length; i++)
                expected[i] = a[i] <= 0 ? 0f : CanonicalNaN.Of(a[i]);
            Equal(expected, got, canonical: false);
            MultiplyLane.Scale(a, -0.37f, got);
            for (int i = 0; i < length; i++)
                expected[i] = CanonicalNaN.Of(a[i] * -0.37f);
            Equal(expected, got, canonical: false);
        }
    }

    [Fact]
    public void Bf16_widening_and_narrowing_equal_their_scalar_twins_at_every_length()
    {
        for (int length = 0; length <= LongestLength; length++)
        {
            float[] values = Values(length, 4);
            ushort[] got = new ushort[length], expected = new ushort[length];
            NarrowBf16.Run(values, got);
            NarrowBf16.Scalar(values, expected);
            Assert.Equal(expected, got);
            float[] wide = new float[length], wideExpected = new float[length];
            WidenBf16.Run(got, wide);
            WidenBf16.Scalar(got, wideExpected);
            Equal(wideExpected, wide, canonical: false);
        }
    }

    [Fact]
    public void Sgd_equals_its_scalar_twin_at_every_length()
    {
        for (int length = 0; length <= LongestLength; length++)
        {
            float[] g = Values(length, 7), got = Values(length, 8), expected = Values(length, 8);
            ushort[] shadow = new ushort[length], shadowExpected = new ushort[length];
            Sgd.Run(0.1f, g, got, shadow);
            Sgd.Scalar(0.1f, g, expected, shadowExpected);
            Equal(expected, got, canonical: false);
            Assert.Equal(shadowExpected, shadow);
        }
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void Block_transpose_equals_its_scalar_twin_for_every_shape_and_touches_nothing_else(int elementBytes)
    {
        for (int rows = 0; rows <= 19; rows++)
        {
            for (int columns = 0; columns <= 19; columns++)
            {
                int sourcePitch = (columns * elementBytes) + 5, destinationPitch = (rows * elementBytes) + 3;
                byte[] source = new byte[(rows * sourcePitch) + 8];
                for (int i = 0; i < source.Length; i++)
                    source[i] = (byte)CounterRandom.Bits(12, (ulong)i);
                byte[] got = new byte[(columns * destinationPitch) + 8], expected = new byte[(columns * destinationPitch) + 8];
                Transpose.Run(source, sourcePitch, got, destinationPitch, rows, columns, elementBytes);
                Transpose.Scalar(source, sourcePitch, expected, destinationPitch, rows, columns, elementBytes);
                Assert.Equal(expected, got);
            }
        }
    }

    private static float[] Values(int length, ulong seed)
    {
        float[] values = new float[length];
        for (int i = 0; i < length; i++)
        {
            uint bits = CounterRandom.Bits(seed, (ulong)i);
            values[i] = (bits & 7) == 0 ? Special[bits >> 28] : BitConverter.UInt32BitsToSingle(bits);
        }

        return values;
    }

    private static void Equal(float[] expected, float[] got, bool canonical)
    {
        for (int i = 0; i < expected.Length; i++)
        {
            uint e = canonical ? CanonicalNaN.BitsOf(expected[i]) : BitConverter.SingleToUInt32Bits(expected[i]);
            uint g = canonical ? CanonicalNaN.BitsOf(got[i]) : BitConverter.SingleToUInt32Bits(got[i]);
            Assert.True(e == g, $"element {i} of {expected.Length}: {g:X8}, expected {e:X8}");
        }
    }
}
