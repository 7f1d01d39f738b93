using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// Probes of the rules in TIMING.md. The bench's memory sees a request one edge after it is pushed, and its answer
/// is visible one edge after the grant, so an operand asked for at edge e executes at e + 2 at the earliest.
/// </summary>
public class VectorTimingTests
{
    private const int P = 3, T = 7; // unlike the defaults and each other

    private static readonly VectorConfig Config = new() { PipelineCycles = P, TranscendentalCycles = T };

    // The bench's dispatch pushes at edge 0, the unit pops at 1, asks at 2, the memory grants at 3.
    private const long FirstExecute = 4;

    [Fact]
    public void First_operands_are_asked_for_one_edge_after_the_start_is_taken()
    {
        VectorBench bench = Run(VectorPrograms.Make(VxAdd, 1, 16));
        Assert.Equal(3, Grants(bench, VectorBench.ReadA)[0].Edge);
        Assert.Equal(3, Grants(bench, VectorBench.ReadB)[0].Edge);
    }

    [Theory]
    [InlineData(VxAdd, P)]
    [InlineData(VxMul, P)]
    [InlineData(VxMax, P)]
    [InlineData(VxReluGrad, P)]
    [InlineData(VxConvert, P)]
    [InlineData(VxExp, T)]
    [InlineData(VxRsqrt, T)]
    [InlineData(VxReciprocal, T)]
    [InlineData(VxSum, 5 * P)]
    [InlineData(VxSumRows, 5 * P)]
    public void A_result_is_sent_exactly_its_latency_after_the_beat_executes(DescriptorOpcode opcode, int latencyCycles)
    {
        VectorBench bench = Run(VectorPrograms.Make(opcode, 1, 16));
        Assert.Equal(FirstExecute + latencyCycles + 1, Grants(bench, VectorBench.Write)[0].Edge);
    }

    [Fact]
    public void A_beat_executes_and_leaves_every_edge_when_ports_grant()
    {
        VectorBench one = Run(VectorPrograms.Make(VxAdd, 1, 16)), many = Run(VectorPrograms.Make(VxAdd, 1, 16 * 50));
        Assert.Equal(one.DoneAt[0] + 49, many.DoneAt[0]);
        Assert.Equal(50 + 1, many.Unit.State.Ledger[Ledger.Busy]); // and the start
    }

    [Theory]
    [InlineData(7, 1)] // eight beats cover a round trip of eight edges
    [InlineData(8, 9.0 / 8)] // and fall behind one edge in nine
    [InlineData(15, 2)]
    public void Eight_beats_in_flight_hide_seven_cycles_of_memory(int latencyCycles, double edgesPerBeat)
    {
        int most = 0;
        VectorBench bench = new(VectorPrograms.Memory(1), [VectorPrograms.Make(VxMul, 1, 16 * 160)], Config, latencyCycles);
        bench.AfterEdge = b => most = Math.Max(most, b.Unit.State.BeatsInFlight);
        bench.Run();
        List<(long Edge, ScratchpadRequest)> writes = Grants(bench, VectorBench.Write);
        Assert.Equal(edgesPerBeat, (writes[^9].Edge - writes[7].Edge) / 144.0, 2);
        Assert.True(most <= 8);
    }

    [Fact]
    public void A_row_enters_its_second_pass_exactly_one_pipeline_after_its_maximum_is_in()
    {
        // One row of one beat: pass 1 waits for nothing but the statistic.
        (Dictionary<int, long> first, _) = Passes(VectorPrograms.Make(LossXentGrad, 1, 10));
        Assert.Equal(first[0] + P, first[1]);
    }

    [Fact]
    public void A_row_enters_its_gradient_pass_exactly_when_its_sum_is_ripe()
    {
        (Dictionary<int, long> first, VectorBench bench) = Passes(VectorPrograms.Make(LossXentGrad, 1, 10));
        Assert.Equal(first[1] + (6 * P) + (2 * T), first[2]);
        Assert.Equal(first[2] + (4 * P) + T + 1, Grants(bench, VectorBench.Write)[0].Edge);
    }

