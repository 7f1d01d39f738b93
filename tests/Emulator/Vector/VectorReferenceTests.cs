using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Units;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

/// <summary>Elementwise operations, choices, maxima and conversions against tests/Reference.</summary>
public class VectorReferenceTests
{
    private static readonly DescriptorOpcode[] All =
    [
        VxRelu, VxSigmoid, VxTanh, VxGelu, VxSelect, VxSub, VxSigmoidGrad, VxTanhGrad, VxGeluGrad, VxMaxColumns, VxArgmax, VxDropout, VxConvert,
    ];

    public static TheoryData<DescriptorOpcode> Opcodes => new(All);

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void The_unit_leaves_the_bytes_of_the_reference_whatever_types_shape_place_lanes_and_stalls(DescriptorOpcode opcode)
    {
        DescriptorTypes types = DescriptorTable.Find((byte)opcode)!.Types[0];
        Gen<VectorCase> cases =
            from a in Gen.Elements(Members(types.A))
            from b in Gen.Elements(types.B == 1 ? [ElementType.Fp32] : Members(types.B))
            from output in Gen.Elements(Members(types.Out))
            from m in Gen.Choose(1, 20)
            from n in Gen.OneOf(Gen.Choose(1, 70), Gen.Choose(1, 160))
            from skew in Gen.Choose(0, 255)
            from gap in Gen.Choose(-1, 2)
            from stochastic in Gen.Choose(0, 2)
            from scaled in Gen.Choose(0, 1)
            from lanes in Gen.Elements(4, 8, 16, 32, 64, 256)
            from stall in Gen.Choose(0, 60)
            from seed in Gen.Choose(1, 1_000_000)
            let narrow = output is not (ElementType.Fp32 or ElementType.Int32)
            select new VectorCase(opcode, m, n)
            {
                A = a,
                B = b,
                Out = output,
                Skew = skew,
                Gap = gap,
                Rounding = narrow && stochastic == 0 ? Rounding.Stochastic : Rounding.NearestEven,
                Scaled = scaled == 1,
                Lanes = lanes,
                StallPercent = (uint)(stall < 30 ? 0 : stall),
                Seed = (ulong)seed,
            };
        Prop.ForAll(Arb.From(cases, Smaller), c =>
        {
            VectorBench bench = c.Bench().Run();
            byte[] expected = c.Expected();
            int at = expected.AsSpan().CommonPrefixLength(bench.Memory.Memory);
            Assert.True(at == expected.Length, at < expected.Length ? $"{c}: byte {at:X4} is {bench.Memory.Memory[at]:X2}, expected {expected[at]:X2}" : "");
            VectorState state = bench.Unit.State;
            Assert.Equal((0, 0, 0, 0), (state.BeatsInFlight, state.WritesInFlight, state.ResultCount, state.HeldElements));
            Assert.Equal(state.Ledger.Total, Enumerable.Range(0, VectorUnit.Causes.Length).Sum(cause => state.Ledger[cause]));
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(120).WithReplay(5, 17));
    }

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Halving_the_lanes_changes_cycles_and_neither_bits_nor_work(DescriptorOpcode opcode)
    {
        ElementType output = opcode == VxArgmax ? ElementType.Int32 : ElementType.Fp32;
        VectorCase c = new(opcode, 20, 64) { A = ElementType.Bf16, B = ElementType.Bf16, Out = output };
        List<(long Edges, long Operations, long Transcendentals)> runs = [];
        foreach (int lanes in new[] { 16, 8, 4 })
        {
            VectorBench bench = (c with { Lanes = lanes }).Bench().Run();
            Assert.Equal(c.Expected(), bench.Memory.Memory);
            runs.Add((bench.Edge, bench.Unit.State.LaneOperations, bench.Unit.State.Transcendentals));
        }

        Assert.True(runs[0].Edges < runs[1].Edges && runs[1].Edges < runs[2].Edges, string.Join(", ", runs));
        Assert.True(runs[0].Operations >= 20 * 64);
        Assert.All(runs, run => Assert.Equal((runs[0].Operations, runs[0].Transcendentals), (run.Operations, run.Transcendentals)));
    }

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Skipping_and_evaluation_order_change_no_state_at_any_edge(DescriptorOpcode opcode)
    {
        foreach (int lanes in new[] { 16, 64 })
            ChangesNoState(opcode, lanes);
    }

    private static void ChangesNoState(DescriptorOpcode opcode, int lanes)
    {
        VectorCase c = new(opcode, 18, 29)
        {
            Lanes = lanes,
            A = opcode == VxConvert ? ElementType.Int4 : ElementType.Fp32,
            Out = opcode == VxArgmax ? ElementType.Int32 : opcode == VxConvert ? ElementType.Int4 : ElementType.Fp32,
            StallPercent = 40,
            Skew = 0x51,
        };
        Dictionary<long, ulong> every = [];
        VectorBench full = c.Bench(skip: false);
        full.AfterEdge = b => every[b.Edge] = b.Hash();
        full.Run();
        for (ulong shuffle = 0; shuffle < 3; shuffle++)
        {
            VectorBench other = c.Bench(shuffle: shuffle);
            other.AfterEdge = b => Assert.Equal(every[b.Edge], b.Hash());
            other.Run();
            Assert.Equal(full.DoneAt, other.DoneAt);
        }
    }

    [Fact]
    public void The_spare_half_of_an_odd_row_of_int4_is_written_0_and_not_looked_at()
    {
        VectorCase c = new(VxConvert, 3, 5) { A = ElementType.Int4, Out = ElementType.Int4 };
        byte[] memory = c.Memory();
        foreach (int i in new[] { 0, 16, 32 })
            new byte[] { 0x21, 0x87, 0xFA }.CopyTo(memory, i); // 1 2 7 -8 -6, and nobody's
        byte[] got = c.Bench(memory).Run().Memory.Memory;
        foreach (int i in new[] { 0, 16, 32 })
            Assert.Equal([0x21, 0x87, 0x0A], got.AsSpan(0xA000 + i, 3).ToArray());
    }

    [Fact]
    public void A_maximum_keeps_nan_and_prefers_plus_zero_and_an_argmax_takes_the_first()
    {
        float[][] rows = [[-0f, 0f, -0f, -1f], [1f, float.NaN, 5f, 2f], [3f, 3f, 3f, float.NegativeInfinity], [float.NaN, 9f, 9f, 9f], [-2f, float.NaN, 7f, 7f]];
        foreach (DescriptorOpcode opcode in new[] { VxMaxColumns, VxArgmax })
        {
            VectorCase c = new(opcode, rows.Length, 4) { Out = opcode == VxArgmax ? ElementType.Int32 : ElementType.Fp32 };
            byte[] memory = c.Memory();
            for (int i = 0; i < rows.Length; i++)
                Buffer.BlockCopy(rows[i], 0, memory, 16 * i, 16);
            byte[] got = c.Bench(memory).Run().Memory.Memory;
            uint[] expected = opcode == VxArgmax ? [0u, 2, 0, 0, 2] : [0, CanonicalNaN.Bits, 0x4040_0000, CanonicalNaN.Bits, CanonicalNaN.Bits];
            Assert.Equal(expected, Enumerable.Range(0, rows.Length).Select(i => BitConverter.ToUInt32(got, 0xA000 + (16 * i))));
        }
    }

    private static ElementType[] Members(ushort set) => [.. Enum.GetValues<ElementType>().Where(t => (set >> (int)t & 1) != 0)];

    private static IEnumerable<VectorCase> Smaller(VectorCase c)
    {
        if (c.M > 1)
            yield return c with { M = c.M / 2 };
        if (c.N > 1)
            yield return c with { N = c.N / 2 };
        if (c.N > 1)
            yield return c with { N = c.N - 1 };
        if (c.Skew != 0)
            yield return c with { Skew = 0 };
        if (c.Gap != 0)
            yield return c with { Gap = 0 };
        if (c.StallPercent != 0)
            yield return c with { StallPercent = 0 };
        if (c.Lanes != 16)
            yield return c with { Lanes = 16 };
    }
}
