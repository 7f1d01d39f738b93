using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Rules D-9 to D-13 of dispatch: faults before the first effect, freezing, notices.</summary>
public class DispatchFaultTests
{
    private const int Ld = 0, St = 1, Mx = 2, Vx = 3;
    private const long Hbm = (long)AddressMap.Hbm, Local = (long)AddressMap.Scratchpad;

    [Theory]
    [InlineData(DispatchBench.Stream, QueueFaultCause.None)]
    [InlineData(DispatchBench.Stream - 1, QueueFaultCause.Aliasing)]
    [InlineData(0, QueueFaultCause.Aliasing)]
    [InlineData(-1, QueueFaultCause.UnmappedAddress)]
    [InlineData((1 << 26) - 64, QueueFaultCause.None)]
    [InlineData((1 << 26) - 63, QueueFaultCause.UnmappedAddress)]
    [InlineData(1L << 47, QueueFaultCause.UnmappedAddress)]
    public void DMA_reaches_only_the_streaming_region_of_HBM(long offset, QueueFaultCause cause)
    {
        foreach (int queue in new[] { Ld, St })
        {
            Descriptor d = DispatchBench.Of(queue, 1);
            if (queue == Ld)
                d.A = (ulong)(Hbm + offset);
            else
                d.D = (ulong)(Hbm + offset);
            Check(d, queue, cause);
        }
    }

    [Theory]
    [InlineData(0, QueueFaultCause.None)]
    [InlineData(-1, QueueFaultCause.UnmappedAddress)]
    [InlineData(65536 - 64, QueueFaultCause.None)]
    [InlineData(65536 - 63, QueueFaultCause.UnmappedAddress)]
    public void Local_operands_lie_wholly_in_the_own_scratchpad(long offset, QueueFaultCause cause)
    {
        Descriptor d = DispatchBench.Of(Ld, 1);
        d.D = (ulong)(Local + offset);
        Check(d, Ld, cause);
    }

    [Fact]
    public void What_the_table_forbids_freezes_the_queue()
    {
        Descriptor opcode = DispatchBench.Of(Ld, 1), version = opcode, reserved = opcode, types = opcode, size = opcode, misaligned = opcode;
        opcode.Opcode = (DescriptorOpcode)0xFF;
        version.Version = 2;
        reserved.Accumulate = true;
        types.TypeOut = ElementType.Fp32;
        size.N0 = 0;
        misaligned.TypeA = misaligned.TypeOut = ElementType.Int32;
        misaligned.PitchA = 4;
        misaligned.MatrixParameters = 4;
        misaligned.N0 = 4;
        misaligned.A += 2;
        Check(opcode, Vx, QueueFaultCause.UnknownOpcode);
        Check(version, Ld, QueueFaultCause.Version);
        Check(reserved, Ld, QueueFaultCause.ReservedBits);
        Check(types, Ld, QueueFaultCause.TypeCombination);
        Check(size, Ld, QueueFaultCause.Size);
        Check(misaligned, Ld, QueueFaultCause.Misaligned);
    }

    // 65536 bytes in four slots: 16 KiB hold 256 rows of one block of 16 columns.
    [Theory]
    [InlineData(256, 16, QueueFaultCause.None)]
    [InlineData(257, 16, QueueFaultCause.SlotTooSmall)]
    [InlineData(128, 17, QueueFaultCause.None)]
    [InlineData(129, 17, QueueFaultCause.SlotTooSmall)]
    public void A_slot_holds_whole_blocks_of_columns(int rows, int columns, QueueFaultCause cause)
    {
        Descriptor d = DispatchBench.Of(Mx, 1);
        d.N0 = rows;
        d.N2 = columns;
        Check(d, Mx, cause);
    }

    [Theory]
    [InlineData(4, 16, true, QueueFaultCause.None)]
    [InlineData(5, 16, true, QueueFaultCause.SlotShape)]
    [InlineData(4, 15, true, QueueFaultCause.SlotShape)]
    [InlineData(5, 16, false, QueueFaultCause.None)]
    public void An_accumulating_product_asks_for_its_slots_shape_and_a_fresh_one_gives_it(int rows, int columns, bool accumulate, QueueFaultCause cause)
    {
        var bench = new DispatchBench();
        bench.Issue(DispatchBench.Of(Mx, 1)); // 4 x 16
        Descriptor d = DispatchBench.Of(Mx, 1);
        d.Opcode = DescriptorOpcode.MxMatmul;
        (d.N0, d.N1, d.N2, d.Accumulate) = (rows, 8, columns, accumulate);
        (d.TypeA, d.TypeB) = (ElementType.Bf16, ElementType.Bf16);
        (d.A, d.B, d.PitchA, d.PitchB) = (AddressMap.Scratchpad, AddressMap.Scratchpad + 1024, 16, 32);
        bench.Issue(d);
        bench.Run.Run(40);
        Assert.Equal(cause, bench.Notices.Count == 0 ? QueueFaultCause.None : (QueueFaultCause)bench.Notices[0].Notice.Cause);
    }