    [Fact]
    public void The_loss_record_leaves_when_the_last_row_is_in_it_partials_first()
    {
        (Dictionary<int, long> first, VectorBench bench) = Passes(VectorPrograms.Make(LossXent, 1, 10));
        List<(long Edge, ScratchpadRequest Request)> writes = Grants(bench, VectorBench.Write);
        long ripe = first[1] + (9 * P) + (2 * T);
        Assert.Equal([ripe + 2, ripe + 3], writes.Select(w => w.Edge));
        Assert.Equal([64, 8], writes.Select(w => (int)w.Request.Length));
    }

    [Fact]
    public void Sixteen_rows_hide_each_others_statistics()
    {
        (Dictionary<int, long> first, _) = Passes(VectorPrograms.Make(LossXent, 16, 16));
        Assert.Equal(first[0] + 16, first[1]); // P < 16: no bubble
        (Dictionary<int, long> few, _) = Passes(VectorPrograms.Make(LossXent, 2, 16));
        Assert.Equal(few[0] + P, few[1]); // P > 2: the first row's maximum decides
    }

    [Fact]
    public void A_parameter_block_is_read_before_any_operand_and_holds_execution_up()
    {
        Descriptor plain = VectorPrograms.Make(VxConvert, 1, 16), scaled = plain;
        scaled.VectorParameters = VectorPrograms.Parameters;
        VectorBench without = Run(plain), with = Run(scaled);
        List<(long Edge, ScratchpadRequest Request)> reads = Grants(with, VectorBench.ReadA);
        Assert.Equal((uint)VectorExpected.Offset(VectorPrograms.Parameters), reads[0].Request.Address);
        Assert.Equal([3L, 4L], reads.Select(r => r.Edge));
        Assert.Equal(without.DoneAt[0] + 1, with.DoneAt[0]);
    }

    [Fact]
    public void Sgd_writes_master_then_shadow_and_takes_two_edges_a_beat()
    {
        VectorBench short_ = Run(VectorPrograms.Make(OptSgd, 1, 16 * 40)), long_ = Run(VectorPrograms.Make(OptSgd, 1, 16 * 140));
        Assert.Equal(short_.DoneAt[0] + 200, long_.DoneAt[0]);
        Assert.Equal([64, 32, 64, 32], Grants(short_, VectorBench.Write).Take(4).Select(w => (int)w.Request.Length));
    }

    [Fact]
    public void A_transpose_block_leaves_a_column_an_edge_after_its_last_row_and_then_the_next_enters()
    {
        Descriptor d = VectorPrograms.Make(TrTranspose, 16, 32, ElementType.Fp32);
        VectorBench bench = Run(d);
        List<(long Edge, ScratchpadRequest)> writes = Grants(bench, VectorBench.Write);
        long lastRow = FirstExecute + 15;
        Assert.Equal(lastRow + 1 + P + 1, writes[0].Edge);
        Assert.Equal(writes[0].Edge + 15, writes[15].Edge);
        Assert.Equal(writes[15].Edge + 16 + 1, writes[16].Edge);
    }

    [Fact]
    public void A_done_is_sent_at_the_last_acknowledgement_and_the_next_start_taken_one_edge_later()
    {
        Descriptor d = VectorPrograms.Make(VxAdd, 1, 16);
        VectorBench bench = new VectorBench(VectorPrograms.Memory(1), [d, d], Config).Run();
        long write = Grants(bench, VectorBench.Write)[0].Edge;
        Assert.Equal(write + 1 + 1, bench.DoneAt[0]); // acknowledged and sent at +1, visible at +2
        Assert.Equal(write + 1 + 1 + 1 + 1, Grants(bench, VectorBench.ReadA)[1].Edge); // taken +2, asked +3, granted +4
    }

    [Fact]
    public void A_beat_is_cut_at_every_64_byte_boundary_of_an_access()
    {
        // A at 16 mod 64, B at 32, D at 48: cuts after 4 (D), 8 (B), 12 (A) elements, then every 4 again.
        VectorBench bench = Run(VectorPrograms.Make(VxAdd, 1, 16, skew: 1));
        Assert.Equal([16, 16, 16, 16], Grants(bench, VectorBench.ReadA).Select(r => (int)r.Request.Length));
        VectorBench aligned = Run(VectorPrograms.Make(VxAdd, 1, 16, ElementType.Fp32, ElementType.Bf16));
        Assert.Equal([64], Grants(aligned, VectorBench.ReadA).Select(r => (int)r.Request.Length));
    }

