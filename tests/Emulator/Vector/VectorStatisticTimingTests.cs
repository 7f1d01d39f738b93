using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;
using static HybridEmu.Isa.DescriptorOpcode;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// Probes of the rules of TIMING.md on operations of several passes, records, pooling and optimizers: each holds the edge itself,
/// so that one cycle less or more is seen. A write is granted one edge after it is sent.
/// </summary>
public class VectorStatisticTimingTests
{
    private const int P = 3, T = 7;

    private static readonly VectorConfig Config = new() { PipelineCycles = P, TranscendentalCycles = T };

    [Fact]
    public void Probabilities_are_sent_two_pipelines_and_an_exponential_after_their_beat()
    {
        Trace trace = Run(VxSoftmax, 1, 16);
        Assert.Equal([0, P, P + (6 * P) + (2 * T)], trace.Beats.Select(b => b - trace.Beats[0]));
        Assert.Equal(trace.Beats[2] + (2 * P) + T + 1, trace.Writes[0].Edge);
    }

    [Fact]
    public void A_gradient_through_softmax_waits_six_pipelines_for_its_sum()
    {
        Trace trace = Run(VxSoftmaxGrad, 1, 16);
        Assert.Equal(trace.Beats[0] + (6 * P), trace.Beats[1]);
        Assert.Equal(trace.Beats[1] + (2 * P) + 1, trace.Writes[0].Edge);
    }

    [Fact]
    public void A_normalised_row_waits_for_its_mean_and_its_deviation_which_is_written_when_ripe()
    {
        Trace trace = Run(VxNormRows, 1, 16);
        Assert.Equal(trace.Beats[0] + (6 * P), trace.Beats[1]);
        Assert.Equal(trace.Beats[1] + (9 * P) + T, trace.Beats[2]);
        Assert.Equal((trace.Beats[2] + 1, 4), (trace.Writes[0].Edge, (int)trace.Writes[0].Request.Length));
        Assert.Equal(trace.Beats[2] + (2 * P) + 1, trace.Writes[1].Edge);
    }

    [Fact]
    public void A_mean_is_not_made_before_one_over_the_columns()
    {
        // The start is taken at 1, the first beat (after the parameters) executes at 5; its sum would be there 5 edges later.
        VectorConfig slow = new() { PipelineCycles = 1, TranscendentalCycles = 16 };
        Trace trace = Run(VxNormRows, 1, 16, config: slow);
        Assert.Equal(5, trace.Beats[0]);
        Assert.Equal(1 + 16 + 1, trace.Beats[1]);
        VectorConfig even = new() { PipelineCycles = 1, TranscendentalCycles = 9 };
        Assert.Equal(5 + 5 + 1, Run(VxNormRows, 1, 16, config: even).Beats[1]);
    }

    [Fact]
    public void A_gradient_through_normalisation_takes_its_deviation_an_edge_after_its_operands()
    {
        Trace trace = Run(VxNormRowsGrad, 1, 32);
        (long Edge, ScratchpadRequest Request)[] b = trace.Of(VectorBench.ReadB);
        Assert.Equal([64, 4, 64], b.Take(3).Select(r => (int)r.Request.Length));
        Assert.Equal([0, 1, 2], b.Take(3).Select(r => r.Edge - b[0].Edge));
        Assert.Equal([0, 2], trace.Of(VectorBench.ReadA).Take(2).Select(r => r.Edge - b[0].Edge)); // port A rests meanwhile
        Assert.Equal(b[1].Edge + 1, trace.Beats[0]); // asked, granted, executed: as with any operand
        Assert.Equal(trace.Beats[0] + 1, trace.Beats[1]);
        Assert.Equal(trace.Beats[1] + (7 * P), trace.Beats[2]);
        Assert.Equal(trace.Beats[2] + (3 * P) + 1, trace.Writes[0].Edge);
    }

    [Fact]
    public void A_squared_error_is_in_the_record_eight_pipelines_after_its_last_beat_and_a_norm_after_two()
    {
        Trace error = Run(LossMseGrad, 1, 16), norm = Run(VxNorm, 1, 16);
        Assert.Equal(error.Beats[0] + (2 * P) + 1, error.Writes[0].Edge);
        Assert.Equal([64, 8], error.Writes.Skip(1).Select(w => (int)w.Request.Length));
        Assert.Equal(error.Beats[0] + (8 * P) + 2, error.Writes[1].Edge);
        Assert.Equal([norm.Beats[0] + (2 * P) + 2, norm.Beats[0] + (2 * P) + 3], norm.Writes.Select(w => w.Edge));
    }

