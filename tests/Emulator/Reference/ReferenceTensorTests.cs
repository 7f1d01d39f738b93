using HybridEmu.Isa;
using HybridEmu.Reference;

namespace HybridEmu.Emulator.Tests;

public sealed class ReferenceTensorTests
{
    private const ulong Sp = AddressMap.Scratchpad;

    [Fact]
    public void A_product_cut_along_k_is_the_whole_product()
    {
        ReferenceTensor whole = Tensor(), cut = Tensor();
        foreach (ReferenceTensor tensor in new[] { whole, cut })
            FillBf16(tensor, 0, 4096);
        Descriptor d = Product(m: 5, k: 24, n: 7);
        Run(whole, d);
        Run(cut, d with { N1 = 16 });
        Descriptor second = d with { N1 = 8, A = d.A + 32, B = d.B + (16 * 32) };
        second.Accumulate = true;
        Run(cut, second);
        for (int i = 0; i < 5; i++)
        {
            for (int j = 0; j < 7; j++)
                Assert.Equal(whole.SlotBits(0, i, j), cut.SlotBits(0, i, j));
        }
    }

    [Fact]
    public void Transposed_operands_give_the_same_product()
    {
        ReferenceTensor tensor = Tensor();
        FillBf16(tensor, 0, 8192);
        Descriptor plain = Product(m: 8, k: 8, n: 8);
        Run(tensor, plain);
        var first = new uint[64];
        for (int i = 0; i < 64; i++)
            first[i] = tensor.SlotBits(0, i / 8, i % 8);
        Run(tensor, Transposition(plain.A, plain.PitchA, 0x6000));
        Run(tensor, Transposition(plain.B, plain.PitchB, 0x7000));
        Descriptor transposed = plain with { A = Sp + 0x6000, B = Sp + 0x7000, PitchA = 16, PitchB = 16, Slot = 1 };
        transposed.TransposeA = true;
        transposed.TransposeB = true;
        Run(tensor, transposed);
        for (int i = 0; i < 64; i++)
            Assert.Equal(first[i], tensor.SlotBits(1, i / 8, i % 8));
    }

    [Fact]
    public void An_int8_product_wraps_and_drains_with_scale_bias_and_relu()
    {
        ReferenceTensor tensor = Tensor();
        for (ulong i = 0; i < 16; i++)
        {
            tensor.Scratchpad[i] = unchecked((byte)-3);
            tensor.Scratchpad[0x100 + (i * 16)] = 5;
            tensor.Scratchpad[0x101 + (i * 16)] = unchecked((byte)-5);
        }

        Run(tensor, new Descriptor { Opcode = DescriptorOpcode.MxMatmul, Version = 1, TypeA = ElementType.Int8, TypeB = ElementType.Int8, TypeAccumulator = ElementType.Int32, A = Sp, B = Sp + 0x100, N0 = 1, N1 = 16, N2 = 2, PitchA = 16, PitchB = 16 });
        Assert.Equal(-240, (int)tensor.SlotBits(0, 0, 0));
        tensor.Scratchpad.Float(0x400, 0.5f);
        tensor.Scratchpad.Float(0x500, 1000f);
        tensor.Scratchpad.Float(0x504, -1000f);
        Run(tensor, new Descriptor { Opcode = DescriptorOpcode.MxDrain, Version = 1, TypeB = ElementType.Fp32, TypeAccumulator = ElementType.Int32, TypeOut = ElementType.Fp32, B = Sp + 0x500, D = Sp + 0x600, N0 = 1, N2 = 2, PitchD = 16, MatrixParameters = (uint)Sp + 0x400, Activation = Activation.Relu });
        Assert.Equal((880f, 0f), (tensor.Scratchpad.Float(0x600), tensor.Scratchpad.Float(0x604)));
    }

    [Fact]
    public void An_int4_product_takes_the_low_half_of_a_byte_first()
    {
        ReferenceTensor tensor = Tensor();
        (tensor.Scratchpad[0], tensor.Scratchpad[1]) = (0x71, 0x08); // 1, 7, -8, and nobody's
        (tensor.Scratchpad[0x100], tensor.Scratchpad[0x110], tensor.Scratchpad[0x120]) = (0x02, 0xF3, 0x14); // columns 2, 3, 4 and 0, -1, 1
        Run(tensor, new Descriptor { Opcode = DescriptorOpcode.MxMatmul, Version = 1, TypeA = ElementType.Int4, TypeB = ElementType.Int4, TypeAccumulator = ElementType.Int32, A = Sp, B = Sp + 0x100, N0 = 1, N1 = 3, N2 = 2, PitchA = 16, PitchB = 16 });
        Assert.Equal((2 + 21 - 32, -7 - 8), ((int)tensor.SlotBits(0, 0, 0), (int)tensor.SlotBits(0, 0, 1)));
    }

