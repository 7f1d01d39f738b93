using HybridEmu.Kernel;

namespace HybridEmu.Emulator.Tests;

public class ChannelTests
{
    [Fact]
    public void An_entry_pushed_at_N_is_visible_at_N_plus_1_and_not_before()
    {
        Channel<int> channel = Make(2);
        channel.Push(7, 10);
        Assert.False(channel.CanPop(10));
        Assert.True(channel.CanPop(11));
        Assert.Equal(7, channel.Pop(11));
    }

    [Fact]
    public void A_slot_freed_at_N_can_be_pushed_at_N_plus_1_and_not_before()
    {
        Channel<int> channel = Make(1);
        channel.Push(1, 10);
        channel.Pop(11);
        Assert.False(channel.CanPush(11));
        Assert.True(channel.CanPush(12));
    }

    [Theory]
    [InlineData(1, 50)]
    [InlineData(2, 99)]
    public void Full_rate_needs_a_depth_of_two(int depth, int expected)
    {
        foreach (bool consumerFirst in new[] { false, true })
        {
            Channel<int> channel = Make(depth);
            int sent = 0, received = 0;
            void Produce(long edge)
            {
                if (channel.CanPush(edge))
                    channel.Push(sent++, edge);
            }

            void Consume(long edge)
            {
                if (channel.CanPop(edge))
                    Assert.Equal(received++, channel.Pop(edge));
            }

            for (long edge = 0; edge < 100; edge++)
            {
                if (consumerFirst)
                    Consume(edge);
                Produce(edge);
                if (!consumerFirst)
                    Consume(edge);
            }

            Assert.Equal(expected, received);
        }
    }

    [Fact]
    public void Pushing_into_a_full_channel_is_a_defect_and_not_a_loss()
    {
        Channel<int> channel = Make(1);
        channel.Push(1, 3);
        Assert.Throws<InvalidOperationException>(() => channel.Push(2, 3));
        Assert.Throws<InvalidOperationException>(() => channel.Pop(3));
    }

    [Fact]
    public void A_push_wakes_the_consumer_and_a_pop_of_a_full_channel_the_producer()
    {
        var clock = new ClockDomain("core", 1000);
        int producer = clock.Register("producer"), consumer = clock.Register("consumer");
        clock.AdvanceTo(0);
        clock.TakeReady();
        var channel = new Channel<int>(clock, producer, consumer, 1);
        channel.Push(1, clock.Edge);
        clock.AdvanceTo(1000);
        Assert.Equal(1UL << consumer, clock.TakeReady()[0]);
        channel.Pop(clock.Edge);
        clock.AdvanceTo(2000);
        Assert.Equal(1UL << producer, clock.TakeReady()[0]);
    }

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(1000, 700)]
    [InlineData(700, 1000)]
    [InlineData(333, 1000)]
    public void A_crossing_shows_an_entry_at_the_second_consumer_edge_strictly_after_the_push(int fromMegahertz, int toMegahertz)
    {
        var from = new ClockDomain("from", fromMegahertz);
        var to = new ClockDomain("to", toMegahertz);
        int producer = from.Register("producer"), consumer = to.Register("consumer");
        var crossing = new Crossing<long>(from, producer, to, consumer, 4);
        var toEdges = new List<long>();
        long time = 0;
        for (int step = 0; step < 400; step++)
        {
            bool fromTick = from.AdvanceTo(time), toTick = to.AdvanceTo(time);
            if (toTick)
            {
                toEdges.Add(time);
                while (crossing.CanPop(to.Edge))
                {
                    long pushed = crossing.Pop(to.Edge);
                    Assert.Equal(2, toEdges.Count(t => t > pushed));
                }
            }

            if (fromTick && step % 7 == 0 && crossing.CanPush(from.Edge))
                crossing.Push(time, from.Edge);
            time = Math.Min(from.NextPs, to.NextPs);
        }
    }

    [Theory]
    [InlineData(1000, 1000)]
    [InlineData(1000, 700)]
    [InlineData(700, 1000)]
    [InlineData(333, 1000)]
    public void A_crossing_gives_a_slot_back_at_the_second_producer_edge_strictly_after_the_pop(int fromMegahertz, int toMegahertz)
    {
        var from = new ClockDomain("from", fromMegahertz);
        var to = new ClockDomain("to", toMegahertz);
        var crossing = new Crossing<long>(from, from.Register("producer"), to, to.Register("consumer"), 1);
        var fromEdges = new List<long>();
        long time = 0, popped = -1;
        int pushes = 0;
        for (int step = 0; step < 400; step++)
        {
            bool fromTick = from.AdvanceTo(time), toTick = to.AdvanceTo(time);
            if (fromTick)
            {
                fromEdges.Add(time);
                if (pushes > 0 && popped >= 0)
                    Assert.Equal(fromEdges.Count(t => t > popped) >= 2, crossing.CanPush(from.Edge));
                if (crossing.CanPush(from.Edge))
                {
                    crossing.Push(time, from.Edge);
                    popped = -1;
                    pushes++;
                }
            }

            if (toTick && crossing.CanPop(to.Edge))
            {
                crossing.Pop(to.Edge);
                popped = time;
            }

            time = Math.Min(from.NextPs, to.NextPs);
        }

        Assert.True(pushes > 10);
    }

    private static Channel<int> Make(int depth)
    {
        var clock = new ClockDomain("core", 1000);
        return new Channel<int>(clock, clock.Register("producer"), clock.Register("consumer"), depth);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_pop_of_a_full_crossing_wakes_its_producer_if_that_found_it_full_and_not_else(bool asked)
    {
        var clock = new ClockDomain("clock", 1000);
        int producer = clock.Register("producer"), consumer = clock.Register("consumer");
        var crossing = new Crossing<long>(clock, producer, clock, consumer, 1);
        ulong[] ready = [.. Enumerable.Range(0, 6).Select(cycle =>
        {
            clock.AdvanceTo(clock.NextPs);
            ulong units = clock.TakeReady()[0];
            if (cycle == 0)
                crossing.Push(1, clock.Edge);
            if (cycle == 1 && asked)
                Assert.False(crossing.CanPush(clock.Edge));
            if (crossing.CanPop(clock.Edge))
                crossing.Pop(clock.Edge);
            return units;
        })];

        // Pushed at 0, popped at 2, the slot is back at 4.
        ulong both = (1UL << producer) | (1UL << consumer);
        Assert.Equal([both, 0, 1UL << consumer, 0, asked ? 1UL << producer : 0, 0], ready);
    }
}
