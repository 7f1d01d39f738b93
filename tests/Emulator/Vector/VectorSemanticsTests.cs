using HybridEmu.Isa;
using HybridEmu.Units;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// What the operations mean, against double precision and against each other: derivatives against finite differences, pooling
/// gradients against the scatter form, optimizers against plain double, records against tilings.
/// </summary>
public class VectorSemanticsTests
{
    private const uint Sp = (uint)AddressMap.Scratchpad, X = Sp, Y = Sp + 0x4000, G = Sp + 0x8000, D = Sp + 0xC000, Aux = Sp + 0x10000, Block = Sp + 0x11000, Record = Sp + 0x11040;
    private const double Step = 1e-5; // of finite differences in double: their own error is below 1e-9

    private readonly byte[] _memory = new byte[0x12000];

    /// <summary>fp32, a few dozen operations on terms of about 1: 2^-18 is 64 roundings.</summary>
    private const double Fp32Bound = 1.0 / (1 << 18);

    [Theory]
    [InlineData(1, 1)]
    [InlineData(3, 7)]
    [InlineData(18, 37)]
    public void A_gradient_through_softmax_is_the_finite_difference(int m, int n)
    {
        double[] x = Fill(X, m * n, 1, n), g = Fill(G, m * n, 2, n);
        Run(Vector(VxSoftmax, m, n) with { A = X, D = Y }, Vector(VxSoftmaxGrad, m, n) with { A = G, B = Y, TypeB = ElementType.Fp32, PitchB = 4 * Padded(n), D = D });
        AssertDerivative(x, m, n, row => Softmax(row), g, D);
    }

    [Theory]
    [InlineData(2, 2)]
    [InlineData(3, 7)]
    [InlineData(18, 37)]
    public void A_gradient_through_normalisation_is_the_finite_difference(int m, int n)
    {
        double[] x = Fill(X, m * n, 1, n), g = Fill(G, m * n, 2, n);
        Words(Block, 0, 0, 0, 0.125f);
        Run(
            Vector(VxNormRows, m, n) with { A = X, D = Y, Auxiliary = Aux, VectorParameters = Block },
            Vector(VxNormRowsGrad, m, n) with { A = G, B = Y, TypeB = ElementType.Fp32, PitchB = 4 * Padded(n), D = D, Auxiliary = Aux });
        AssertDerivative(x, m, n, row => Normalised(row, 0.125), g, D);
        for (int i = 0; i < m; i++)
        {
            double[] y = Normalised(x[(i * n)..((i + 1) * n)], 0.125);
            for (int j = 0; j < n; j++)
                Assert.Equal(y[j], Float(Y + At(i, j, n)), 4 * Fp32Bound);
        }
    }

    [Fact]
    public void A_gradient_of_the_squared_error_is_the_finite_difference_and_its_record_the_loss()
    {
        const int m = 5, n = 11;
        double[] a = Fill(X, m * n, 1, n), target = Fill(Y, m * n, 2, n);
        Words(Block, 2f / (m * n));
        Run(Vector(LossMseGrad, m, n) with { A = X, TypeB = ElementType.Fp32, Auxiliary = Y, PitchB = 4 * Padded(n), B = Record, D = D, VectorParameters = Block });
        double loss = a.Zip(target, (p, q) => (p - q) * (p - q)).Sum();
        Assert.Equal(loss, Enumerable.Range(0, 16).Sum(p => (double)Float(Record + (uint)(4 * p))), 1e-4);
        Assert.Equal((0, m), (Word(Record + 64), Word(Record + 68)));
        for (int at = 0; at < m * n; at++)
        {
            double difference = (Error(at, Step) - Error(at, -Step)) / (2 * Step);
            Assert.Equal(difference, Float(D + At(at / n, at % n, n)), Fp32Bound);
        }

        double Error(int at, double by) => a.Select((p, i) => Math.Pow(p + (i == at ? by : 0) - target[i], 2)).Sum() / (m * n);
    }

