using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The link of the rig carries 10 bytes a nanosecond and the core's edges are a nanosecond apart, so bytes and edges are read off each other.</summary>
public sealed class PcieEndpointTests
{
    private const ulong Origin = AddressMap.HostMemory - AddressMap.Hbm;

    [Fact]
    public void A_read_goes_on_the_link_as_it_is_taken_and_comes_back_after_request_latency_and_completion()
    {
        var rig = new Rig();
        rig.Client.Read(1, Origin + 64, 64);
        rig.Bench.RunUntil(() => rig.Client.Received.Count == 1, 1000);

        // Pushed at 0 and taken at 1; 20 bytes go out in 2, the host answers after 100, 84 bytes come in 8.4: 111.4. Pushed at 112, taken at 113.
        Assert.Equal(113, rig.Client.Received[0].Edge);
        Assert.Equal((20, 84), (rig.Port.State.OutboundBytes, rig.Port.State.InboundBytes));
    }

    [Theory]
    [InlineData(99_400, 112)]
    [InlineData(99_600, 112)]
    [InlineData(99_601, 113)]
    [InlineData(100_000, 113)]
    public void A_transaction_is_answered_at_the_first_edge_at_or_after_its_end(long latencyPs, long taken)
    {
        var rig = new Rig(latencyPs: latencyPs);
        rig.Client.Read(1, Origin, 64);
        rig.Bench.RunUntil(() => rig.Client.Received.Count == 1, 1000);
        Assert.Equal(taken, rig.Client.Received[0].Edge);
    }

    [Theory]
    [InlineData(0, 256, 1)]
    [InlineData(0, 257, 2)]
    [InlineData(255, 2, 2)]
    [InlineData(200, 300, 2)]
    [InlineData(0, 512, 2)]
    public void Packets_are_cut_at_multiples_of_the_payload_and_each_has_its_overhead(int first, int length, int packets)
    {
        var rig = new Rig();
        rig.Client.Write(1, Origin + (ulong)first, new byte[length]);
        rig.Client.Read(2, Origin + (ulong)first, length);
        rig.Bench.RunUntil(() => rig.Client.Received.Count(r => r.Flit.Last != 0) == 2, 1000);
        Assert.Equal((packets + 1, packets), (rig.Port.State.OutboundPackets, rig.Port.State.InboundPackets));
        Assert.Equal(length + (packets * 20), rig.Port.State.InboundBytes);
        Assert.Equal(length + ((packets + 1) * 20), rig.Port.State.OutboundBytes);
    }

    [Fact]
    public void A_write_is_acknowledged_when_its_last_packet_has_left()
    {
        var rig = new Rig();
        rig.Client.Write(1, Origin, new byte[512]);
        rig.Bench.RunUntil(() => rig.Client.Received.Count == 1, 1000);

        // Header and eight data flits pushed at 0 to 8, the last taken at 9; 552 bytes in 55.2.
        Assert.Equal(9 + 56 + 1, rig.Client.Received[0].Edge);
    }

    [Fact]
    public void Each_direction_carries_one_packet_after_another_and_both_at_once()
    {
        var rig = new Rig();
        for (int i = 0; i < 8; i++)
            rig.Client.Read(i, Origin + (ulong)(i * 512), 512);
        rig.Bench.RunUntil(() => rig.Client.Received.Count(r => r.Flit.Last != 0) == 8, 2000);

        // The completions fill the inbound direction from the first one on: 552 bytes each.
        List<long> ends = [.. rig.Client.Received.Where(r => r.Flit.Last != 0).Select(r => r.Edge)];
        Assert.Equal(1 + 2 + 100, ends[0] - 56 - 1 - 7);
        for (int i = 0; i < 8; i++)
            Assert.Equal((long)Math.Ceiling(103 + ((i + 1) * 55.2)) + 1 + 7, ends[i]);

        var writes = new Rig();
        writes.Client.Read(0, Origin, 512);
        writes.Client.Write(1, Origin + 512, new byte[512]);
        writes.Bench.RunUntil(() => writes.Client.Received.Any(r => r.Flit.Kind == WideKind.WriteAck), 1000);
        Assert.Equal(10 + 56 + 1, writes.Client.Received.Single(r => r.Flit.Kind == WideKind.WriteAck).Edge);
    }

