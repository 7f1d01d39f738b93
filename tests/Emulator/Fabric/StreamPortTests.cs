using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public sealed class StreamPortTests
{
    [Fact]
    public void A_read_asks_memory_one_cycle_after_its_header_and_answers_one_cycle_after_its_last_burst()
    {
        var rig = new Rig();
        rig.Read(tag: 1, address: 0x40, length: 32);
        rig.Bench.RunUntil(() => rig.Received.Count == 1, 200);

        // Header pushed at 0 and popped at 1; burst pushed at 2, visible to memory at 4 and answered 20 later, that visible
        // 2 later and popped; the flit is pushed the cycle after and popped one later.
        Assert.Equal(4, rig.Memory.Accepted[0]);
        Assert.Equal(4 + 20 + 2 + 1 + 1, rig.Received[0].Edge);
    }

    [Fact]
    public void Read_data_come_in_ascending_order_in_flits_that_do_not_cross_64_bytes()
    {
        var rig = new Rig(randomCycles: 60);
        rig.Fill();
        rig.Read(tag: 9, address: 0x2000 + 30, length: 400);
        rig.Bench.RunUntil(() => rig.Received.Any(r => r.Flit.Last != 0), 1000);
        ulong next = 0x2000 + 30;
        foreach ((_, WideFlit flit) in rig.Received)
        {
            Assert.Equal((WideKind.ReadData, next, 9), (flit.Kind, flit.Address, flit.Tag));
            Assert.True((flit.Address % 64) + flit.Length <= 64);
            for (int i = 0; i < flit.Length; i++)
                Assert.Equal(rig.ByteAt(next + (ulong)i), Line64.ReadSpan(in flit.Data)[i]);
            next += flit.Length;
        }

        Assert.Equal(0x2000ul + 430, next);
        Assert.Equal(14, rig.Port.State.Bursts);
    }

    [Fact]
    public void A_write_is_acknowledged_when_memory_has_every_byte_and_no_other_byte_changed()
    {
        var rig = new Rig(randomCycles: 40);
        rig.Fill();
        byte before = rig.ByteAt(0x4000 + 4), after = rig.ByteAt(0x4000 + 5 + 200);
        byte[] bytes = [.. Enumerable.Range(0, 200).Select(i => (byte)(i * 3))];
        rig.Write(tag: 3, address: 0x4000 + 5, bytes);
        rig.Bench.RunUntil(() => rig.Received.Count > 0, 1000);
        Assert.Equal(WideKind.WriteAck, rig.Received[0].Flit.Kind);
        Assert.Equal(3, rig.Received[0].Flit.Tag);
        for (int i = 0; i < 200; i++)
            Assert.Equal(bytes[i], rig.ByteAt(0x4005 + (ulong)i));
        Assert.Equal((before, after), (rig.ByteAt(0x4004), rig.ByteAt(0x4005 + 200)));
        Assert.Equal(2, rig.Port.State.PartialBursts);
    }

    [Fact]
    public void A_port_sustains_a_column_request_every_cycle()
    {
        var rig = new Rig(transactions: 16);
        for (int i = 0; i < 20; i++)
            rig.Read(tag: i, address: (ulong)i * 1024, length: 512);
        rig.Bench.RunUntil(() => rig.Memory.Accepted.Count == 20 * 16, 1000);
        Assert.Equal(rig.Memory.Accepted[0] + (20 * 16) - 1, rig.Memory.Accepted[^1]);
    }

    [Fact]
    public void Fewer_transactions_in_flight_lower_throughput()
    {
        Assert.True(TimeOfReads(transactions: 1) > 2 * TimeOfReads(transactions: 4));
    }

    [Fact]
    public void A_transaction_that_is_ready_overtakes_one_that_waits_but_packets_stay_whole()
    {
        var rig = new Rig(randomCycles: 200);
        for (int i = 0; i < 40; i++)
            rig.Read(tag: i, address: (ulong)i * 1024, length: 128);
        rig.Bench.RunUntil(() => rig.Received.Count(r => r.Flit.Last != 0) == 40, 20_000);
        var order = new List<int>();
        int open = -1;
        foreach ((_, WideFlit flit) in rig.Received)
        {
            Assert.True(open == -1 || open == flit.Tag);
            open = flit.Last != 0 ? -1 : flit.Tag;
            if (open == -1)
                order.Add(flit.Tag);
        }

        Assert.NotEqual(order.Order(), order);
        Assert.Equal(Enumerable.Range(0, 40), order.Order());
    }

    [Fact]
    public void Random_reads_and_writes_keep_every_byte()
    {
        var rig = new Rig(randomCycles: 50) { PopPercent = 60 };
        var random = new TestRandom(11);
        var model = new byte[1 << 16];
        for (int round = 0; round < 300; round++)
        {
            // One transaction a granule at a time; who wants order between two waits for the first.
            ulong granule = (ulong)(random.Next(32) * 1024);
            int start = random.Next(512), length = 1 + random.Next(512 - start);
            ulong address = granule + (ulong)start;
            int already = rig.Received.Count(r => r.Flit.Last != 0);
            if (random.Next(2) == 0)
            {
                byte[] bytes = [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(256))];
                bytes.CopyTo(model, (int)address);
                rig.Write(round, address, bytes);
                rig.Bench.RunUntil(() => rig.Received.Count(r => r.Flit.Last != 0) > already, 2000);
            }
            else
            {
                int from = rig.Received.Count;
                rig.Read(round, address, length);
                rig.Bench.RunUntil(() => rig.Received.Count(r => r.Flit.Last != 0) > already, 2000);
                byte[] read = [.. rig.Received.Skip(from).SelectMany(r => Line64.ReadSpan(in r.Flit.Data)[..r.Flit.Length].ToArray())];
                Assert.Equal(model.AsSpan((int)address, length).ToArray(), read);
            }
        }
    }

    [Fact]
    public void Skipping_and_order_of_evaluation_change_no_state_at_any_cycle() => FabricBench.AssertSameInAnyOrder(Hashes);

    [Fact]
    public void A_cycle_of_traffic_allocates_nothing()
    {
        var rig = new Rig();
        for (int i = 0; i < 8; i++)
            rig.Read(tag: i, address: (ulong)i * 1024, length: 512);
        rig.Bench.Run(40);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
            rig.Port.Evaluate(rig.Bench.Core.Edge + 1 + i);
        Assert.Equal(before, GC.GetAllocatedBytesForCurrentThread());
    }

    private static long TimeOfReads(int transactions)
    {
        var rig = new Rig(transactions);
        for (int i = 0; i < 40; i++)
            rig.Read(tag: i, address: (ulong)i * 1024, length: 256);
        rig.Bench.RunUntil(() => rig.Received.Count(r => r.Flit.Last != 0) == 40, 20_000);
        return rig.Bench.Core.Edge;
    }

    private static ulong[] Hashes(bool everyCycle, bool reversed, out long evaluations)
    {
        var rig = new Rig(transactions: 4, randomCycles: 40, new FabricBench(everyCycle, reversed), hbmMegahertz: 700) { PopPercent = 40 };
        var random = new TestRandom(4);
        for (int i = 0; i < 30; i++)
        {
            int start = random.Next(400), length = 1 + random.Next(112);
            if (random.Next(2) == 0)
                rig.Read(i, (ulong)((random.Next(64) * 1024) + start), length);
            else
                rig.Write(i, (ulong)((random.Next(64) * 1024) + start), new byte[length]);
        }

        var hashes = new List<ulong>();
        rig.Bench.Run(2500, () => hashes.Add(rig.Hash()));
        Assert.Equal(30, rig.Received.Count(r => r.Flit.Last != 0));
        Assert.Equal(rig.Port.State.Ledger.Total, Enumerable.Range(0, Ledger.MaximumCauses).Sum(i => rig.Port.State.Ledger[i]));
        evaluations = rig.Bench.Evaluations;
        return [.. hashes];
    }

    /// <summary>A tile side that sends what it is given, the port of pseudo-channel 0 of one channel, and a stub memory.</summary>
    private sealed class Rig
    {
        private readonly SparseMemory _bytes = new(1 << 20);
        private readonly WideClient _client;

        public Rig(int transactions = 8, int randomCycles = 0, FabricBench? bench = null, int hbmMegahertz = 1000)
        {
            Bench = bench ?? new FabricBench();
            ClockDomain hbm = Bench.AddDomain("hbm", hbmMegahertz);
            int port = Bench.Core.Register("stream0");
            _client = new WideClient(Bench, port);
            int memory = hbm.Register("hbm0");
            var toMemory = new Crossing<HbmRequest>(Bench.Core, port, hbm, memory, 8);
            var fromMemory = new Crossing<HbmResponse>(hbm, memory, Bench.Core, port, 8);
            var config = new StreamPortConfig { Home = 0, Map = new HomeMap(1), Transactions = transactions };
            Port = new StreamPort("stream0", config, _client.Requests, _client.Responses, toMemory, fromMemory);
            Memory = new StubMemory(toMemory, fromMemory, _bytes) { RandomCycles = randomCycles };
            Bench.Attach(Bench.Core, Port.Evaluate);
            Bench.Attach(Bench.Core, _client.Evaluate);
            Bench.Attach(hbm, Memory.Evaluate);
        }

        public FabricBench Bench { get; }

        public StreamPort Port { get; }

        public StubMemory Memory { get; }

        public int PopPercent
        {
            init => _client.PopPercent = value;
        }

        public List<(long Edge, WideFlit Flit)> Received => _client.Received;

        public byte ByteAt(ulong address)
        {
            Span<byte> one = stackalloc byte[1];
            _bytes.Read((long)address, one);
            return one[0];
        }

        public void Fill()
        {
            for (int i = 0; i < 1 << 16; i++)
                _bytes.Write(i, [(byte)((i * 7) + (i >> 8))]);
        }

        public void Read(int tag, ulong address, int length) => _client.Read(tag, address, length);

        public void Write(int tag, ulong address, byte[] bytes) => _client.Write(tag, address, bytes);

        public ulong Hash()
        {
            StateArchive archive = StateArchive.ForHash();
            Port.Walk(archive, Bench.Core.Edge);
            _client.Walk(archive);
            return archive.Hash;
        }
    }
}
