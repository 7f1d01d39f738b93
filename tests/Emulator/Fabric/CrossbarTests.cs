using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

using WideCrossbar = Crossbar<WideFlit, WideRequestRoute>;

public sealed class CrossbarTests
{
    [Fact]
    public void A_flit_takes_one_cycle_in_the_router_and_one_on_the_link()
    {
        var rig = new Rig(sources: 1, destinations: 1, depth: 2);
        rig.Offer(0, 0, flits: 1);
        rig.Bench.Run(3);
        Assert.Equal(0, rig.Sent[0][0].Edge);
        Assert.Equal(2, rig.Received[0][0].Edge);
    }

    [Fact]
    public void Two_requesters_on_one_link_halve_each_other()
    {
        long alone = TimeOf(100, [(0, 0)]);
        long apart = TimeOf(100, [(0, 0), (1, 1)]);
        long shared = TimeOf(100, [(0, 0), (1, 0)]);
        Assert.Equal(101, alone);
        Assert.Equal(alone, apart);
        Assert.Equal(201, shared);
    }

    [Fact]
    public void One_credit_fewer_lowers_throughput()
    {
        Assert.Equal(101, TimeOf(100, [(0, 0)], depth: 2));
        Assert.Equal(200, TimeOf(100, [(0, 0)], depth: 1));
    }

    [Fact]
    public void Round_robin_gives_every_source_its_share()
    {
        var rig = new Rig(sources: 3, destinations: 1, depth: 2);
        for (int i = 0; i < 50; i++)
        {
            for (int source = 0; source < 3; source++)
                rig.Offer(source, 0, flits: 1);
        }

        rig.Bench.Run(62);
        int[] counts = [.. Enumerable.Range(0, 3).Select(s => rig.Received[0].Count(r => r.Flit.Port == s))];
        Assert.Equal([20, 20, 20], counts);
        Assert.Equal(rig.Unit.State.ArbitrationLosses, Enumerable.Range(0, 9).Sum(i => rig.Unit.Losses(i / 3, i % 3)));
        Assert.Equal(0, rig.Unit.Losses(1, 1));
        Assert.True(rig.Unit.Losses(0, 1) >= 19);
    }

    [Fact]
    public void Packets_do_not_interleave_even_when_one_has_gaps()
    {
        var rig = new Rig(sources: 4, destinations: 2, depth: 2) { GapPercent = 60 };
        var random = new TestRandom(5);
        for (int i = 0; i < 200; i++)
            rig.Offer(random.Next(4), random.Next(2), 1 + random.Next(9));
        rig.Bench.RunUntil(() => rig.IsDone, 10_000);
        foreach (List<(long Edge, WideFlit Flit)> received in rig.Received)
        {
            int holder = -1;
            foreach ((_, WideFlit flit) in received)
            {
                Assert.True(holder == -1 || holder == flit.Port);
                holder = flit.Last != 0 ? -1 : flit.Port;
            }
        }

        Assert.Equal(200, rig.Unit.State.Packets);
        Assert.Equal(rig.Received.Sum(r => r.Count), rig.Unit.State.FlitHops);
        Assert.Equal(rig.Received[1].Count, rig.Unit.LinkBusyCycles(1));
    }

    [Fact]
    public void Every_source_and_destination_sees_its_flits_once_and_in_order()
    {
        var rig = new Rig(sources: 4, destinations: 3, depth: 3) { GapPercent = 30, PopPercent = 60 };
        var random = new TestRandom(9);
        for (int i = 0; i < 400; i++)
            rig.Offer(random.Next(4), random.Next(3), 1 + random.Next(5));
        rig.Bench.RunUntil(() => rig.IsDone, 20_000);
        for (int source = 0; source < 4; source++)
        {
            for (int destination = 0; destination < 3; destination++)
            {
                IEnumerable<ulong> sent = rig.Sent[source].Where(s => s.Flit.Home == destination).Select(s => s.Flit.Address);
                IEnumerable<ulong> received = rig.Received[destination].Where(r => r.Flit.Port == source).Select(r => r.Flit.Address);
                Assert.Equal(sent, received);
            }
        }
    }

    [Fact]
    public void Skipping_and_order_of_evaluation_change_no_state_at_any_cycle() => FabricBench.AssertSameInAnyOrder(Hashes);

    [Fact]
    public void Every_cycle_has_one_cause()
    {
        var rig = new Rig(sources: 2, destinations: 1, depth: 2) { PopPercent = 20 };
        rig.Offer(0, 0, 30);
        rig.Offer(1, 0, 30);
        rig.Bench.Run(500);
        rig.Unit.State.Ledger.Settle(rig.Bench.Core.Edge);
        Assert.Equal(500, rig.Unit.State.Ledger.Total);
        Assert.Equal(500, Enumerable.Range(0, Ledger.MaximumCauses).Sum(c => rig.Unit.State.Ledger[c]));
        Assert.Equal(60, rig.Unit.State.Ledger[Ledger.Busy]);
        Assert.True(rig.Unit.State.Ledger[2] > 0);
    }

