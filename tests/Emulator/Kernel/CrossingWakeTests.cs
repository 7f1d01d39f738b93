using HybridEmu.Kernel;

namespace HybridEmu.Emulator.Tests;

public class CrossingWakeTests
{
    [Fact]
    public void Entries_pushed_at_consecutive_edges_wake_the_consumer_twice()
    {
        ClockDomain from = new("from", 1000), to = new("to", 1000);
        int producer = from.Register("producer"), consumer = to.Register("consumer");
        Crossing<int> first = new(from, producer, to, consumer, 2), second = new(from, producer, to, consumer, 2);
        List<long> evaluated = [];
        for (long time = 0; time < 20_000; time += 1000)
        {
            from.AdvanceTo(time);
            to.AdvanceTo(time);
            from.TakeReady();
            if (from.Edge == 5)
                first.Push(1, from.Edge);
            if (from.Edge == 6)
                second.Push(2, from.Edge);
            if ((to.TakeReady()[0] & 1) != 0)
                evaluated.Add(to.Edge);
        }

        // The first crossing is visible at 7, the second at 8; neither wake may swallow the other.
        Assert.Equal([0L, 7, 8], evaluated);
    }
    [Fact]
    public void A_refused_producer_is_woken_for_the_slot_of_an_entry_that_is_taken_ahead_of_its_edge()
    {
        ClockDomain from = new("from", 1000), to = new("to", 1000);
        int producer = from.Register("producer"), consumer = to.Register("consumer");
        Crossing<int> crossing = new(from, producer, to, consumer, 2);
        List<long> evaluated = [];
        for (long time = 0; time < 20_000; time += 1000)
        {
            from.AdvanceTo(time);
            to.AdvanceTo(time);
            if ((from.TakeReady()[0] & 1) != 0)
                evaluated.Add(from.Edge);
            to.TakeReady();
            if (from.Edge is 1 or 2)
                crossing.Push((int)from.Edge, from.Edge);
            if (from.Edge == 3)
                Assert.False(crossing.CanPush(from.Edge));
            if (to.Edge == 4)
                crossing.PopAhead(8);
            if (from.Edge >= 4)
                Assert.Equal(from.Edge >= 10 ? 1 : 0, crossing.Room(from.Edge));
        }

        Assert.Equal([0L, 10], evaluated); // the slot is free two edges after 8
    }

    [Fact]
    public void An_entry_that_was_taken_ahead_and_put_back_is_there_again()
    {
        ClockDomain from = new("from", 1000), to = new("to", 1000);
        Crossing<int> crossing = new(from, from.Register("producer"), to, to.Register("consumer"), 4);
        var filled = new InputSet();
        crossing.ShowIn(filled, 3);
        from.AdvanceTo(0);
        to.AdvanceTo(0);
        crossing.Push(7, 0);
        Assert.Equal(8UL, filled.Filled);
        crossing.PopAhead(5);
        Assert.Equal((0, 0UL), (crossing.Count, filled.Filled));
        crossing.PutBack(1);
        Assert.Equal((1, 8UL, 7, 2L), (crossing.Count, filled.Filled, crossing.Head, crossing.ShownAt));
        crossing.Retract(1);
        Assert.Equal((0, 0UL), (crossing.Count, filled.Filled));
    }
}
