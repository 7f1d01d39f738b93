using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

/// <summary>Probes of rules V-29 to V-32 in TIMING.md, on the bench of <see cref="VectorTimingTests"/>.</summary>
public class VectorActivationTimingTests
{
    private const int P = 3, T = 7; // unlike the defaults and each other

    private static readonly VectorConfig Config = new() { PipelineCycles = P, TranscendentalCycles = T };

    // The bench's dispatch pushes at edge 0, the unit pops at 1, asks at 2, the memory grants at 3.
    private const long FirstExecute = 4;

    [Theory]
    [InlineData(VxRelu, P)]
    [InlineData(VxSub, P)]
    [InlineData(VxSigmoid, P + (2 * T))]
    [InlineData(VxTanh, P + (2 * T))]
    [InlineData(VxGelu, (3 * P) + (2 * T))]
    [InlineData(VxSigmoidGrad, 3 * P)]
    [InlineData(VxTanhGrad, 2 * P)]
    [InlineData(VxGeluGrad, (4 * P) + (2 * T))]
    [InlineData(VxMaxColumns, 5 * P)]
    [InlineData(VxArgmax, 5 * P)]
    public void A_result_of_an_activation_or_a_maximum_is_sent_exactly_its_latency_after_the_beat_executes(DescriptorOpcode opcode, int latencyCycles)
    {
        VectorBench bench = Run(Case(opcode, 16));
        Assert.Equal(FirstExecute + latencyCycles + 1, Grants(bench, VectorBench.Write)[0].Edge);
    }

    [Fact]
    public void Dropout_waits_for_its_parameters_and_then_takes_one_pipeline()
    {
        VectorBench bench = Run(Case(VxDropout, 16));
        Assert.Equal(FirstExecute + 1 + P + 1, Grants(bench, VectorBench.Write)[0].Edge); // operands are asked for one edge later
    }

    [Fact]
    public void A_mask_is_asked_for_an_edge_after_its_operands_through_port_B_and_its_beat_executes_an_edge_later()
    {
        VectorBench bench = Run(Case(VxSelect, 16));
        List<(long Edge, ScratchpadRequest Request)> reads = Grants(bench, VectorBench.ReadB);
        Assert.Equal([3L, 4L], reads.Select(r => r.Edge));
        Assert.Equal([64, 16], reads.Select(r => (int)r.Request.Length));
        Assert.Equal([3L], Grants(bench, VectorBench.ReadA).Select(r => r.Edge));
        Assert.Equal(FirstExecute + 1 + P + 1, Grants(bench, VectorBench.Write)[0].Edge);
    }

    [Fact]
    public void A_masked_beat_takes_two_edges()
    {
        VectorBench some = Run(Case(VxSelect, 16 * 10)), more = Run(Case(VxSelect, 16 * 60));
        Assert.Equal(some.DoneAt[0] + 100, more.DoneAt[0]);
        Assert.Equal(2 * 60, Grants(more, VectorBench.ReadB).Count);
        Assert.Equal((2 * 60) + 1, more.Unit.State.Ledger[Ledger.Busy]);
    }

    [Fact]
    public void Masked_beats_are_two_edges_apart_even_when_their_operands_have_waited()
    {
        VectorBench bench = (Case(VxSelect, 16 * 40) with { StallPercent = 60 }).Bench(config: Config, skip: false);
        long beats = 0, last = long.MinValue / 2, closest = long.MaxValue;
        bench.AfterEdge = b =>
        {
            if (b.Unit.State.Beats == beats)
                return;
            beats = b.Unit.State.Beats;
            closest = Math.Min(closest, b.Edge - last);
            last = b.Edge;
        };
        bench.Run();
        Assert.Equal((40, 2), (beats, closest));
    }

