using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Units;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

/// <summary>The unit against the reference: any shape, pitch, start, type, rounding and lane count, with and without stalls.</summary>
public class VectorTableTests
{
    public static TheoryData<DescriptorOpcode> Opcodes =>
    [
        VxAdd, VxSum, VxSumRows, LossXent, LossXentGrad, VxSoftmax, VxSoftmaxGrad, VxNormRows, VxNormRowsGrad, VxNorm, VxClip,
        PoolMax, PoolMaxGrad, PoolAverage, PoolAverageGrad, LossMse, LossMseGrad, OptSgd, OptMomentum, OptAdamw,
    ];

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Any_descriptor_leaves_the_bytes_of_the_reference(DescriptorOpcode opcode)
    {
        Gen<(VectorTableCase Case, int Lanes, int Stall)> cases =
            from m in Gen.Elements(1, 2, 3, 7, 15, 16, 17, 19, 33, 40)
            from n in Gen.Elements(1, 2, 3, 5, 15, 16, 17, 31, 33, 50, 97, 260)
            from types in Gen.Choose(0, 100)
            from flags in Gen.Choose(0, 7)
            from windowRows in Gen.Choose(1, 4)
            from windowColumns in Gen.Choose(1, 4)
            from down in Gen.Choose(1, 5)
            from across in Gen.Choose(1, 5)
            from wider in Gen.Choose(0, 6)
            from lanes in Gen.Elements(4, 8, 16, 64, 256)
            from stall in Gen.Elements(0, 0, 30, 70)
            from seed in Gen.Choose(0, 1_000_000)
            select (new VectorTableCase(
                opcode, opcode is PoolMaxGrad or PoolAverageGrad ? Math.Min(m, 9) : m, n, types, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0,
                (windowRows, windowColumns, down, across, wider), (ulong)seed), lanes, stall);
        Prop.ForAll(Arb.From(cases, Shrink), c =>
            {
                VectorBench bench = c.Case.Run(c.Lanes, (uint)c.Stall);
                AssertSame(c.Case.Expected(), bench.Memory.Memory, c.Case);
                VectorState state = bench.Unit.State;
                Assert.Equal((0, 0, 0, 0), (state.BeatsInFlight, state.WritesInFlight, state.ResultCount, state.HeldElements));
                Assert.Equal(state.Ledger.Total, Enumerable.Range(0, VectorUnit.Causes.Length).Sum(cause => state.Ledger[cause]));
            })
            .Check(Config.QuickThrowOnFailure.WithMaxTest(40).WithReplay(3, 5));
    }

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Halving_the_lanes_takes_more_cycles_for_the_same_bits_and_the_same_work(DescriptorOpcode opcode)
    {
        VectorTableCase c = Plain(opcode, 24, 48);
        VectorBench[] runs = [.. new[] { 4, 8, 16, 64 }.Select(lanes => c.Run(lanes, 0))];
        Assert.True(runs[0].Edge > runs[1].Edge && runs[1].Edge > runs[2].Edge, string.Join(", ", runs.Select(r => r.Edge)));

        // Sums are sixteen wide, whatever the lanes; so are the passes of a loss that sum.
        bool sums = opcode is VxSum or VxSumRows or VxNorm or LossXent or LossMse or LossMseGrad;
        Assert.True(sums ? runs[3].Edge == runs[2].Edge : runs[3].Edge < runs[2].Edge, string.Join(", ", runs.Select(r => r.Edge)));
        foreach (VectorBench run in runs)
        {
            AssertSame(c.Expected(), run.Memory.Memory, c);
            Assert.Equal(
                (runs[2].Unit.State.LaneOperations, runs[2].Unit.State.Transcendentals, runs[2].Unit.State.WriteBytes),
                (run.Unit.State.LaneOperations, run.Unit.State.Transcendentals, run.Unit.State.WriteBytes));
        }

        Assert.True(runs[0].Unit.State.LaneOperations > 0);
    }

    [Theory]
    [MemberData(nameof(Opcodes))]
    public void Skipping_and_evaluation_order_change_no_state_at_any_edge_of_an_operation(DescriptorOpcode opcode)
    {
        VectorTableCase c = Plain(opcode, 18, 13);
        Dictionary<long, ulong> every = [];
        VectorBench full = Bench(skip: false, shuffle: 0);
        full.AfterEdge = b => every[b.Edge] = b.Hash();
        full.Run();
        VectorBench skipping = Bench(skip: true, shuffle: 11);
        skipping.AfterEdge = b => Assert.Equal(every[b.Edge], b.Hash());
        skipping.Run();
        Assert.Equal(full.DoneAt, skipping.DoneAt);
        Assert.True(skipping.Evaluations < full.Evaluations);

        VectorBench Bench(bool skip, ulong shuffle) => new(
            c.Memory(), [c.Descriptor(), c.Descriptor()], latencyCycles: 40, stallPercent: 20, seed: 5, skip: skip, shuffle: shuffle);
    }

    private static VectorTableCase Plain(DescriptorOpcode opcode, int m, int n) =>
        new(opcode, m, n, Types: 0, Awkward: false, Stochastic: false, Parameters: true, (3, 2, 2, 1, 4), Seed: 77) { Aligned = true };

    private static IEnumerable<(VectorTableCase Case, int Lanes, int Stall)> Shrink((VectorTableCase Case, int Lanes, int Stall) c)
    {
        foreach (VectorTableCase smaller in c.Case.Smaller())
            yield return c with { Case = smaller };
        if (c.Stall > 0)
            yield return c with { Stall = 0 };
        if (c.Lanes < 16)
            yield return c with { Lanes = 2 * c.Lanes };
    }

    private static void AssertSame(byte[] expected, byte[] got, VectorTableCase what)
    {
        int i = expected.AsSpan().CommonPrefixLength(got);
        Assert.True(i == expected.Length, i == expected.Length ? "" : $"byte {i:X5} is {got[i]:X2}, expected {expected[i]:X2}: {what}\n{Disassembler.Text(what.Descriptor())}");
    }
}
