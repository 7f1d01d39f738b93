using System.Runtime.InteropServices;
using HybridEmu.Chip;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>firmware/matmul: one image for any size, on any chip, against a triple loop.</summary>
public sealed class MatmulTests
{
    [Theory]
    [InlineData("hybrid", 64, 64, 64)]
    [InlineData("hybrid", 700, 1024, 72)]     // more rows than stay in the scratchpad at a time
    [InlineData("tiny", 33, 40, 104)]
    [InlineData("tiny", 1, 8, 8)]
    [InlineData("edge", 50, 96, 200)]
    [InlineData("datacenter", 70, 136, 616)]  // tiles have different numbers of blocks
    [InlineData("tiny array.rows=3 array.columns=11", 20, 24, 40)]
    [InlineData("edge tiles=3 core.clock=700_MHz", 40, 64, 160)]
    [InlineData("hybrid array.accumulator_latency=1_cycles scratchpad.banks=2", 40, 64, 160)]
    public void The_product_is_bit_equal_to_a_triple_loop(string config, int m, int k, int n)
    {
        ushort[] a = Numbers(1, m * k), b = Numbers(2, k * n);
        ChipRun run = Boot(config, m, k, n, a, b);
        Assert.Equal("", run.Finish());
        ReadOnlySpan<ushort> c = MemoryMarshal.Cast<uint, ushort>(run.Signature(Firmware.Matmul));
        Assert.Equal(Product(m, k, n, a, b), c.ToArray());
    }

    [Theory]
    [InlineData("hybrid")]
    [InlineData("tiny array.columns=11")]
    [InlineData("tiny array.accumulate=bottom")]
    public void Host_threads_and_engines_change_neither_bits_nor_cycles_nor_state(string config)
    {
        const int M = 330, K = 72, N = 64; // more rows than one thread settles at once
        ushort[] a = Numbers(1, M * K), b = Numbers(2, K * N);
        (ulong Early, ulong Late, long Cycles, string Result) Run(RunOptions options)
        {
            ChipRun run = Boot(config, M, K, N, a, b, options);
            run.Advance(3500); // in the middle of a product
            ulong early = run.Chip.StateHash();
            run.Finish();
            return (early, run.Chip.StateHash(), run.Cycles, string.Join(' ', run.Signature(Firmware.Matmul)));
        }

        var one = Run(new RunOptions());
        Assert.Equal(one, Run(new RunOptions { Threads = 2 }));
        Assert.Equal(one, Run(new RunOptions { Threads = 3 }));
        Assert.Equal(one, Run(new RunOptions { Engine = ArrayEngine.Step }));
    }

    [Theory]
    [InlineData("tiny", 0, 8, 8, "m must be at least 1")]
    [InlineData("tiny", 8, 0, 8, "m must be at least 1")]
    [InlineData("tiny", 8, 12, 8, "multiples of 8")]
    [InlineData("tiny", 8, 8, 20, "multiples of 8")]
    [InlineData("tiny", 65536, 8, 8, "no side of 65536")]
    [InlineData("tiny", 65535, 65528, 8, "at most 8388608 elements")]
    [InlineData("tiny", 8, 65528, 8, "do not fit the scratchpad")]
    public void A_size_that_cannot_be_is_refused_with_words(string config, int m, int k, int n, string words)
    {
        ChipRun run = Boot(config, m, k, n, [], []);
        Assert.Contains(words, run.Finish(exitCode: 2), StringComparison.Ordinal);
    }

    private static ChipRun Boot(string config, int m, int k, int n, ushort[] a, ushort[] b, RunOptions? options = null) => Firmware.Boot(
        config, Firmware.Matmul, options,
        ("a_matrix", MemoryMarshal.AsBytes(a.AsSpan()).ToArray()), ("b_matrix", MemoryMarshal.AsBytes(b.AsSpan()).ToArray()),
        ("m", BitConverter.GetBytes(m)), ("k", BitConverter.GetBytes(k)), ("n", BitConverter.GetBytes(n)));

    private static ushort[] Numbers(ulong seed, int count) =>
        [.. Enumerable.Range(0, count).Select(i => Bf16.FromFloat((CounterRandom.Uniform(seed, (ulong)i) - 0.5f) * 6))];

    private static ushort[] Product(int m, int k, int n, ushort[] a, ushort[] b)
    {
        var c = new ushort[m * n];
        for (int i = 0; i < m; i++)
        {
            for (int j = 0; j < n; j++)
            {
                float sum = 0;
                for (int l = 0; l < k; l++)
                    sum = Fp32.Fma(Bf16.ToFloat(a[(i * k) + l]), Bf16.ToFloat(b[(l * n) + j]), sum);
                c[(i * n) + j] = Bf16.FromFloat(sum);
            }
        }

        return c;
    }
}
