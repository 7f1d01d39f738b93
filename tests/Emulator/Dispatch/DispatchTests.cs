using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Rules D-1 to D-8 of dispatch: order, waits, posts and the core's commands.</summary>
public class DispatchTests
{
    private const int Ld = 0, St = 1, Mx = 2, Vx = 3;

    // Pushed at 0, queued and answered at 1, started at 2: the core has its reply at 2, the engine its descriptor at 3.
    [Fact]
    public void A_descriptor_reaches_its_idle_engine_three_cycles_after_its_issue()
    {
        for (int queue = 0; queue < 4; queue++)
        {
            var bench = new DispatchBench();
            bench.Issue(DispatchBench.Of(queue, 1));
            bench.Run.Run(10);
            Assert.Equal((0, 2), (bench.Replies[0].Pushed, bench.Replies[0].Replied));
            Assert.Equal((3, queue), (bench.Starts[0].Edge, bench.Starts[0].Queue));
        }
    }

    [Fact]
    public void Descriptors_of_a_queue_start_in_order_and_before_earlier_ones_are_performed()
    {
        var bench = new DispatchBench((_, _) => 100);
        for (int i = 0; i < 4; i++)
            bench.Issue(DispatchBench.Of(Ld, i, i));
        bench.Run.Run(50);
        Assert.Equal([0, 1, 2, 3], bench.Starts.Select(s => (int)s.DebugId));
        Assert.Empty(bench.Reports);
    }

    // The report is pushed at R and popped at R + 1, where the chained head starts: its engine takes it at R + 2.
    [Fact]
    public void A_chained_descriptor_starts_in_the_cycle_that_performs_the_last_before_it()
    {
        var bench = new DispatchBench((_, sequence) => sequence == 0 ? 40 : 60);
        Descriptor chained = DispatchBench.Of(Ld, 2, 2);
        chained.Chain = true;
        bench.Issue(DispatchBench.Of(Ld, 0));
        bench.Issue(DispatchBench.Of(Ld, 1, 1));
        bench.Issue(chained);
        bench.Run.Run(200);
        Assert.Equal(bench.Reports[1].Edge + 2, bench.StartOf(2));
    }

    [Fact]
    public void Waits_take_effect_together_when_all_are_met_and_subtract_in_one_cycle()
    {
        var bench = new DispatchBench();
        Descriptor d = DispatchBench.Of(Vx, 1);
        d.Wait0 = new SemaphoreCount(3, 2);
        d.Wait1 = new SemaphoreCount(4, 1);
        bench.Issue(d);
        bench.Ask(DispatchOperation.SemaphorePost, 3, 2);
        bench.Run.Run(20);
        Assert.Empty(bench.Starts);
        Assert.Equal((2, 0), (bench.Semaphore(3), bench.Semaphore(4)));
        bench.Ask(DispatchOperation.SemaphorePost, 4, 2);
        long pushed = bench.Replies[^1].Pushed;
        bench.Run.Run(10, () => Assert.True((bench.Semaphore(3), bench.Semaphore(4)) is (2, 2) or (0, 1), "half a wait"));
        Assert.Equal(pushed + 3, bench.StartOf(1));
        Assert.Equal((0, 1), (bench.Semaphore(3), bench.Semaphore(4)));
    }

    [Theory]
    [InlineData(4, false)]
    [InlineData(5, true)]
    public void Two_waits_on_one_semaphore_add_up(uint posted, bool starts)
    {
        var bench = new DispatchBench();
        Descriptor d = DispatchBench.Of(Vx, 1);
        d.Wait0 = new SemaphoreCount(3, 2);
        d.Wait1 = new SemaphoreCount(3, 3);
        bench.Issue(d);
        bench.Ask(DispatchOperation.SemaphorePost, 3, posted);
        bench.Run.Run(20);
        Assert.Equal(starts, bench.Starts.Count == 1);
        Assert.Equal(starts ? 0 : posted, bench.Semaphore(3));
    }

