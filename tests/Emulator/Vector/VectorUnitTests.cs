using System.Reflection;
using System.Runtime.CompilerServices;
using HybridEmu.Isa;
using HybridEmu.Units;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

public class VectorUnitTests
{
    private static readonly int[] LaneCounts = [4, 8, 16, 64];

    private static readonly DescriptorOpcode[] All =
    [
        VxAdd, VxMul, VxMax, VxConvert, VxReluGrad, VxRsqrt, VxReciprocal, VxExp, VxSumRows, VxSum, VxRandom, LossXent, LossXentGrad, TrTranspose,
        OptSgd,
    ];

    public static TheoryData<DescriptorOpcode> Opcodes => new(All);

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Every_operation_has_the_naive_bits_for_every_type_shape_alignment_and_lane_count(DescriptorOpcode opcode)
    {
        foreach (Descriptor d in Variants(opcode))
        {
            byte[] expected = VectorPrograms.Memory(3);
            VectorExpected.Apply(d, expected);
            foreach (int lanes in LaneCounts)
            {
                VectorBench bench = new VectorBench(VectorPrograms.Memory(3), [d], new VectorConfig { Lanes = lanes }).Run();
                AssertSame(expected, bench.Memory.Memory, $"{opcode} {d.N0}x{d.N2} {d.TypeA}->{d.TypeOut} at {d.A:X} with {lanes} lanes");
                AssertConserved(bench);
            }
        }
    }

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Fewer_lanes_take_more_cycles_for_the_same_bits_and_the_same_work(DescriptorOpcode opcode)
    {
        Descriptor d = VectorPrograms.Make(opcode, 64, 48, opcode == TrTranspose ? ElementType.Bf16 : ElementType.Fp32);
        List<(long Edges, ulong Bits, long Operations, long Transcendentals)> runs = [];
        foreach (int lanes in LaneCounts)
        {
            VectorBench bench = new VectorBench(VectorPrograms.Memory(4), [d], new VectorConfig { Lanes = lanes }).Run();
            runs.Add((bench.Edge, Digest(bench.Memory.Memory), bench.Unit.State.LaneOperations, bench.Unit.State.Transcendentals));
        }

        Assert.True(runs[0].Edges > runs[1].Edges && runs[1].Edges > runs[2].Edges, string.Join(", ", runs));

        // Sums and transposes are sixteen wide, whatever the lanes; so are the passes of a loss that sum.
        bool sums = opcode is VxSum or VxSumRows or LossXent or TrTranspose;
        Assert.True(sums ? runs[3].Edges == runs[2].Edges : runs[3].Edges < runs[2].Edges, string.Join(", ", runs));
        Assert.All(runs, run => Assert.Equal((runs[0].Bits, runs[0].Operations, runs[0].Transcendentals), (run.Bits, run.Operations, run.Transcendentals)));
    }

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Random_stalls_and_latencies_change_cycles_and_no_bit(DescriptorOpcode opcode)
    {
        Descriptor d = VectorPrograms.Make(opcode, 19, 21, opcode == TrTranspose ? ElementType.Int8 : ElementType.Fp32, skew: 1);
        byte[] expected = VectorPrograms.Memory(5);
        VectorExpected.Apply(d, expected);
        long unstalled = new VectorBench(VectorPrograms.Memory(5), [d]).Run().Edge;
        for (ulong seed = 1; seed <= 12; seed++)
        {
            uint percent = (uint)(seed * 7);
            VectorBench bench = new VectorBench(
                VectorPrograms.Memory(5), [d], latencyCycles: 1 + (int)(seed % 9), stallPercent: percent, seed: seed, shuffle: seed).Run();
            AssertSame(expected, bench.Memory.Memory, $"{opcode} with {percent} % stalls");
            Assert.True(bench.Edge > unstalled);
            AssertConserved(bench);
        }
    }