    /// <summary>Overlapping windows, windows side by side, and windows between which pixels belong to none.</summary>
    public static TheoryData<int, int, int, int, int, int> Windows => new()
    {
        { 8, 8, 2, 2, 2, 2 }, { 7, 9, 3, 3, 2, 2 }, { 6, 5, 3, 2, 1, 1 }, { 9, 10, 2, 2, 3, 4 }, { 4, 4, 4, 4, 1, 1 }, { 5, 7, 1, 3, 5, 2 }, { 3, 3, 1, 1, 1, 1 },
    };

    [Theory]
    [MemberData(nameof(Windows))]
    public void Pooling_gradients_are_the_scatter_form_bit_for_bit_and_the_finite_difference(int height, int width, int kh, int kw, int sh, int sw)
    {
        const int n = 3;
        int across = ((width - kw) / sw) + 1, windows = across * (((height - kh) / sh) + 1);
        double[] x = Fill(X, height * width * n, 1, n), g = Fill(G, windows * n, 2, n);
        Words(Block, 1f / (kh * kw));
        Descriptor pool = Pooling(PoolMax, windows) with { A = X, B = Aux, PitchB = 16, D = Y };
        Run(pool);
        foreach (bool greatest in new[] { true, false })
        {
            Run(greatest
                ? Pooling(PoolMaxGrad, height * width) with { A = G, B = Aux, PitchB = 16, D = D }
                : Pooling(PoolAverageGrad, height * width) with { A = G, D = D, VectorParameters = Block });
            float[] scattered = new float[height * width * n];
            for (int w = 0; w < windows; w++)
            {
                for (int t = 0; t < kh * kw; t++)
                {
                    for (int c = 0; c < n; c++)
                    {
                        if (!greatest || _memory[Aux - Sp + (16 * w) + c] == t)
                            scattered[(Pixel(w, t) * n) + c] += Float(G + At(w, c, n));
                    }
                }
            }

            for (int at = 0; at < scattered.Length; at++)
            {
                float got = Float(D + At(at / n, at % n, n)), expected = greatest ? scattered[at] : scattered[at] * (1f / (kh * kw));
                Assert.Equal(BitConverter.SingleToUInt32Bits(expected), BitConverter.SingleToUInt32Bits(got));
                Assert.Equal((Loss(greatest, at, 1e-7) - Loss(greatest, at, -1e-7)) / 2e-7, got, 1e-5); // too small a step to change which is greatest
            }
        }

        int Pixel(int w, int t) => (((w / across * sh) + (t / kw)) * width) + (w % across * sw) + (t % kw);

        double Loss(bool greatest, int at, double by)
        {
            double loss = 0;
            for (int w = 0; w < windows; w++)
            {
                for (int c = 0; c < n; c++)
                {
                    double[] pixels = [.. Enumerable.Range(0, kh * kw).Select(t => (Pixel(w, t) * n) + c).Select(p => x[p] + (p == at ? by : 0))];
                    loss += g[(w * n) + c] * (greatest ? pixels.Max() : pixels.Average());
                }
            }

            return loss;
        }

        Descriptor Pooling(DescriptorOpcode opcode, int m)
        {
            Descriptor d = Vector(opcode, m, n) with { N1 = width };
            byte[] bytes = new byte[Descriptor.SizeBytes];
            d.Write(bytes);
            (bytes[60], bytes[61], bytes[62], bytes[63]) = ((byte)kh, (byte)kw, (byte)sh, (byte)sw);
            return Descriptor.Read(bytes);
        }
    }