    [Fact]
    public void A_16_bit_operand_is_multiplied_whole()
    {
        ReferenceTensor tensor = Tensor();
        tensor.Scratchpad.Write(0, 0x8000, 2);
        tensor.Scratchpad.Write(2, 300, 2);
        (tensor.Scratchpad[0x100], tensor.Scratchpad[0x110]) = (0x80, 0xFF);
        Run(tensor, new Descriptor { Opcode = DescriptorOpcode.MxMatmul, Version = 1, TypeA = ElementType.Int16, TypeB = ElementType.Int8, TypeAccumulator = ElementType.Int32, A = Sp, B = Sp + 0x100, N0 = 1, N1 = 2, N2 = 1, PitchA = 16, PitchB = 16 });
        Assert.Equal((32768 * 128) - 300, (int)tensor.SlotBits(0, 0, 0));
    }

    [Fact]
    public void A_strided_copy_goes_out_and_back_with_conversion()
    {
        ReferenceTensor tensor = Tensor();
        for (int i = 0; i < 6; i++)
            tensor.Scratchpad.Float((ulong)i * 4, i + 0.5f);
        var copy = new Descriptor { Opcode = DescriptorOpcode.StCopy, Version = 1, TypeA = ElementType.Fp32, TypeOut = ElementType.Bf16, Dimensions = 2, A = Sp, D = 0x8100_0000, N0 = 3, N1 = 2 };
        WithStrides(ref copy, source: [4, 12, 0], destination: [2, 64, 0]);
        Run(tensor, copy);
        Assert.Equal(0x4090u, tensor.Hbm.Read((16 << 20) + 64 + 2, 2));
        var back = new Descriptor { Opcode = DescriptorOpcode.LdCopy, Version = 1, TypeA = ElementType.Bf16, TypeOut = ElementType.Fp32, Dimensions = 2, A = 0x8100_0000, D = Sp + 0x100, N0 = 3, N1 = 2 };
        WithStrides(ref back, source: [2, 64, 0], destination: [8, 4, 0]);
        Run(tensor, back);
        Assert.Equal([0.5f, 3.5f, 1.5f, 4.5f, 2.5f, 5.5f], Enumerable.Range(0, 6).Select(i => tensor.Scratchpad.Float(0x100 + ((ulong)i * 4))));
        Assert.Equal(QueueFaultCause.Aliasing, tensor.Execute(back with { A = 0x80FF_FF00 }));
    }

    [Fact]
    public void The_maximum_of_zeros_and_of_nan_is_as_written()
    {
        ReferenceTensor tensor = Tensor();
        float[] a = [0f, -0f, -0f, float.NaN, 1f, 2f], b = [-0f, 0f, -0f, 1f, float.NaN, 3f];
        for (int i = 0; i < a.Length; i++)
        {
            tensor.Scratchpad.Float((ulong)i * 4, a[i]);
            tensor.Scratchpad.Float(0x100 + ((ulong)i * 4), b[i]);
        }

        Run(tensor, Vector(DescriptorOpcode.VxMax, 1, 6) with { B = Sp + 0x100, TypeB = ElementType.Fp32, PitchB = 256 });
        Assert.Equal(
            [0u, 0u, 0x8000_0000u, 0x7FC0_0000u, 0x7FC0_0000u, 0x4040_0000u],
            Enumerable.Range(0, 6).Select(i => tensor.Scratchpad.Read(0x800 + ((ulong)i * 4), 4)));
    }

    [Fact]
    public void Sums_fold_sixteen_partials()
    {
        ReferenceTensor tensor = Tensor();
        var values = new float[40];
        for (int i = 0; i < 40; i++)
        {
            values[i] = 1f / (i + 1);
            tensor.Scratchpad.Float((ulong)i * 4, values[i]);
        }

        Run(tensor, Vector(DescriptorOpcode.VxSum, 1, 40));
        Assert.Equal(Reduction.Sum(values), tensor.Scratchpad.Float(0x800));
        Run(tensor, Vector(DescriptorOpcode.VxSumRows, 10, 4) with { PitchA = 16, PitchD = 0 });
        Assert.Equal(Reduction.Sum([.. Enumerable.Range(0, 10).Select(i => values[i * 4])]), tensor.Scratchpad.Float(0x800));
    }