    [Fact]
    public void A_clip_executes_when_the_factor_of_its_record_is_made()
    {
        Trace trace = Run(VxClip, 1, 16);
        (long Edge, ScratchpadRequest Request) record = Assert.Single(trace.Of(VectorBench.ReadB));
        Assert.Equal(64, record.Request.Length);
        Assert.Equal(record.Edge + 1 + (5 * P) + (2 * T), trace.Beats[0]);
        Assert.Equal(trace.Beats[0] + P + 1, trace.Writes[0].Edge);
    }

    [Theory]
    [InlineData(PoolMax, P, 2)]
    [InlineData(PoolAverage, 2 * P, 1)]
    public void A_window_takes_an_edge_a_pixel_and_is_sent_after_its_last(DescriptorOpcode opcode, int latencyCycles, int writes)
    {
        Trace trace = Run(opcode, 3, 16, window: (3, 2, 1, 1, 2));
        Assert.Equal(18, trace.Beats.Count);
        Assert.Equal(17, trace.Beats[17] - trace.Beats[0]);
        Assert.Equal(18, trace.Of(VectorBench.ReadA).Length - (opcode == PoolAverage ? 1 : 0)); // and the parameters
        Assert.Equal(3 * writes, trace.Writes.Length);
        Assert.Equal(trace.Beats[5] + latencyCycles + 1, trace.Writes[0].Edge);
        Assert.Equal(trace.Beats[5] + latencyCycles + writes, trace.Writes[writes - 1].Edge);
    }

    [Theory]
    [InlineData(PoolMaxGrad)]
    [InlineData(PoolAverageGrad)]
    public void A_pixel_takes_an_edge_a_window_over_it_and_one_without_access_when_there_is_none(DescriptorOpcode opcode)
    {
        // One row of five pixels, windows of two at 0 and 3: the third pixel is under none.
        Trace trace = Run(opcode, 1, 16, window: (1, 2, 1, 3, 3));
        Assert.Equal([0, 1, 2, 3, 4], trace.Beats.Select(b => b - trace.Beats[0]));
        Assert.Equal(4, trace.Of(VectorBench.ReadA).Count(r => r.Request.Address == 0 || r.Request.Address == 64));
        Assert.Equal(trace.Beats.Select(b => b + (2 * P) + 1), trace.Writes.Select(w => w.Edge));

        // Windows at 0 and 1: the second pixel is under both.
        Assert.Equal(4, Run(opcode, 1, 16, window: (1, 2, 1, 1, 1)).Beats.Count);
    }

    [Fact]
    public void Momentum_reads_twice_through_port_A_and_writes_three_times_a_beat()
    {
        Trace trace = Run(OptMomentum, 1, 16);
        Assert.Equal([64, 64, 64], trace.Of(VectorBench.ReadA).Select(r => (int)r.Request.Length)); // parameters, master, momentum
        Assert.Equal(
            [trace.Beats[0] + (2 * P) + 1, trace.Beats[0] + (3 * P) + 1, trace.Beats[0] + (3 * P) + 2], trace.Writes.Select(w => w.Edge));
        Assert.Equal([64, 64, 32], trace.Writes.Select(w => (int)w.Request.Length));
        Trace many = Run(OptMomentum, 1, 16 * 60);
        Assert.Equal(3 * 20, many.Beats[^10] - many.Beats[^30]);
    }

    [Fact]
    public void Adam_reads_two_a_port_and_writes_four_times_a_beat()
    {
        Trace trace = Run(OptAdamw, 1, 16);
        Assert.Equal((3, 2), (trace.Of(VectorBench.ReadA).Length, trace.Of(VectorBench.ReadB).Length));
        long ready = trace.Beats[0] + (8 * P) + (2 * T) + 1;
        Assert.Equal(
            [trace.Beats[0] + (3 * P) + 1, trace.Beats[0] + (3 * P) + 2, ready, ready + 1], trace.Writes.Select(w => w.Edge));
    }