    [Fact]
    public void A_masked_beat_is_cut_where_its_mask_would_cross_64_bytes()
    {
        // The mask begins at 48 mod 64: bf16 operands of 32 elements are cut after 16, lanes or not.
        VectorCase c = Case(VxSelect, 32) with { A = ElementType.Bf16, B = ElementType.Bf16, Skew = 0xC0, Lanes = 16 };
        Assert.Equal([16, 16], Grants(Run(c), VectorBench.ReadB).Where((_, i) => i % 2 == 1).Select(r => (int)r.Request.Length));
        VectorCase shifted = c with { Skew = 0xC1 }; // A at 16 mod 64: 24 elements to its boundary
        Assert.Equal([16, 8, 8], Grants(Run(shifted), VectorBench.ReadB).Where((_, i) => i % 2 == 1).Select(r => (int)r.Request.Length));
    }

    [Theory]
    [InlineData(ElementType.Int4, ElementType.Fp32, 8, 64)]
    [InlineData(ElementType.Fp32, ElementType.Int4, 64, 8)]
    [InlineData(ElementType.Int4, ElementType.Int4, 8, 8)]
    public void A_beat_of_int4_is_half_a_byte_an_element(ElementType from, ElementType to, int readBytes, int writeBytes)
    {
        VectorBench bench = Run(Case(VxConvert, 16 * 4) with { A = from, Out = to });
        Assert.All(Grants(bench, VectorBench.ReadA), r => Assert.Equal(readBytes, r.Request.Length));
        Assert.All(Grants(bench, VectorBench.Write), r => Assert.Equal(writeBytes, r.Request.Length));
        Assert.Equal(FirstExecute + P + 1, Grants(bench, VectorBench.Write)[0].Edge);
        Assert.Equal(4, Grants(bench, VectorBench.Write).Count);
    }

    [Fact]
    public void Evaluating_activations_and_choices_allocates_nothing()
    {
        Descriptor[] program =
        [
            .. new[] { VxSigmoid, VxGeluGrad, VxSelect, VxDropout, VxArgmax }.Select(o => Case(o, 40).Descriptor),
            (Case(VxConvert, 40) with { Out = ElementType.Int4, Rounding = Rounding.Stochastic }).Descriptor,
        ];
        ClockDomain domain = new("core", 1000);
        Channel<StartDescriptor> start = new(domain, domain.Register("d"), domain.Register("v"), 2);
        Channel<DescriptorDone> done = new(domain, 1, 0, 2);
        ScratchpadPort[] ports = [.. new[] { "a", "b", "w" }.Select(n => new ScratchpadPort(
            n, new Channel<ScratchpadRequest>(domain, 1, 0, 2), new Channel<ScratchpadResponse>(domain, 0, 1, 2)))];
        VectorUnit unit = new(Config, "v", start, done, ports[0], ports[1], ports[2]);
        long edge = 0, allocated = 0;
        for (int round = 0; round < 2; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            foreach (Descriptor d in program)
            {
                start.Push(new StartDescriptor { Descriptor = d }, edge++);
                while (!done.CanPop(edge))
                {
                    unit.Evaluate(edge);
                    foreach (ScratchpadPort port in ports)
                    {
                        if (port.Request.CanPop(edge) && port.Response.CanPush(edge))
                        {
                            ScratchpadRequest request = port.Request.Pop(edge);
                            port.Response.Push(new ScratchpadResponse { Address = request.Address, Length = request.Length }, edge);
                        }
                    }

                    edge++;
                }

                done.Pop(edge++);
            }

            allocated = GC.GetAllocatedBytesForCurrentThread() - before;
        }

        Assert.Equal(0, allocated);
    }

    private static VectorCase Case(DescriptorOpcode opcode, int n) => new(opcode, 1, n) { Out = opcode == VxArgmax ? ElementType.Int32 : ElementType.Fp32 };

    private static VectorBench Run(VectorCase c) => c.Bench(config: Config).Run();

    private static List<(long Edge, ScratchpadRequest Request)> Grants(VectorBench bench, int port) =>
        [.. bench.Memory.Grants.Where(g => g.Port == port).Select(g => (g.Edge, g.Request))];
}
