using System.Buffers.Binary;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class MatrixDrainTests
{
    private const int ParametersAt = 0xA0000;
    private const int BiasAt = 0xA1010; // not on a line: the vector takes one request more
    private const int OutAt = 0x80000;
    private const float Scale = 0.3f;
    private const ulong Seed = 0x1234_5678_9ABC;
    private const ulong Origin = 77;
    private const uint TensorPitch = 1000;

    public static TheoryData<bool, ElementType, bool, bool, Activation, Rounding> Drains()
    {
        var data = new TheoryData<bool, ElementType, bool, bool, Activation, Rounding>();
        for (int bits = 0; bits < 16; bits++)
        {
            foreach (ElementType type in new[] { ElementType.Fp32, ElementType.Bf16, ElementType.Int8, ElementType.Int32 })
                data.Add((bits & 1) != 0, type, (bits & 2) != 0, (bits & 4) != 0, (bits & 8) != 0 ? Activation.Relu : Activation.None, Rounding.NearestEven);
        }

        data.Add(false, ElementType.Bf16, true, true, Activation.Relu, Rounding.Stochastic);
        data.Add(true, ElementType.Bf16, true, false, Activation.None, Rounding.Stochastic);
        data.Add(false, ElementType.Int8, true, true, Activation.None, Rounding.Stochastic);
        data.Add(true, ElementType.Int8, true, false, Activation.Relu, Rounding.Stochastic);
        foreach (Activation function in new[] { Activation.Gelu, Activation.Sigmoid, Activation.Tanh })
        {
            foreach (ElementType type in new[] { ElementType.Fp32, ElementType.Bf16, ElementType.Int8 })
            {
                data.Add(false, type, true, true, function, type == ElementType.Fp32 ? Rounding.NearestEven : Rounding.Stochastic);
                data.Add(true, type, false, true, function, Rounding.NearestEven);
            }
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Drains))]
    public void A_drain_scales_then_adds_bias_then_activates_then_converts(
        bool integer, ElementType type, bool scale, bool bias, Activation activation, Rounding rounding)
    {
        var product = new MatrixCase(6, 9, 19, integer, false, false, 1, true, 3);
        var bench = new MatrixBench(new MatrixConfig(5, 8, 65536), stallPercent: 30);
        byte[] memory = bench.Scratchpad.Bytes;
        product.Fill(memory);
        float[] biases = [.. Enumerable.Range(0, product.N).Select(j => (j - 9) * 1.7f)];
        for (int j = 0; j < product.N; j++)
            BinaryPrimitives.WriteSingleLittleEndian(memory.AsSpan(BiasAt + (j * 4)), biases[j]);
        BinaryPrimitives.WriteSingleLittleEndian(memory.AsSpan(ParametersAt), Scale);
        BinaryPrimitives.WriteUInt64LittleEndian(memory.AsSpan(ParametersAt + 32), Seed);
        BinaryPrimitives.WriteUInt64LittleEndian(memory.AsSpan(ParametersAt + 40), Origin);
        BinaryPrimitives.WriteUInt32LittleEndian(memory.AsSpan(ParametersAt + 48), TensorPitch);

        Descriptor drain = product.RawDrain();
        drain.TypeOut = type;
        drain.Rounding = rounding;
        drain.Activation = activation;
        drain.MatrixParameters = scale ? (uint)AddressMap.Scratchpad + ParametersAt : 0;
        drain.B = bias ? AddressMap.Scratchpad + BiasAt : 0;
        bench.Program.Enqueue(product.Matmul(0));
        bench.Program.Enqueue(drain);
        bench.Run();

        uint[] sums = product.Expected();
        int bytes = type == ElementType.Bf16 ? 2 : type == ElementType.Int8 ? 1 : 4;
        for (int i = 0; i < product.M; i++)
        {
            for (int j = 0; j < product.N; j++)
            {
                uint word = sums[(i * product.N) + j];
                float value = integer ? (int)word : BitConverter.UInt32BitsToSingle(word);
                if (scale)
                    value *= Scale;
                if (bias)
                    value += biases[j];
                value = activation switch
                {
                    Activation.Relu => value <= 0 ? 0 : value,
                    Activation.Gelu => Functions.Gelu(value),
                    Activation.Sigmoid => Functions.Sigmoid(value),
                    Activation.Tanh => Functions.Tanh(value),
                    _ => value,
                };
                uint expected = type switch
                {
                    ElementType.Bf16 => Bf16.FromFloat(value, rounding, Seed, Origin + ((ulong)i * TensorPitch) + (ulong)j),
                    ElementType.Int8 => (byte)IntegerRounding.Round(value, ElementType.Int8, rounding, Seed, Origin + ((ulong)i * TensorPitch) + (ulong)j),
                    ElementType.Int32 when integer && !scale && !bias && activation == Activation.None => word,
                    ElementType.Int32 => (uint)Fp32.ToInt32(value),
                    _ => CanonicalNaN.BitsOf(value),
                };
                Span<byte> at = memory.AsSpan(OutAt + (i * product.PitchD) + (j * bytes), bytes);
                uint actual = bytes == 1 ? at[0] : bytes == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(at) : BinaryPrimitives.ReadUInt32LittleEndian(at);
                Assert.Equal(expected, actual);
            }
        }
    }

    [Fact]
    public void A_drain_writes_no_byte_outside_its_rows()
    {
        var bench = new MatrixBench(new MatrixConfig(8, 8, 65536));
        var product = new MatrixCase(5, 8, 13, false, false, false, 1, false, 3);
        bench.Scratchpad.Bytes.AsSpan().Fill(0xEE);
        product.Run(bench);
        for (int i = 0; i < product.M; i++)
            Assert.Equal(-1, bench.Scratchpad.Bytes.AsSpan(OutAt + (i * product.PitchD) + (product.N * 4), product.PitchD - (product.N * 4)).IndexOfAnyExcept((byte)0xEE));
    }

    [Fact]
    public void An_accumulating_product_onto_a_zeroed_slot_equals_a_fresh_one()
    {
        var product = new MatrixCase(7, 9, 10, false, false, false, 1, true, 8);
        var bench = new MatrixBench(new MatrixConfig(4, 4, 65536));
        product.Fill(bench.Scratchpad.Bytes);
        Descriptor accumulate = product.Matmul(0);
        accumulate.Accumulate = true;
        bench.Program.Enqueue(new Descriptor { Opcode = DescriptorOpcode.MxZero, TypeAccumulator = ElementType.Fp32, N0 = 7, N2 = 10, Slot = 1 });
        bench.Program.Enqueue(accumulate);
        bench.Program.Enqueue(product.RawDrain());
        bench.Run();
        byte[] bytes = bench.Scratchpad.Bytes;
        uint[] expected = product.Expected();
        for (int i = 0; i < product.M; i++)
        {
            for (int j = 0; j < product.N; j++)
                Assert.Equal(expected[(i * product.N) + j], BinaryPrimitives.ReadUInt32LittleEndian(bytes.AsSpan(OutAt + (i * product.PitchD) + (j * 4))));
        }
    }
}