    [Fact]
    public void Skipping_and_evaluation_order_change_no_state_at_any_edge()
    {
        Descriptor[] program = [.. All.Select(opcode => VectorPrograms.Make(opcode, 18, 13, opcode == TrTranspose ? ElementType.Bf16 : ElementType.Fp32))];
        for (ulong seed = 1; seed <= 3; seed++)
        {
            Dictionary<long, ulong> every = [];
            VectorBench full = Bench(skip: false, shuffle: 0);
            full.AfterEdge = b => every[b.Edge] = b.Hash();
            full.Run();
            VectorBench skipping = Bench(skip: true, shuffle: 0);
            skipping.AfterEdge = b => Assert.Equal(every[b.Edge], b.Hash());
            skipping.Run();
            VectorBench shuffled = Bench(skip: true, shuffle: seed);
            shuffled.AfterEdge = b => Assert.Equal(every[b.Edge], b.Hash());
            shuffled.Run();
            Assert.Equal(full.DoneAt, skipping.DoneAt);
            Assert.True(skipping.Evaluations < full.Evaluations * 9 / 10, $"{skipping.Evaluations} of {full.Evaluations}");

            VectorBench Bench(bool skip, ulong shuffle) => new(
                VectorPrograms.Memory(6), program, latencyCycles: 11, stallPercent: 40 * (uint)(seed - 1), seed: seed, skip: skip, shuffle: shuffle);
        }
    }

    [Fact]
    public void A_column_sum_does_not_depend_on_where_the_rows_are_cut()
    {
        // 37 rows at once against the naive sum: partial i mod 16, not lane i.
        Descriptor d = VectorPrograms.Make(VxSumRows, 37, 5, ElementType.Bf16);
        byte[] expected = VectorPrograms.Memory(9);
        VectorExpected.Apply(d, expected);
        VectorBench bench = new VectorBench(VectorPrograms.Memory(9), [d], new VectorConfig { Lanes = 4 }).Run();
        AssertSame(expected, bench.Memory.Memory, "sum over rows");
    }

    [Fact]
    public void A_gradient_may_overwrite_its_logits()
    {
        Descriptor d = VectorPrograms.Make(LossXentGrad, 40, 10);
        byte[] apart = VectorPrograms.Memory(7);
        VectorExpected.Apply(d, apart);
        Descriptor inPlace = d;
        inPlace.D = d.A;
        VectorBench bench = new VectorBench(VectorPrograms.Memory(7), [inPlace], stallPercent: 30).Run();
        for (int i = 0; i < 40; i++)
        {
            int row = i * d.PitchA;
            Assert.Equal(
                apart.AsSpan(VectorExpected.Offset(d.D) + row, 40).ToArray(), bench.Memory.Memory.AsSpan(VectorExpected.Offset(d.A) + row, 40).ToArray());
        }
    }

    [Fact]
    public void Stochastic_shadow_bits_do_not_depend_on_how_the_tensor_is_tiled()
    {
        byte[] whole = VectorPrograms.Memory(8);
        VectorPrograms.SetParameters(whole, 0.3125f, 99, origin: 0, pitch: 32);
        byte[] tiled = [.. whole];
        Descriptor d = VectorPrograms.Make(OptSgd, 8, 32, rounding: Rounding.Stochastic);
        byte[] got = new VectorBench(whole, [d]).Run().Memory.Memory;

        // The same 256 weights as two descriptors of four rows, the second one with its own origin.
        Descriptor half = d;
        half.N0 = 4;
        byte[] first = new VectorBench(tiled, [half]).Run().Memory.Memory;
        VectorPrograms.SetParameters(first, 0.3125f, 99, origin: 128, pitch: 32);
        half.A += 512;
        half.B += 512;
        half.D += 256;
        byte[] second = new VectorBench(first, [half]).Run().Memory.Memory;
        Assert.Equal(got.AsSpan(0, 0xF000).ToArray(), second.AsSpan(0, 0xF000).ToArray());
    }