    [Theory]
    [InlineData(OptMomentum)]
    [InlineData(OptAdamw)]
    public void A_hundred_steps_of_an_optimizer_stay_with_double_precision(DescriptorOpcode opcode)
    {
        // Weights below 2, a step of at most 0.02 with a relative error of some units of 2^-24: 100 * (2^-24 + 0.02 * 16 * 2^-24), twice.
        const double bound = 100 * 2 * (1 + 0.32) / (1 << 24);
        const int n = 70;
        const float rate = 0.01f, first = 0.9f, second = 0.999f, epsilon = 1e-8f, decay = 0.01f;
        double[] w = Fill(X, n, 1), m = new double[n], v = new double[n];
        for (int step = 1; step <= 100; step++)
        {
            double[] g = Fill(G, n, 100 + step);
            float unbias1 = (float)(1 / (1 - Math.Pow(first, step))), unbias2 = (float)(1 / (1 - Math.Pow(second, step)));
            Words(Block, rate, first, second, epsilon, decay, unbias1, unbias2);
            var d = new Descriptor
            {
                Opcode = opcode,
                Version = 1,
                TypeA = ElementType.Fp32,
                TypeB = ElementType.Fp32,
                TypeOut = ElementType.Bf16,
                A = X,
                B = G,
                D = D,
                N0 = 7,
                N2 = 10,
                Momentum = Y,
                OptimizerParameters = Block,
            };
            if (opcode == OptAdamw)
                d.Variance = Aux;
            Run(d);
            for (int i = 0; i < n; i++)
            {
                if (opcode == OptMomentum)
                {
                    m[i] = (first * m[i]) + g[i] + (decay * w[i]);
                    w[i] -= rate * m[i];
                    continue;
                }

                m[i] = (first * m[i]) + ((1 - (double)first) * g[i]);
                v[i] = (second * v[i]) + ((1 - (double)second) * g[i] * g[i]);
                w[i] -= rate * ((m[i] * unbias1 / (Math.Sqrt(v[i] * unbias2) + epsilon)) + (decay * w[i]));
            }
        }

        double worst = Enumerable.Range(0, n).Max(i => Math.Abs(w[i] - Float(X + (uint)(4 * i))));
        Assert.True(worst < (opcode == OptMomentum ? 10 * bound : bound), $"{worst:e2}"); // momentum moves ten times as far a step
        Assert.All(Enumerable.Range(0, n), i => Assert.Equal(Bf16.FromFloat(Float(X + (uint)(4 * i))), BitConverter.ToUInt16(_memory, (int)(D - Sp) + (2 * i))));
    }

    [Theory]
    [InlineData(8, 32, 3)] // cut between rows
    [InlineData(11, 5, 4)]
    public void A_norm_does_not_depend_on_how_rows_are_tiled(int m, int n, int cut)
    {
        Fill(X, m * n, 3, n);
        Norm(0, m, 0, n, n);
        byte[] whole = Bytes(Record, 72);
        _memory.AsSpan((int)(Record - Sp), 128).Clear();
        Norm(0, cut, 0, n, n);
        Norm(cut, m - cut, 0, n, n);
        Assert.Equal(whole, Bytes(Record, 72));
        Assert.Equal(m * n, Word(Record + 68));
    }

    [Theory]
    [InlineData(100, 37)]
    [InlineData(17, 16)]
    public void A_norm_does_not_depend_on_how_a_row_is_tiled(int n, int cut)
    {
        double[] x = Fill(X, n, 3, n);
        Norm(0, 1, 0, n, n);
        byte[] whole = Bytes(Record, 72);
        Assert.Equal(x.Sum(v => v * v), Enumerable.Range(0, 16).Sum(p => (double)Float(Record + (uint)(4 * p))), 1e-4);
        _memory.AsSpan((int)(Record - Sp), 128).Clear();
        _memory.AsSpan(0, 4 * cut).CopyTo(_memory.AsSpan((int)(Y - Sp)));
        _memory.AsSpan(4 * cut, 4 * (n - cut)).CopyTo(_memory.AsSpan((int)(G - Sp))); // a tile starts at a multiple of 16 bytes
        Run(NormOf(Y, 1, cut, origin: 0, n));
        Run(NormOf(G, 1, n - cut, origin: cut, n));
        Assert.Equal(whole, Bytes(Record, 72));
    }