    [Theory]
    [InlineData(4, 16, ElementType.Fp32, 0, QueueFaultCause.None)]
    [InlineData(5, 16, ElementType.Fp32, 0, QueueFaultCause.SlotShape)]
    [InlineData(4, 15, ElementType.Fp32, 0, QueueFaultCause.SlotShape)]
    [InlineData(4, 16, ElementType.Int32, 0, QueueFaultCause.SlotShape)]
    [InlineData(4, 16, ElementType.Fp32, 1, QueueFaultCause.SlotShape)]
    public void A_drain_asks_for_the_shape_that_its_slot_was_given(int rows, int columns, ElementType type, int slot, QueueFaultCause cause)
    {
        var bench = new DispatchBench();
        bench.Issue(DispatchBench.Of(Mx, 1));
        Descriptor drain = default;
        drain.Opcode = DescriptorOpcode.MxDrain;
        drain.Version = DescriptorTable.Version;
        drain.TypeAccumulator = type;
        drain.TypeOut = ElementType.Fp32;
        (drain.N0, drain.N2, drain.Slot) = (rows, columns, (byte)slot);
        drain.D = AddressMap.Scratchpad;
        drain.PitchD = 64;
        bench.Issue(drain);
        bench.Run.Run(40);
        Assert.Equal(cause == QueueFaultCause.None ? 2 : 1, bench.Starts.Count);
        Assert.Equal(cause, bench.Notices.Count == 0 ? QueueFaultCause.None : (QueueFaultCause)bench.Notices[0].Notice.Cause);
    }

    // Issued at 0, queued at 1, found at 2, sent at 3: the core sees it at 4.
    [Fact]
    public void A_fault_is_found_before_waits_and_is_seen_by_the_core_two_cycles_later()
    {
        var bench = new DispatchBench();
        Descriptor d = DispatchBench.Of(St, 3);
        d.D = 0;
        d.Wait0 = new SemaphoreCount(1, 1);
        bench.Issue(d);
        bench.Run.Run(10);
        (long edge, DispatchNotice notice) = Assert.Single(bench.Notices);
        Assert.Equal(4, edge);
        Assert.Equal((QueueFaultCause.UnmappedAddress, St, 0u, 0x8000_2000u + (3 * 64)),
            ((QueueFaultCause)notice.Cause, notice.Queue, notice.Address, notice.DescriptorAddress));
    }

    [Fact]
    public void A_frozen_queue_starts_nothing_while_the_others_go_on_and_a_retry_faults_again()
    {
        var bench = new DispatchBench();
        Descriptor bad = DispatchBench.Of(Ld, 1);
        bad.A = 0;
        bench.Issue(bad);
        bench.Issue(DispatchBench.Of(Ld, 2, 2));
        bench.Issue(DispatchBench.Of(St, 3, 3));
        bench.Run.Run(60);
        Assert.Equal([3], bench.Starts.Select(s => (int)s.DebugId));
        bench.Ask(DispatchOperation.ResolveFault, Ld, 0);
        bench.Run.Run(10);
        Assert.Equal(2, bench.Notices.Count);
        Assert.Equal(-1, bench.StartOf(2));
    }

    [Fact]
    public void A_skip_keeps_the_descriptor_s_place_takes_its_waits_and_performs_its_posts()
    {
        var bench = new DispatchBench((_, _) => 50);
        Descriptor bad = DispatchBench.Of(Ld, 1);
        bad.A = 0;
        bad.Wait0 = new SemaphoreCount(5, 2);
        bad.Post0 = new SemaphoreCount(6, 3);
        bad.Interrupt = true;
        bench.Issue(DispatchBench.Of(Ld, 0, 7));
        bench.Issue(bad);
        bench.Issue(DispatchBench.Of(Ld, 2, 2));
        bench.Run.Run(20);
        bench.Ask(DispatchOperation.ResolveFault, Ld, 1);
        bench.Ask(DispatchOperation.SemaphorePost, 5, 2);
        Assert.Equal(0, bench.Semaphore(6));
        Assert.Equal(-1, bench.StartOf(2));
        bench.Run.Run(60);
        Assert.Equal(bench.Reports[0].Edge + 3, bench.StartOf(2)); // passed over at R + 1, the next head starts at R + 2
        Assert.Equal((0, 3), (bench.Semaphore(5), bench.Semaphore(6)));
        Assert.Equal(0, bench.Notices[^1].Notice.Cause);
        bench.Ask(DispatchOperation.Drain, 1);
        Assert.Equal(3u, bench.Unit.State.Queues[Ld].Performed);
    }