    [Fact]
    public void The_loss_record_and_gradient_are_those_of_softmax()
    {
        ReferenceTensor tensor = Tensor();
        float[] x = [1f, 2f, 0.5f, 3f];
        for (int i = 0; i < 4; i++)
        {
            tensor.Scratchpad.Float((ulong)i * 4, x[i]);
            tensor.Scratchpad.Float(16 + ((ulong)i * 4), x[i]);
        }

        tensor.Scratchpad.Write(0x304, 9, 4); // no such class
        tensor.Scratchpad.Write(0x300, 3, 4);
        tensor.Scratchpad.Float(0x200, 0.5f);
        tensor.Scratchpad.Write(0x200 + 40, 15, 4);
        Run(tensor, Vector(DescriptorOpcode.LossXentGrad, 2, 4) with { B = Sp + 0x100, Auxiliary = (uint)Sp + 0x300, VectorParameters = (uint)Sp + 0x200, PitchA = 16, PitchD = 16 });
        double sum = x.Sum(v => Math.Exp(v));
        Assert.Equal(-Math.Log(Math.Exp(3) / sum), tensor.Scratchpad.Float(0x100 + 60), 1e-6);
        Assert.Equal((1u, 2u), (tensor.Scratchpad.Read(0x140, 4), tensor.Scratchpad.Read(0x144, 4)));
        Assert.Equal(0.5 * Math.Exp(1) / sum, tensor.Scratchpad.Float(0x800), 1e-6);
        Assert.Equal(0.5 * ((Math.Exp(3) / sum) - 1), tensor.Scratchpad.Float(0x80C), 1e-6);
        Assert.Equal(0u, tensor.Scratchpad.Read(0x810, 4));
    }

    [Fact]
    public void A_step_of_descent_writes_master_and_shadow()
    {
        ReferenceTensor tensor = Tensor();
        tensor.Scratchpad.Float(0, 1f);
        tensor.Scratchpad.Float(0x100, 0.25f);
        tensor.Scratchpad.Float(0x200, 0.1f);
        Run(tensor, new Descriptor { Opcode = DescriptorOpcode.OptSgd, Version = 1, TypeA = ElementType.Fp32, TypeB = ElementType.Fp32, TypeOut = ElementType.Bf16, A = Sp, B = Sp + 0x100, D = Sp + 0x300, N0 = 1, N2 = 1, OptimizerParameters = (uint)Sp + 0x200 });
        float weight = Fp32.Fma(-0.1f, 0.25f, 1f);
        Assert.Equal(weight, tensor.Scratchpad.Float(0));
        Assert.Equal((uint)Bf16.FromFloat(weight), tensor.Scratchpad.Read(0x300, 2));
    }

    [Fact]
    public void Random_numbers_do_not_depend_on_the_tiling()
    {
        ReferenceTensor tensor = Tensor();
        tensor.Scratchpad.Float(0x200, 2f);
        tensor.Scratchpad.Write(0x200 + 32, 77, 4);
        tensor.Scratchpad.Write(0x200 + 48, 8, 4);
        var d = new Descriptor { Opcode = DescriptorOpcode.VxRandom, Version = 1, TypeOut = ElementType.Fp32, D = Sp + 0x800, N0 = 4, N2 = 8, PitchD = 32, VectorParameters = (uint)Sp + 0x200 };
        Run(tensor, d);
        float expected = tensor.Scratchpad.Float(0x800 + (2 * 32) + (5 * 4));
        tensor.Scratchpad.Write(0x200 + 40, (2 * 8) + 5, 4);
        Run(tensor, d with { D = Sp + 0xC00, N0 = 1, N2 = 1 });
        Assert.Equal(expected, tensor.Scratchpad.Float(0xC00));
        Assert.InRange(expected, -2f, 2f);
    }

    [Fact]
    public void Slots_remember_their_shape()
    {
        ReferenceTensor tensor = Tensor();
        Descriptor product = Product(m: 4, k: 4, n: 4);
        Descriptor accumulate = product;
        accumulate.Accumulate = true;
        Assert.Equal(QueueFaultCause.SlotShape, tensor.Execute(accumulate));
        Run(tensor, product);
        Run(tensor, accumulate);
        Assert.Equal(QueueFaultCause.SlotShape, tensor.Execute(accumulate with { N2 = 3 }));
        Assert.Equal(QueueFaultCause.SlotTooSmall, tensor.Execute(product with { N0 = 1024 }));
        Assert.Equal(QueueFaultCause.UnmappedAddress, tensor.Execute(product with { A = Sp + (1 << 20) - 16 }));
    }