    [Fact]
    public void Flags_of_infinity_and_nan_stick_in_a_norm()
    {
        Fill(X, 40, 4, 40);
        Set(Sp + 12, float.NegativeInfinity);
        Run(NormOf(X, 1, 40, 0, 40));
        Assert.Equal(1, Word(Record + 64));
        Set(Sp + 12, 1f);
        Set(Sp + 80, float.NaN);
        Run(NormOf(X, 1, 40, 0, 40));
        Assert.Equal(3, Word(Record + 64));
        Set(Sp + 80, 1f);
        Run(NormOf(X, 1, 40, 0, 40));
        Assert.Equal((3, 120), (Word(Record + 64), Word(Record + 68)));

        // The square of a great finite number is infinite, but the element is not.
        _memory.AsSpan((int)(Record - Sp), 128).Clear();
        Set(Sp, 1e30f);
        Run(NormOf(X, 1, 40, 0, 40));
        Assert.Equal(0, Word(Record + 64));
        Assert.Equal(float.PositiveInfinity, Float(Record));
    }

    [Fact]
    public void A_clip_brings_the_norm_down_to_the_greatest_allowed_and_leaves_a_smaller_one_alone()
    {
        const int n = 200;
        double[] x = Fill(X, n, 5, n);
        double norm = Math.Sqrt(x.Sum(v => v * v));
        Run(NormOf(X, 1, n, 0, n));
        Set(Block + 28, 0.5f);
        Descriptor clip = Vector(VxClip, 1, n) with { A = X, D = D, B = Record, VectorParameters = Block };
        Run(clip);
        for (int j = 0; j < n; j++)
            Assert.Equal(x[j] * 0.5 / norm, Float(D + (uint)(4 * j)), Fp32Bound);
        Set(Block + 28, (float)(norm * 1.001));
        Run(clip);
        Assert.Equal(Bytes(X, 4 * n), Bytes(D, 4 * n));
    }

    /// <summary>An operation, and whether its result may lie on A, and on B (the target, of a squared error).</summary>
    public static TheoryData<DescriptorOpcode, bool> InPlace => new()
    {
        { VxSoftmax, false }, { VxSoftmaxGrad, false }, { VxSoftmaxGrad, true }, { VxNormRows, false }, { VxNormRowsGrad, false }, { VxNormRowsGrad, true },
        { VxClip, false }, { LossMseGrad, false }, { LossMseGrad, true },
    };

    [Theory]
    [MemberData(nameof(InPlace))]
    public void A_result_may_lie_exactly_on_an_operand(DescriptorOpcode opcode, bool onB)
    {
        const int m = 35, n = 41;
        VectorTableCase c = new(opcode, m, n, Types: 7, Awkward: true, Stochastic: false, Parameters: true, (1, 1, 1, 1, 0), Seed: 12) { Aligned = true };
        Descriptor apart = c.Descriptor(), on = apart;
        ulong b = opcode == LossMseGrad ? apart.Auxiliary : apart.B;
        (on.D, on.PitchD) = onB ? (b, apart.PitchB) : (apart.A, apart.PitchA);
        byte[] expected = new VectorBench(c.Memory(), [apart]).Run().Memory.Memory;
        foreach (int lanes in new[] { 4, 16, 64 })
        {
            byte[] got = new VectorBench(c.Memory(), [on], new VectorConfig { Lanes = lanes }, latencyCycles: 5, stallPercent: 30).Run().Memory.Memory;
            for (int i = 0; i < m; i++)
            {
                Assert.Equal(
                    expected.AsSpan((int)(apart.D - AddressMap.Scratchpad) + (i * apart.PitchD), 4 * n).ToArray(),
                    got.AsSpan((int)(on.D - AddressMap.Scratchpad) + (i * on.PitchD), 4 * n).ToArray());
            }
        }
    }