    [Theory]
    [InlineData(254, false)]
    [InlineData(255, true)]
    public void A_post_past_255_freezes_its_own_descriptor_until_it_fits_or_is_dropped(uint before, bool freezes)
    {
        foreach (bool skip in new[] { false, true })
        {
            var bench = new DispatchBench();
            bench.Ask(DispatchOperation.SemaphoreInitialize, 4, before);
            Descriptor d = DispatchBench.Of(Ld, 1);
            d.Post0 = new SemaphoreCount(8, 1);
            d.Post1 = new SemaphoreCount(4, 1);
            bench.Issue(d);
            bench.Run.Run(40);
            Assert.Equal(freezes ? 1 : 0, bench.Notices.Count);
            Assert.Equal(freezes ? 0 : 1, bench.Semaphore(8)); // both or none
            if (!freezes)
                continue;
            Assert.Equal(0x8000_2000u + 64, bench.Notices[0].Notice.DescriptorAddress);
            Assert.Equal(4u, bench.Notices[0].Notice.Address);
            Assert.Equal(1, bench.Unit.Head(Ld).DebugId);
            bench.Issue(DispatchBench.Of(Ld, 2, 2));
            Assert.Equal(2u, bench.Ask(DispatchOperation.Poll, Ld));
            bench.Ask(DispatchOperation.SemaphoreWait, 4, 1);
            bench.Ask(DispatchOperation.ResolveFault, Ld, skip ? 1u : 0);
            bench.Ask(DispatchOperation.Drain, 1);
            Assert.Equal(skip ? (254, 0) : (255, 1), (bench.Semaphore(4), bench.Semaphore(8)));
            Assert.Equal(2u, bench.Unit.State.Queues[Ld].Performed);
        }
    }

    [Fact]
    public void Completions_behind_an_overflowing_post_wait_for_it()
    {
        var bench = new DispatchBench((_, _) => 20);
        bench.Ask(DispatchOperation.SemaphoreInitialize, 4, 255);
        for (int i = 0; i < 3; i++)
        {
            Descriptor d = DispatchBench.Of(Ld, i, i);
            d.Post0 = new SemaphoreCount((byte)(4 + i), 1);
            bench.Issue(d);
        }

        bench.Run.Run(60);
        Assert.Equal((0, 0), (bench.Semaphore(5), bench.Semaphore(6)));
        Assert.Equal(3u, bench.Ask(DispatchOperation.Poll, Ld));
        bench.Ask(DispatchOperation.ResolveFault, Ld, 1);
        bench.Ask(DispatchOperation.Drain, 1);
        Assert.Equal((255, 1, 1), (bench.Semaphore(4), bench.Semaphore(5), bench.Semaphore(6)));
    }

    [Theory]
    [InlineData(254u, 1u, false)]
    [InlineData(255u, 1u, true)]
    [InlineData(0u, 255u, false)]
    [InlineData(0u, 256u, true)]
    public void A_post_of_the_core_past_255_is_a_fault_and_changes_nothing(uint before, uint count, bool faults)
    {
        var bench = new DispatchBench();
        bench.Ask(DispatchOperation.SemaphoreInitialize, 4, before);
        bench.Ask(DispatchOperation.SemaphorePost, 4, count);
        bench.Run.Run(5);
        Assert.Equal(faults ? before : before + count, bench.Semaphore(4));
        Assert.Equal(faults ? 1 : 0, bench.Notices.Count);
        if (!faults)
            return;
        Assert.Equal(QueueFaultCause.SemaphoreOverflow, (QueueFaultCause)bench.Notices[0].Notice.Cause);
        bench.Ask(DispatchOperation.ResolveFault, 0, 1);
        Assert.Equal(0u, bench.Unit.State.Queues[Ld].Started);
    }