    [Fact]
    public void A_read_sees_every_write_before_it_and_none_after_it()
    {
        var rig = new Rig();
        rig.Client.Write(1, Origin, [.. Enumerable.Repeat((byte)1, 512)]);
        rig.Client.Read(2, Origin, 64);
        rig.Client.Write(3, Origin, [.. Enumerable.Repeat((byte)3, 64)]);
        rig.Client.Read(4, Origin, 64);
        rig.Bench.RunUntil(() => rig.Client.Received.Count(r => r.Flit.Last != 0) == 4, 1000);
        WideFlit Data(int tag) => rig.Client.Received.Single(r => r.Flit.Tag == tag).Flit;
        Assert.All(Line64.ReadSpan(Data(2).Data).ToArray(), b => Assert.Equal(1, b));
        Assert.All(Line64.ReadSpan(Data(4).Data).ToArray(), b => Assert.Equal(3, b));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public void No_more_transactions_are_taken_than_may_be_in_flight(int transactions)
    {
        var rig = new Rig(transactions: transactions);
        for (int i = 0; i < 8; i++)
            rig.Client.Read(i, Origin + (ulong)(i * 512), 64);
        int most = 0;
        rig.Bench.RunUntil(() => rig.Client.Received.Count == 8, 3000, () => most = Math.Max(most, rig.Port.State.Count));
        Assert.Equal(transactions, most);
    }

    [Fact]
    public void A_throttled_core_does_not_slow_the_link()
    {
        var rig = new Rig();
        rig.Client.Read(1, Origin + 64, 64);
        rig.Bench.Run(5);
        long before = rig.Bench.Core.TimePs;
        rig.Bench.Core.Throttle(2);
        rig.Bench.Core.WakeNext(0);
        rig.Bench.RunUntil(() => rig.Client.Received.Count == 1, 1000);

        // As unthrottled, the end is 111.4 ns after reset; then an edge every second nanosecond.
        Assert.InRange(rig.Bench.Core.TimePs, 111_400 + 2_000, 111_400 + 4_000);
        Assert.True(before < 10_000);
    }

    [Fact]
    public void Neither_skipping_nor_order_nor_throttling_changes_a_register() => FabricBench.AssertSameInAnyOrder(Hashes);

    [Fact]
    public void Random_reads_and_writes_keep_every_byte()
    {
        var rig = new Rig { Client = { PopPercent = 60 } };
        var random = new TestRandom(11);
        byte[] model = new byte[1 << 14];
        var expected = new Dictionary<int, (int At, byte[] Bytes)>();
        for (int i = 0; i < 400; i++)
        {
            int granule = random.Next(32) * 512, start = random.Next(512), length = 1 + random.Next(512 - start);
            if (random.Next(2) == 0)
            {
                byte[] bytes = [.. Enumerable.Range(0, length).Select(_ => (byte)random.Next(256))];
                bytes.CopyTo(model, granule + start);
                rig.Client.Write(i, Origin + (ulong)(granule + start), bytes);
            }
            else
            {
                expected[i] = (granule + start, model.AsSpan(granule + start, length).ToArray());
                rig.Client.Read(i, Origin + (ulong)(granule + start), length);
            }
        }

        rig.Bench.RunUntil(() => rig.Client.Received.Count(r => r.Flit.Last != 0) == 400, 100_000);
        foreach (IGrouping<int, WideFlit> read in rig.Client.Received.Select(r => r.Flit).Where(f => f.Kind == WideKind.ReadData).GroupBy(f => (int)f.Tag))
        {
            (int at, byte[] bytes) = expected[read.Key];
            ulong next = Origin + (ulong)at;
            var got = new List<byte>();
            foreach (WideFlit flit in read)
            {
                Assert.Equal(next, flit.Address);
                got.AddRange(Line64.ReadSpan(in flit.Data)[..flit.Length]);
                next += flit.Length;
            }

            Assert.Equal(bytes, got);
        }
    }

    private static ulong[] Hashes(bool everyCycle, bool reversed, out long evaluations)
    {
        var rig = new Rig(transactions: 4, bench: new FabricBench(everyCycle, reversed)) { Client = { PopPercent = 40 } };
        var random = new TestRandom(4);
        for (int i = 0; i < 30; i++)
        {
            int start = random.Next(400), length = 1 + random.Next(112);
            ulong address = Origin + (ulong)((random.Next(32) * 512) + start);
            if (random.Next(2) == 0)
                rig.Client.Read(i, address, length);
            else
                rig.Client.Write(i, address, new byte[length]);
        }

        var hashes = new List<ulong>();
        for (int divider = 1; divider <= 3; divider++)
        {
            rig.Bench.Run(700, () => hashes.Add(rig.Hash()));
            rig.Bench.Core.Throttle(divider % 3 + 1);
            rig.Bench.Core.WakeNext(0);
        }

        rig.Bench.Run(700, () => hashes.Add(rig.Hash()));
        Assert.Equal(30, rig.Client.Received.Count(r => r.Flit.Last != 0));
        Assert.Equal(rig.Port.State.Ledger.Total, Enumerable.Range(0, Ledger.MaximumCauses).Sum(i => rig.Port.State.Ledger[i]));
        evaluations = rig.Bench.Evaluations;
        return [.. hashes];
    }

    /// <summary>A tile's side, the endpoint, and a host of 1 MiB.</summary>
    private sealed class Rig
    {
        public Rig(int transactions = 64, long latencyPs = 100_000, FabricBench? bench = null)
        {
            Bench = bench ?? new FabricBench();
            int port = Bench.Core.Register("pcie");
            Client = new WideClient(Bench, port);
            Port = new PcieEndpoint(
                new PcieConfig(Home: 4, transactions, BytesPerSecond: 10_000_000_000, latencyPs, PayloadBytes: 256, OverheadBytes: 20),
                Bench.Core, new SparseMemory(1 << 20), Client.Requests, Client.Responses);
            Bench.Attach(Bench.Core, Port.Evaluate);
            Bench.Attach(Bench.Core, Client.Evaluate);
        }

        public FabricBench Bench { get; }

        public WideClient Client { get; }

        public PcieEndpoint Port { get; }

        public ulong Hash()
        {
            StateArchive archive = StateArchive.ForHash();
            Port.Walk(archive, Bench.Core.Edge);
            Client.Walk(archive);
            return archive.Hash;
        }
    }
}