    private static int Padded(int n) => (n + 3) / 4 * 4;

    private static uint At(int row, int column, int n) => (uint)(4 * ((row * Padded(n)) + column));

    private static double[] Softmax(double[] x)
    {
        double sum = x.Sum(Math.Exp);
        return [.. x.Select(v => Math.Exp(v) / sum)];
    }

    private static double[] Normalised(double[] x, double epsilon)
    {
        double mean = x.Average(), variance = x.Average(v => (v - mean) * (v - mean));
        return [.. x.Select(v => (v - mean) / Math.Sqrt(variance + epsilon))];
    }

    private static Descriptor Vector(DescriptorOpcode opcode, int m, int n) => new()
    {
        Opcode = opcode,
        Version = 1,
        TypeA = ElementType.Fp32,
        TypeOut = ElementType.Fp32,
        N0 = m,
        N2 = n,
        PitchA = 4 * Padded(n),
        PitchD = 4 * Padded(n),
    };

    private void AssertDerivative(double[] x, int m, int n, Func<double[], double[]> forward, double[] g, uint address)
    {
        for (int i = 0; i < m; i++)
        {
            double[] row = x[(i * n)..((i + 1) * n)], gradient = g[(i * n)..((i + 1) * n)];
            for (int j = 0; j < n; j++)
                Assert.Equal((Loss(j, Step) - Loss(j, -Step)) / (2 * Step), Float(address + At(i, j, n)), 4 * Fp32Bound);

            double Loss(int at, double by)
            {
                double[] moved = [.. row];
                moved[at] += by;
                return forward(moved).Zip(gradient, (y, s) => y * s).Sum();
            }
        }
    }

    private void Norm(int row, int rows, int column, int columns, int n) =>
        Run(NormOf(X + At(row, column, n), rows, columns, (row * n) + column, n) with { PitchA = 4 * Padded(n) });

    private Descriptor NormOf(uint address, int m, int n, int origin, int pitch)
    {
        BitConverter.GetBytes((ulong)origin).CopyTo(_memory, (int)(Block - Sp) + 40);
        BitConverter.GetBytes(pitch).CopyTo(_memory, (int)(Block - Sp) + 48);
        return Vector(VxNorm, m, n) with { TypeOut = ElementType.None, PitchD = 0, A = address, B = Record, VectorParameters = Block };
    }

    private void Run(params Descriptor[] program)
    {
        foreach (Descriptor d in program)
            Assert.Equal(QueueFaultCause.None, DescriptorCheck.Check(in d));
        new VectorBench(_memory, program, new VectorConfig { Lanes = 8 }).Run();
    }

    /// <summary>Numbers from -2 to 2, rows of n apart by a padded pitch; without n all in one.</summary>
    private double[] Fill(uint address, int count, int seed, int n = 0)
    {
        double[] values = new double[count];
        for (int i = 0; i < count; i++)
        {
            float value = (4 * CounterRandom.Uniform((ulong)seed, (ulong)i)) - 2;
            values[i] = value;
            Set(address + (n == 0 ? (uint)(4 * i) : At(i / n, i % n, n)), value);
        }

        return values;
    }

    private void Words(uint address, params float[] values)
    {
        for (int i = 0; i < values.Length; i++)
            Set(address + (uint)(4 * i), values[i]);
    }

    private void Set(uint address, float value) => BitConverter.GetBytes(value).CopyTo(_memory, (int)(address - Sp));

    private float Float(uint address) => BitConverter.ToSingle(_memory, (int)(address - Sp));

    private int Word(uint address) => BitConverter.ToInt32(_memory, (int)(address - Sp));

    private byte[] Bytes(uint address, int count) => _memory.AsSpan((int)(address - Sp), count).ToArray();
}