    [Fact]
    public void Notices_that_arise_in_one_cycle_all_arrive()
    {
        var bench = new DispatchBench((_, _) => 40) { TakesNotices = false };
        for (int queue = 0; queue < 4; queue++)
        {
            Descriptor good = DispatchBench.Of(queue, queue, queue);
            good.Interrupt = true;
            bench.Issue(good);
            Descriptor bad = DispatchBench.Of(queue, 10 + queue, queue);
            bad.Version = 9;
            bench.Issue(bad);
        }

        bench.Run.Run(150);
        bench.TakesNotices = true;
        bench.Run.Run(30);
        Assert.Equal(8, bench.Notices.Count);
        Assert.Equal([0, 1, 2, 3], bench.Notices.Where(n => n.Notice.Cause == 0).Select(n => (int)n.Notice.Queue).Order());
        Assert.Equal([0, 1, 2, 3], bench.Notices.Where(n => n.Notice.Cause != 0).Select(n => (int)n.Notice.Queue).Order());
    }

    [Fact]
    public void A_race_freezes_the_second_descriptor_and_can_only_be_skipped()
    {
        var bench = new DispatchBench((_, _) => 30, races: true);
        Descriptor after = DispatchBench.Of(St, 2, 0);
        after.Wait0 = new SemaphoreCount(3, 1);
        bench.Issue(DispatchBench.Of(Ld, 1, 0));
        bench.Ask(DispatchOperation.SemaphorePost, 3, 1);
        bench.Issue(after);
        bench.Run.Run(60);
        Assert.Equal(QueueFaultCause.Race, (QueueFaultCause)Assert.Single(bench.Notices).Notice.Cause);
        Assert.Equal((uint)Local, bench.Notices[0].Notice.Address);
        bench.Ask(DispatchOperation.ResolveFault, St, 0);
        bench.Run.Run(5);
        Assert.Equal(2, bench.Notices.Count);
        Assert.Equal(-1, bench.StartOf(2));
        bench.Ask(DispatchOperation.ResolveFault, St, 1);
        bench.Ask(DispatchOperation.Drain, 15);
        Assert.Equal(0, bench.Semaphore(3));
        bench.Issue(DispatchBench.Of(St, 3, 0));
        bench.Ask(DispatchOperation.Drain, 15);
        Assert.True(bench.StartOf(3) > 0); // the drain orders it
    }

    [Fact]
    public void A_skipped_race_is_blamed_for_nothing_that_it_did_not_do()
    {
        // VX reads place 0 and writes where LD writes. It is skipped, so LD may write place 0 with nothing between them.
        var bench = new DispatchBench((_, _) => 200, races: true);
        Descriptor load = DispatchBench.Of(Ld, 1, 0), vector = DispatchBench.Of(Vx, 2, 0);
        load.D = vector.D;
        bench.Issue(load);
        bench.Issue(vector);
        bench.Run.Run(20);
        Assert.Equal(QueueFaultCause.Race, (QueueFaultCause)Assert.Single(bench.Notices).Notice.Cause);
        bench.Issue(DispatchBench.Of(Ld, 3, 0));
        bench.Run.Run(20);
        Assert.Single(bench.Notices);
        Assert.True(bench.StartOf(3) > 0);
    }

    [Fact]
    public void Two_queues_that_race_remember_each_its_own_conflict()
    {
        var bench = new DispatchBench((_, _) => 200, races: true);
        bench.Issue(DispatchBench.Of(Ld, 1, 0));
        bench.Issue(DispatchBench.Of(Ld, 2, 1));
        bench.Issue(DispatchBench.Of(St, 3, 1));
        bench.Issue(DispatchBench.Of(Vx, 4, 0));
        bench.Run.Run(40);
        RaceConflict store = bench.Unit.State.Queues[St].Conflict, vector = bench.Unit.State.Queues[Vx].Conflict;
        Assert.Equal((2u, (ulong)Local + 64), (store.Index, store.Address));
        Assert.Equal((1u, (ulong)Local), (vector.Index, vector.Address));
    }

    private static void Check(Descriptor d, int queue, QueueFaultCause cause)
    {
        var bench = new DispatchBench();
        d.Post0 = new SemaphoreCount(1, 1);
        bench.Issue(d);
        bench.Run.Run(40);
        if (cause == QueueFaultCause.None)
        {
            Assert.Single(bench.Starts);
            Assert.Empty(bench.Notices);
            return;
        }

        Assert.Empty(bench.Starts);
        Assert.Equal(0, bench.Semaphore(1));
        (long _, DispatchNotice notice) = Assert.Single(bench.Notices);
        Assert.Equal((cause, queue), ((QueueFaultCause)notice.Cause, notice.Queue));
    }
}