    [Fact]
    public void Done_comes_only_after_every_write_is_acknowledged()
    {
        Descriptor d = VectorPrograms.Make(VxAdd, 4, 32);
        VectorBench bench = new(VectorPrograms.Memory(2), [d], latencyCycles: 9);
        bench.Run();
        long lastWrite = bench.Memory.Grants.Where(g => g.Port == VectorBench.Write).Max(g => g.Edge);
        // Acknowledged 8 cycles after the grant, taken one later, done visible one later.
        Assert.Equal(lastWrite + 8 + 1 + 1, bench.DoneAt[0]);
    }

    [Theory]
    [InlineData(typeof(VectorPlan))]
    [InlineData(typeof(VectorState))]
    [InlineData(typeof(RowStatistic))]
    [InlineData(typeof(VectorResult))]
    [InlineData(typeof(BeatCursor))]
    public void Hashed_structs_have_no_padding(Type type) => Assert.Equal(SizeOf(type), Fields(type).Sum(f => SizeOf(f.FieldType)));

    private static IEnumerable<FieldInfo> Fields(Type type) => type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);

    private static int SizeOf(Type type) =>
        (int)typeof(Unsafe).GetMethod(nameof(Unsafe.SizeOf))!.MakeGenericMethod(type).Invoke(null, null)!;

    private static IEnumerable<Descriptor> Variants(DescriptorOpcode opcode)
    {
        ElementType[] inputs = opcode switch
        {
            TrTranspose => [ElementType.Int8, ElementType.Bf16, ElementType.Fp32],
            LossXent or LossXentGrad => [ElementType.Bf16, ElementType.Fp32],
            OptSgd or VxRandom => [ElementType.Fp32],
            _ => [ElementType.Uint8, ElementType.Int8, ElementType.Int32, ElementType.Bf16, ElementType.Fp32],
        };
        ElementType[] outputs = opcode switch
        {
            VxConvert => [ElementType.Bf16, ElementType.Fp32, ElementType.Int8, ElementType.Int32],
            VxSum or VxSumRows or VxRandom or OptSgd or TrTranspose or LossXent => [ElementType.Fp32],
            _ => [ElementType.Bf16, ElementType.Fp32],
        };
        (int M, int N)[] shapes = [(1, 1), (3, 16), (17, 10), (35, 33)];
        uint skew = 0;
        foreach (ElementType input in inputs)
        {
            foreach (ElementType output in outputs)
            {
                foreach ((int m, int n) in shapes)
                {
                    bool stochastic = (output == ElementType.Bf16 || opcode == OptSgd) && m != 3 && opcode != VxConvert;
                    skew = (skew + 1) % 4;
                    yield return VectorPrograms.Make(
                        opcode, m, n, input, output, skew, stochastic ? Rounding.Stochastic : Rounding.NearestEven, broadcast: m == 17);
                }
            }
        }

        if (opcode == VxConvert)
        {
            Descriptor scaled = VectorPrograms.Make(opcode, 5, 20, ElementType.Int32, ElementType.Bf16);
            scaled.VectorParameters = VectorPrograms.Parameters;
            yield return scaled;
        }
    }

    private static void AssertSame(byte[] expected, byte[] got, string what)
    {
        int i = expected.AsSpan().CommonPrefixLength(got);
        if (i < expected.Length)
            Assert.True(expected[i] == got[i], $"{what}: byte {i:X4} is {got[i]:X2}, expected {expected[i]:X2}");
    }

    private static void AssertConserved(VectorBench bench)
    {
        VectorState state = bench.Unit.State;
        long sum = 0;
        for (int cause = 0; cause < VectorUnit.Causes.Length; cause++)
            sum += state.Ledger[cause];
        Assert.Equal(state.Ledger.Total, sum);
        Assert.Equal((0, 0, 0), (state.BeatsInFlight, state.WritesInFlight, state.ResultCount));
    }

    private static ulong Digest(byte[] memory)
    {
        ulong digest = 14695981039346656037;
        foreach (byte b in memory)
            digest = (digest ^ b) * 1099511628211;
        return digest;
    }
}