    [Fact]
    public void Beats_of_many_lanes_are_cut_at_the_port_and_those_that_sum_have_sixteen_elements()
    {
        VectorConfig wide = Config with { Lanes = 64 };
        int[] Reads(Descriptor d) => [.. Grants(new VectorBench(VectorPrograms.Memory(1), [d], wide).Run(), VectorBench.ReadA).Select(r => (int)r.Request.Length)];
        Assert.Equal([256, 256, 4], Reads(VectorPrograms.Make(VxMul, 1, 129)));
        Assert.Equal([128, 2], Reads(VectorPrograms.Make(VxExp, 1, 65, ElementType.Bf16))); // 64 lanes, 128 of the port's 256 bytes

        // A at 16 mod 256, B at 32, D at 48: cuts 16 bytes apart there, and once a turn of 256.
        Assert.Equal([208, 16, 16, 224, 16, 16, 16], Reads(VectorPrograms.Make(VxAdd, 1, 128, skew: 1)));
        Assert.Equal([64, 64, 64, 64, 4], Reads(VectorPrograms.Make(VxSum, 1, 65)));
        Assert.Equal([64, 64, 32, 64, 64, 32, 160], Reads(VectorPrograms.Make(VxSoftmax, 1, 40))); // its third pass writes
    }

    [Fact]
    public void A_blocked_write_port_stops_execution_when_thirty_two_results_wait()
    {
        VectorBench bench = new(VectorPrograms.Memory(1), [VectorPrograms.Make(VxRandom, 1, 16 * 80)], Config, stallPercent: 90, seed: 3);
        int most = 0;
        bench.AfterEdge = b => most = Math.Max(most, b.Unit.State.ResultCount);
        bench.Run();
        Assert.Equal(32, most);
        Assert.True(bench.Unit.State.Ledger[VectorUnit.StallWrite] > 100);
    }

    [Fact]
    public void Causes_name_what_a_descriptor_waited_for()
    {
        VectorBench slow = new VectorBench(VectorPrograms.Memory(1), [VectorPrograms.Make(VxAdd, 1, 16)], Config, latencyCycles: 20).Run();
        Ledger ledger = slow.Unit.State.Ledger;
        Assert.Equal(2, ledger[Ledger.Busy]);
        Assert.Equal(21, ledger[VectorUnit.StallReadA]); // asked at 2, visible at 23
        Assert.Equal(0, ledger[VectorUnit.StallReadB]);
        Assert.Equal(P + 21, ledger[VectorUnit.Drain]);
    }

    [Fact]
    public void Evaluation_allocates_nothing()
    {
        Descriptor[] program = [.. new[] { LossXentGrad, VxAdd, OptSgd, TrTranspose, VxSumRows }.Select(o => VectorPrograms.Make(o, 16, 16))];
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

    private static VectorBench Run(Descriptor d) => new VectorBench(VectorPrograms.Memory(1), [d], Config).Run();

    private static List<(long Edge, ScratchpadRequest Request)> Grants(VectorBench bench, int port) =>
        [.. bench.Memory.Grants.Where(g => g.Port == port).Select(g => (g.Edge, g.Request))];

    /// <summary>The edge at which the first beat of each pass executed.</summary>
    private static (Dictionary<int, long> First, VectorBench Bench) Passes(Descriptor d)
    {
        Dictionary<int, long> first = [];
        VectorBench bench = new(VectorPrograms.Memory(1), [d], Config, skip: false);
        long beats = 0;
        int pass = 0;
        bench.AfterEdge = b =>
        {
            if (b.Unit.State.Beats > beats)
                first.TryAdd(pass, b.Edge);
            beats = b.Unit.State.Beats;
            pass = b.Unit.State.Execute.Pass;
        };
        bench.Run();
        return (first, bench);
    }
}
