using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>What dispatch asks of mx.load and mx.stream before their first effect.</summary>
public class PinnedWeightsFaultTests
{
    private const int Ld = 0, Mx = 2;

    // The bench's array has 8 rows and 16 columns, and packs 4 int8 and 8 int4.
    [Theory]
    [InlineData(ElementType.Bf16, ElementType.Bf16, 8)]
    [InlineData(ElementType.Int8, ElementType.Int8, 32)]
    [InlineData(ElementType.Int4, ElementType.Int4, 64)]
    [InlineData(ElementType.Int16, ElementType.Int8, 8)]
    [InlineData(ElementType.Int8, ElementType.Int16, 8)]
    public void A_tile_of_weights_is_at_most_as_large_as_the_array(ElementType a, ElementType b, int k)
    {
        Faults(Load(k, 16, a, b), QueueFaultCause.None);
        Faults(Load(k + 1, 16, a, b), QueueFaultCause.TileTooLarge);
        Faults(Load(k, 17, a, b), QueueFaultCause.TileTooLarge);
        Faults(Stream(k + 1, 16, a, b), QueueFaultCause.TileTooLarge);
        Faults(Stream(k, 17, a, b), QueueFaultCause.TileTooLarge);
        Faults(Stream(k, 16, a, b), QueueFaultCause.WeightShape);
        Assert.Equal(QueueFaultCause.None, Outcome(Load(k, 16, a, b), Stream(k, 16, a, b)));
        Faults(Stream(k + 1, 16, a, b) with { N0 = 257 }, QueueFaultCause.SlotTooSmall);
        Descriptor accumulating = Stream(k, 16, a, b);
        accumulating.Accumulate = true;
        Faults(accumulating, QueueFaultCause.SlotShape);
    }

    [Fact]
    public void A_stream_asks_for_the_weights_that_were_loaded_last()
    {
        Descriptor load = Load(8, 16), stream = Stream(8, 16), zero = DispatchBench.Of(Mx, 1, 3), product = stream;
        product.Opcode = DescriptorOpcode.MxMatmul;
        (product.B, product.PitchB) = (AddressMap.Scratchpad, 32);
        Assert.Equal(QueueFaultCause.None, Outcome(load, stream, zero, stream, stream));
        Assert.Equal(QueueFaultCause.WeightShape, Outcome(load, Stream(7, 16)));
        Assert.Equal(QueueFaultCause.WeightShape, Outcome(load, Stream(8, 15)));
        Assert.Equal(QueueFaultCause.WeightShape, Outcome(Load(8, 16, ElementType.Int8, ElementType.Int8), Stream(8, 16, ElementType.Int16, ElementType.Int8)));
        Assert.Equal(QueueFaultCause.WeightShape, Outcome(Load(8, 16, ElementType.Int8, ElementType.Int8), Stream(8, 16, ElementType.Int8, ElementType.Int16)));
        Assert.Equal(QueueFaultCause.WeightShape, Outcome(load, Load(7, 16), stream));
        Assert.Equal(QueueFaultCause.None, Outcome(load, Load(7, 16), Stream(7, 16)));
        Assert.Equal(QueueFaultCause.WeightShape, Outcome(load, product, stream));
        Assert.Equal(QueueFaultCause.None, Outcome(load, product, load, stream));
    }

    [Fact]
    public void A_load_that_is_skipped_leaves_the_weights_as_they_were()
    {
        foreach (int k in new[] { 8, 7 })
        {
            var bench = new DispatchBench();
            bench.Issue(Load(8, 16));
            bench.Issue(Load(7, 17));
            bench.Run.Run(40);
            Assert.Equal(QueueFaultCause.TileTooLarge, (QueueFaultCause)Assert.Single(bench.Notices).Notice.Cause);
            bench.Ask(DispatchOperation.ResolveFault, Mx, 1);
            bench.Issue(Stream(k, 16));
            bench.Run.Run(40);
            Assert.Equal(k == 8 ? 1 : 2, bench.Notices.Count);
        }
    }

    [Theory]
    [InlineData(true, false, QueueFaultCause.None)]
    [InlineData(false, false, QueueFaultCause.Race)]
    [InlineData(true, true, QueueFaultCause.Race)]
    public void A_load_reads_W_and_is_done_with_it_when_it_posts_and_a_stream_reads_A(bool waits, bool toA, QueueFaultCause cause)
    {
        var bench = new DispatchBench((_, _) => 200, races: true);
        Descriptor load = Load(8, 16), move = DispatchBench.Of(Ld, 2, 0), stream = Stream(8, 16);
        load.Post0 = new SemaphoreCount(3, 1);
        (move.Wait0, move.D) = (new SemaphoreCount(3, waits ? (byte)1 : (byte)0), toA ? stream.A : load.B);
        bench.Issue(load);
        bench.Issue(stream);
        bench.Issue(move);
        bench.Run.Run(600);
        Assert.Equal(cause, bench.Notices.Count == 0 ? QueueFaultCause.None : (QueueFaultCause)bench.Notices[0].Notice.Cause);
    }

    [Fact]
    public void A_load_uses_no_slot_and_a_stream_its_own()
    {
        var bench = new DispatchBench((_, _) => 200, races: true);
        bench.Issue(Load(8, 16));
        bench.Run.Run(20);
        Assert.Null(bench.Races!.CoreAccess(0, AddressMap.Accumulators, 4, write: true));
        bench.Issue(Stream(8, 16) with { Slot = 1 });
        bench.Run.Run(20);
        Assert.Null(bench.Races.CoreAccess(0, AddressMap.Accumulators, 4, write: true));
        Assert.NotNull(bench.Races.CoreAccess(0, AddressMap.Accumulators + 16384, 4, write: false));
    }

    private static Descriptor Load(int k, int n, ElementType a = ElementType.Bf16, ElementType b = ElementType.Bf16) => new()
    {
        Opcode = DescriptorOpcode.MxLoad,
        Version = DescriptorTable.Version,
        TypeA = a,
        TypeB = b,
        N1 = k,
        N2 = n,
        B = AddressMap.Scratchpad,
        PitchB = 48,
    };

    private static Descriptor Stream(int k, int n, ElementType a = ElementType.Bf16, ElementType b = ElementType.Bf16) => new()
    {
        Opcode = DescriptorOpcode.MxStream,
        Version = DescriptorTable.Version,
        TypeA = a,
        TypeB = b,
        TypeAccumulator = a == ElementType.Bf16 ? ElementType.Fp32 : ElementType.Int32,
        N0 = 4,
        N1 = k,
        N2 = n,
        A = AddressMap.Scratchpad + 8192,
        PitchA = 48,
    };

    private static QueueFaultCause Outcome(params Descriptor[] program)
    {
        var bench = new DispatchBench();
        foreach (Descriptor descriptor in program)
            bench.Issue(descriptor);
        bench.Run.Run(300);
        return bench.Notices.Count == 0 ? QueueFaultCause.None : (QueueFaultCause)bench.Notices[0].Notice.Cause;
    }

    private static void Faults(Descriptor d, QueueFaultCause cause) => Assert.Equal(cause, Outcome(d));
}