    // The report pushed at R posts at R + 1; the waiting head starts at that edge and its engine takes it at R + 2.
    [Fact]
    public void A_post_fires_when_the_descriptor_is_performed_and_not_before()
    {
        var bench = new DispatchBench((_, _) => 30);
        Descriptor first = DispatchBench.Of(Ld, 1), second = DispatchBench.Of(Vx, 2);
        first.Post0 = new SemaphoreCount(9, 1);
        first.Post1 = new SemaphoreCount(10, 4);
        second.Wait0 = new SemaphoreCount(9, 1);
        bench.Issue(second);
        bench.Issue(first);
        bench.Run.Run(30);
        Assert.Equal(0, bench.Semaphore(10));
        bench.Run.Run(30);
        Assert.Equal(4, bench.Semaphore(10));
        Assert.Equal(bench.Reports[0].Edge + 2, bench.StartOf(2));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(8)]
    public void A_full_queue_stalls_issue_until_one_is_performed_and_tryissue_returns_0(int depth)
    {
        var bench = new DispatchBench((_, _) => 200, depth: depth);
        for (int i = 0; i < depth; i++)
            bench.Issue(DispatchBench.Of(Ld, i, i), DispatchOperation.TryIssue);
        bench.Issue(DispatchBench.Of(Ld, 50, 50), DispatchOperation.TryIssue);
        bench.Issue(DispatchBench.Of(St, 60, 60), DispatchOperation.TryIssue);
        bench.Issue(DispatchBench.Of(Ld, 70, 70));
        bench.Run.Run(100);
        Assert.Equal(Enumerable.Repeat(1u, depth), bench.Replies.Take(depth).Select(r => r.Value));
        Assert.Equal((0u, 1u), (bench.Replies[depth].Value, bench.Replies[depth + 1].Value));
        Assert.Equal(-1, bench.Replies[depth + 2].Replied);
        bench.Run.Run(200);
        Assert.Equal(bench.Reports.First(r => r.Queue == Ld).Edge + 2, bench.Replies[depth + 2].Replied);
        Assert.Equal(-1, bench.StartOf(50));
    }

    [Fact]
    public void Poll_counts_what_is_not_performed_and_drain_waits_for_its_queues_only()
    {
        var bench = new DispatchBench((queue, _) => queue == Ld ? 50 : 400);
        bench.Issue(DispatchBench.Of(Ld, 1));
        bench.Issue(DispatchBench.Of(Ld, 2, 2));
        bench.Issue(DispatchBench.Of(Vx, 3, 3));
        Assert.Equal(2u, bench.Ask(DispatchOperation.Poll, Ld));
        Assert.Equal(1u, bench.Ask(DispatchOperation.Poll, Vx));
        Assert.Equal(0u, bench.Ask(DispatchOperation.Poll, Mx));
        bench.Ask(DispatchOperation.Drain, 0b0110);
        Assert.Equal(bench.Replies[^1].Pushed + 2, bench.Replies[^1].Replied);
        bench.Ask(DispatchOperation.Drain, 0b0001);
        Assert.Equal(bench.Reports[1].Edge + 2, bench.Replies[^1].Replied);
        Assert.Equal(0u, bench.Ask(DispatchOperation.Poll, Ld));
        bench.Ask(DispatchOperation.Drain, 0b1111);
        Assert.Equal(bench.Reports[2].Edge + 2, bench.Replies[^1].Replied);
    }

    [Fact]
    public void Semaphore_wait_blocks_until_met_and_try_changes_nothing_when_it_is_not()
    {
        var bench = new DispatchBench((_, _) => 60);
        bench.Ask(DispatchOperation.SemaphoreInitialize, 7, 2);
        Assert.Equal(0u, bench.Ask(DispatchOperation.SemaphoreTry, 7, 3));
        Assert.Equal(2, bench.Semaphore(7));
        Assert.Equal(1u, bench.Ask(DispatchOperation.SemaphoreTry, 7, 2));
        Descriptor d = DispatchBench.Of(Ld, 1);
        d.Post0 = new SemaphoreCount(7, 1);
        bench.Issue(d);
        bench.Ask(DispatchOperation.SemaphoreWait, 7, 1);
        Assert.Equal(bench.Reports[0].Edge + 2, bench.Replies[^1].Replied);
        Assert.Equal(0, bench.Semaphore(7));
        Assert.Equal(0u, bench.Ask(DispatchOperation.SemaphoreTry, 7, 256));
        Assert.Equal(1u, bench.Ask(DispatchOperation.SemaphoreTry, 7, 0));
    }