    [Fact]
    public void Loaded_weights_serve_any_number_of_streams_until_a_product_or_another_load()
    {
        ReferenceTensor tensor = Tensor();
        FillBf16(tensor, 0, 4096);
        Descriptor product = Product(m: 5, k: 24, n: 7), load = product, stream = product;
        load.Opcode = DescriptorOpcode.MxLoad;
        (load.A, load.N0, load.PitchA, load.TypeAccumulator) = (0, 0, 0, ElementType.None);
        stream.Opcode = DescriptorOpcode.MxStream;
        (stream.B, stream.PitchB, stream.Slot) = (0, 0, 1);
        Assert.Equal(QueueFaultCause.WeightShape, tensor.Execute(stream));
        Run(tensor, product);
        Run(tensor, load);
        FillBf16(tensor, 0x800, 2048); // other numbers: W's memory is no longer read
        for (int time = 0; time < 2; time++)
        {
            Run(tensor, stream);
            Assert.All(Enumerable.Range(0, 35), i => Assert.Equal(tensor.SlotBits(0, i / 7, i % 7), tensor.SlotBits(1, i / 7, i % 7)));
        }

        Assert.Equal(QueueFaultCause.WeightShape, tensor.Execute(stream with { N1 = 23 }));
        Assert.Equal(QueueFaultCause.TileTooLarge, tensor.Execute(stream with { N1 = 33 }));
        Assert.Equal(QueueFaultCause.TileTooLarge, tensor.Execute(load with { N2 = 33 }));
        Run(tensor, product);
        Assert.Equal(QueueFaultCause.WeightShape, tensor.Execute(stream));
    }

    private static ReferenceTensor Tensor() =>
        new(new ReferenceTensorConfig(), new ReferenceMemory(1ul << 32), new ReferenceMemory(1 << 20));

    private static void Run(ReferenceTensor tensor, Descriptor d) => Assert.Equal(QueueFaultCause.None, tensor.Execute(d));

    private static Descriptor Product(int m, int k, int n) => new()
    {
        Opcode = DescriptorOpcode.MxMatmul,
        Version = 1,
        TypeA = ElementType.Bf16,
        TypeB = ElementType.Bf16,
        TypeAccumulator = ElementType.Fp32,
        A = Sp,
        B = Sp + 0x800,
        N0 = m,
        N1 = k,
        N2 = n,
        PitchA = 64,
        PitchB = 32,
    };

    private static Descriptor Transposition(ulong from, int pitch, ulong to) => new()
    {
        Opcode = DescriptorOpcode.TrTranspose,
        Version = 1,
        TypeA = ElementType.Bf16,
        TypeOut = ElementType.Bf16,
        A = from,
        D = Sp + to,
        N0 = 8,
        N2 = 8,
        PitchA = pitch,
        PitchD = 16,
    };

    private static Descriptor Vector(DescriptorOpcode opcode, int m, int n) => new()
    {
        Opcode = opcode,
        Version = 1,
        TypeA = ElementType.Fp32,
        TypeOut = ElementType.Fp32,
        A = Sp,
        D = Sp + 0x800,
        N0 = m,
        N2 = n,
        PitchA = 256,
        PitchD = 256,
    };

    private static void WithStrides(ref Descriptor d, int[] source, int[] destination)
    {
        // The stride words are the same as the compute operations' pitches and parameters.
        Span<byte> bytes = new byte[Descriptor.SizeBytes];
        d.Write(bytes);
        for (int i = 0; i < 3; i++)
        {
            BitConverter.TryWriteBytes(bytes[(40 + (4 * i))..], source[i]);
            BitConverter.TryWriteBytes(bytes[(52 + (4 * i))..], destination[i]);
        }

        d = Descriptor.Read(bytes);
    }

    private static void FillBf16(ReferenceTensor tensor, ulong from, int bytes)
    {
        var random = new TestRandom(8);
        for (int i = 0; i < bytes; i += 2)
            tensor.Scratchpad.Write(from + (ulong)i, Bf16.FromFloat((random.Next(2000) - 1000) / 256f), 2);
    }
}