    [Fact]
    public void Eight_beats_of_adam_fill_the_pipeline_and_the_ninth_waits_for_the_first()
    {
        Trace trace = Run(OptAdamw, 1, 16 * 60);
        Assert.Equal((8 * P) + (2 * T) + 1, trace.Beats[^10] - trace.Beats[^18]);

        // A short pipeline leaves the write port as the limit: four writes a beat.
        Trace quick = Run(OptAdamw, 1, 16 * 60, config: new VectorConfig { PipelineCycles = 1, TranscendentalCycles = 1 });
        Assert.Equal(4 * 8, quick.Beats[^10] - quick.Beats[^18]);
    }

    [Theory]
    [InlineData(OptSgd, P)]
    [InlineData(OptMomentum, 3 * P)]
    [InlineData(OptAdamw, (8 * P) + (2 * T))]
    public void An_int8_shadow_takes_one_multiply_more(DescriptorOpcode opcode, int latencyCycles)
    {
        Trace trace = Run(opcode, 1, 16, types: 1);
        Assert.Equal(16, trace.Writes[^1].Request.Length);
        Assert.Equal(trace.Beats[0] + latencyCycles + P + 1, trace.Writes[^1].Edge);
        Assert.Equal(trace.Beats[0] + latencyCycles + 1, trace.Writes[^2].Edge);
    }

    [Fact]
    public void Evaluation_of_any_operation_allocates_nothing()
    {
        foreach (DescriptorOpcode opcode in new[] { VxSoftmaxGrad, VxNormRows, VxNormRowsGrad, VxNorm, VxClip, PoolMax, PoolMaxGrad, LossMseGrad, OptMomentum, OptAdamw })
        {
            Descriptor d = Case(opcode, 3, 20, 1, (2, 2, 1, 1, 2)).Descriptor();
            ClockDomain domain = new("core", 1000);
            Channel<StartDescriptor> start = new(domain, domain.Register("d"), domain.Register("v"), 2);
            Channel<DescriptorDone> done = new(domain, 1, 0, 2);
            ScratchpadPort[] ports = [.. new[] { "a", "b", "w" }.Select(n => new ScratchpadPort(
                n, new Channel<ScratchpadRequest>(domain, 1, 0, 2), new Channel<ScratchpadResponse>(domain, 0, 1, 2)))];
            VectorUnit unit = new(Config, "v", start, done, ports[0], ports[1], ports[2]);
            long edge = 0, allocated = 0;
            for (int round = 0; round < 3; round++)
            {
                long before = GC.GetAllocatedBytesForCurrentThread();
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
                allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            }

            Assert.True(allocated == 0, $"{opcode} allocated {allocated} bytes");
        }
    }

    private static VectorTableCase Case(DescriptorOpcode opcode, int m, int n, int types, (int, int, int, int, int) window) =>
        new(opcode, m, n, types, Awkward: false, Stochastic: false, Parameters: false, window, Seed: 9) { Aligned = true };

    /// <summary>Types 0 are bf16 (two accesses fewer bytes), 1 and up wider; without a number all that can be are fp32.</summary>
    private static Trace Run(
        DescriptorOpcode opcode, int m, int n, int? types = null, (int, int, int, int, int)? window = null, VectorConfig? config = null)
    {
        bool optimizer = opcode is OptSgd or OptMomentum or OptAdamw;
        bool pooling = opcode is PoolMax or PoolAverage or PoolMaxGrad or PoolAverageGrad;
        int type = types ?? (optimizer ? 0 : opcode == VxNorm ? 1 : opcode == PoolAverage ? 5 : pooling ? 3 : 7);
        VectorTableCase c = Case(opcode, m, n, type, window ?? (1, 1, 1, 1, 0));
        Trace trace = new(new VectorBench(c.Memory(), [c.Descriptor()], config ?? Config, skip: false), []);
        long beats = 0;
        trace.Bench.AfterEdge = b =>
        {
            if (b.Unit.State.Beats > beats)
                trace.Beats.Add(b.Edge);
            beats = b.Unit.State.Beats;
        };
        trace.Bench.Run();
        return trace;
    }

    /// <summary>The edges at which beats executed, and every access.</summary>
    private sealed record Trace(VectorBench Bench, List<long> Beats)
    {
        public (long Edge, ScratchpadRequest Request)[] Writes => Of(VectorBench.Write);

        public (long Edge, ScratchpadRequest Request)[] Of(int port) => [.. Bench.Memory.Grants.Where(g => g.Port == port).Select(g => (g.Edge, g.Request))];
    }
}