    [Fact]
    public void A_queue_full_of_descriptors_that_wait_for_a_later_queue_does_not_deadlock()
    {
        var bench = new DispatchBench((_, _) => 5, depth: 4);
        for (int i = 0; i < 4; i++)
        {
            Descriptor waits = DispatchBench.Of(Vx, i, i);
            waits.Wait0 = new SemaphoreCount(1, 1);
            bench.Issue(waits);
        }

        for (int i = 0; i < 12; i++)
        {
            Descriptor posts = DispatchBench.Of(Ld, 20 + i, 20 + i);
            posts.Post0 = new SemaphoreCount(1, 1);
            bench.Issue(posts);
            if (i < 8)
            {
                Descriptor waits = DispatchBench.Of(Vx, 4 + i, 4 + i);
                waits.Wait0 = new SemaphoreCount(1, 1);
                bench.Issue(waits);
            }
        }

        bench.Ask(DispatchOperation.Drain, 15);
        Assert.Equal(24, bench.Reports.Count);
        Assert.Equal(0, bench.Semaphore(1));
    }

    [Fact]
    public void Skipping_and_the_order_of_evaluation_change_no_cycle_of_dispatch()
    {
        var evaluations = new List<long>();
        ulong[][] runs = [.. new[] { (true, false), (false, false), (true, true), (false, true) }.Select(mode =>
        {
            var random = new TestRandom(31);
            var bench = new DispatchBench(
                (queue, sequence) => 1 + (int)(CounterRandom.Bits((ulong)queue, sequence) % 90), races: true, everyCycle: mode.Item1, reversed: mode.Item2);
            for (int i = 0; i < 150; i++)
            {
                int queue = random.Next(4);
                Descriptor d = DispatchBench.Of(queue, i, queue == Mx ? random.Next(4) : (queue * 64) + random.Next(64));
                d.Chain = random.Next(2) == 0;
                d.Interrupt = random.Next(6) == 0;
                d.Wait0 = new SemaphoreCount((byte)random.Next(3), (byte)random.Next(2));
                d.Post0 = new SemaphoreCount((byte)random.Next(3), (byte)random.Next(3));
                if (random.Next(12) == 0)
                    d.Version = 2;
                if (random.Next(20) == 0)
                    d.A = 16;
                bench.Issue(d);
                if (random.Next(5) == 0)
                    bench.Send(DispatchOperation.SemaphorePost, (uint)random.Next(3), (uint)random.Next(200));
                if (random.Next(5) == 0)
                    bench.Send(DispatchOperation.ResolveFault, (uint)random.Next(4), (uint)random.Next(2));
            }

            var hashes = new List<ulong>();
            bench.Run.Run(3000, () =>
            {
                hashes.Add(bench.Hash());
                if (hashes.Count % 60 == 0)
                {
                    for (uint queue = 0; queue < 4; queue++)
                        bench.Send(DispatchOperation.ResolveFault, queue, 1);
                }
            });
            evaluations.Add(bench.UnitEvaluations);
            Assert.True(bench.Starts.Count > 30);
            return hashes.ToArray();
        })];
        for (int i = 1; i < runs.Length; i++)
            Assert.Equal(runs[0], runs[i]);
        Assert.True(evaluations[1] < evaluations[0]);
    }

    [Fact]
    public void Every_cycle_of_dispatch_has_one_cause()
    {
        var bench = new DispatchBench((_, _) => 30);
        Descriptor chained = DispatchBench.Of(Ld, 2), waiting = DispatchBench.Of(Vx, 3);
        chained.Chain = true;
        waiting.Wait0 = new SemaphoreCount(1, 1);
        bench.Issue(DispatchBench.Of(Ld, 1));
        bench.Issue(chained);
        bench.Ask(DispatchOperation.Drain, 1);
        bench.Issue(waiting);
        bench.Run.Run(60);
        bench.Unit.State.Ledger.Settle(bench.Run.Core.Edge);
        long sum = 0;
        for (int cause = 0; cause < Ledger.MaximumCauses; cause++)
            sum += bench.Unit.State.Ledger[cause];
        Assert.Equal(bench.Run.Core.Edge + 1, sum);
        Assert.True(bench.Unit.State.Ledger[2] > 40 && bench.Unit.State.Ledger[3] > 20);
    }
}