    private static long TimeOf(int flits, (int Source, int Destination)[] flows, int depth = 2)
    {
        var rig = new Rig(sources: 2, destinations: 2, depth);
        foreach ((int source, int destination) in flows)
        {
            for (int i = 0; i < flits; i++)
                rig.Offer(source, destination, 1);
        }

        rig.Bench.RunUntil(() => rig.IsDone, 10_000);
        return rig.Bench.Core.Edge;
    }

    private static ulong[] Hashes(bool everyCycle, bool reversed, out long evaluations)
    {
        var rig = new Rig(sources: 3, destinations: 3, depth: 2, new FabricBench(everyCycle, reversed)) { GapPercent = 80, PopPercent = 50 };
        var random = new TestRandom(3);
        for (int i = 0; i < 60; i++)
            rig.Offer(random.Next(3), random.Next(3), 1 + random.Next(5));
        var hashes = new List<ulong>();
        rig.Bench.Run(1500, () => hashes.Add(rig.Hash()));
        Assert.True(rig.IsDone);
        evaluations = rig.Evaluations;
        return [.. hashes];
    }

    /// <summary>Sources with a list of packets each, the crossbar, and destinations that take what comes.</summary>
    private sealed class Rig
    {
        private readonly Queue<WideFlit>[] _offered;
        private readonly Channel<WideFlit>[] _inputs;
        private readonly Channel<WideFlit>[] _outputs;
        private readonly TestRandom[] _randoms;

        public Rig(int sources, int destinations, int depth, FabricBench? bench = null)
        {
            Bench = bench ?? new FabricBench();
            _offered = [.. Enumerable.Range(0, sources).Select(_ => new Queue<WideFlit>())];
            _randoms = [.. Enumerable.Range(0, sources + destinations).Select(i => new TestRandom((ulong)i + 77))];
            Sent = [.. Enumerable.Range(0, sources).Select(_ => new List<(long, WideFlit)>())];
            Received = [.. Enumerable.Range(0, destinations).Select(_ => new List<(long, WideFlit)>())];
            int unit = Bench.Core.Register("crossbar");
            int[] ends = [.. Enumerable.Range(0, sources + destinations).Select(i => Bench.Core.Register($"end{i}"))];
            _inputs = [.. Enumerable.Range(0, sources).Select(i => new Channel<WideFlit>(Bench.Core, ends[i], unit, depth))];
            _outputs = [.. Enumerable.Range(0, destinations).Select(i => new Channel<WideFlit>(Bench.Core, unit, ends[sources + i], depth))];
            Unit = new WideCrossbar("wide", _inputs, _outputs);
            Bench.Attach(Bench.Core, edge =>
            {
                Evaluations++;
                return Unit.Evaluate(edge);
            });
            for (int i = 0; i < sources; i++)
            {
                int source = i;
                Bench.Attach(Bench.Core, edge => Send(source, edge));
            }

            for (int i = 0; i < destinations; i++)
            {
                int destination = i;
                Bench.Attach(Bench.Core, edge => Receive(destination, edge));
            }
        }

        public FabricBench Bench { get; }

        public WideCrossbar Unit { get; }

        public List<(long Edge, WideFlit Flit)>[] Sent { get; }

        public List<(long Edge, WideFlit Flit)>[] Received { get; }

        public int GapPercent { get; init; }

        public int PopPercent { get; init; } = 100;

        public long Evaluations { get; private set; }

        public bool IsDone => Sent.Sum(s => s.Count) == Received.Sum(r => r.Count) && _offered.All(q => q.Count == 0);

        public void Offer(int source, int destination, int flits)
        {
            for (int i = 0; i < flits; i++)
            {
                _offered[source].Enqueue(new WideFlit
                {
                    Port = (byte)source,
                    Home = (byte)destination,
                    Address = (ulong)_offered.Sum(q => q.Count),
                    Last = (byte)(i == flits - 1 ? 1 : 0),
                });
            }
        }

        public ulong Hash()
        {
            StateArchive archive = StateArchive.ForHash();
            Unit.Walk(archive, Bench.Core.Edge);
            foreach (Channel<WideFlit> channel in _inputs.Concat(_outputs))
                channel.Walk(archive, "channel");
            return archive.Hash;
        }

        // The ends are evaluated at every edge, so that their random choices do not depend on skipping.
        private long Send(int source, long edge)
        {
            bool gap = _randoms[source].Next(100) < GapPercent;
            if (!gap && _offered[source].Count > 0 && _inputs[source].CanPush(edge))
            {
                WideFlit flit = _offered[source].Dequeue();
                _inputs[source].Push(flit, edge);
                Sent[source].Add((edge, flit));
            }

            return edge + 1;
        }

        private long Receive(int destination, long edge)
        {
            bool take = _randoms[_inputs.Length + destination].Next(100) < PopPercent;
            if (take && _outputs[destination].CanPop(edge))
                Received[destination].Add((edge, _outputs[destination].Pop(edge)));
            return edge + 1;
        }
    }
}
