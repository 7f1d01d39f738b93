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
}
