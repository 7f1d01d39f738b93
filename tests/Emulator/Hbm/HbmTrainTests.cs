using HybridEmu.Kernel;
using HybridEmu.Units;
using Xunit.Abstractions;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// Bursts that follow each other in a way that is known beforehand go by train: at once, and not command by command. Neither who looks at the
/// channel nor who waits for answers can tell, whatever comes in between.
/// </summary>
public sealed class HbmTrainTests(ITestOutputHelper output)
{
    private const int Edges = 6000;
    private const int Stream = 1, Home = 0; // sources
    private const int GranuleBursts = 16;

    /// <summary>What a port asks for as of an edge, in one go with the others of its packet.</summary>
    private readonly record struct Wish(int PseudoChannel, int Source, long NotBefore, HbmRequest[] Packet);

    [Fact]
    public void Drawn_traffic_leaves_the_channel_as_stepping_does_whenever_somebody_looks()
    {
        long byTrain = 0;
        for (int seed = 1; seed <= 200; seed++)
            byTrain += Compare(seed);
        output.WriteLine($"{byTrain} bursts by train");
        Assert.InRange(byTrain, 30_000, long.MaxValue);
    }

    [Fact]
    public void A_stream_of_reads_goes_almost_wholly_by_train_and_asks_for_few_evaluations()
    {
        HbmConfig config = new() { Map = HbmAddressMap.Chip(0) };
        List<Wish> wishes = [.. Enumerable.Range(0, 40).Select(i => new Wish(i & 1, Stream, 100 + (i * 20L), Granule(config.Map, i & 1, 0, 0, i >> 1, 0, 0, GranuleBursts)))];
        HbmRig rig = new(config, all: false, requestDepth: 8, responseDepth: 8, ahead: true);
        var port = new Ports(rig, wishes, ahead: true);
        rig.Run(2000, port.Act, hashes: false);
        rig.Channel.EndTrain(rig.HbmEdge);

        Assert.Equal(40 * GranuleBursts, port.Answers.Count);
        Assert.InRange(rig.Channel.BurstsByTrain, 36 * GranuleBursts, 40 * GranuleBursts);
        Assert.InRange(rig.Evaluations, 1, 10 * GranuleBursts);
    }

    [Theory]
    [InlineData("fcfs")]
    [InlineData("fr-fcfs-grouped")]
    [InlineData("closed")]
    [InlineData("read-write")]
    [InlineData("secded")]
    [InlineData("power-down")]
    public void Controllers_for_which_no_train_is_known_go_burst_by_burst(string what)
    {
        HbmConfig config = new() { Map = HbmAddressMap.Chip(0) };
        config = what switch
        {
            "fcfs" => config with { Scheduler = HbmScheduler.Fcfs },
            "fr-fcfs-grouped" => config with { Scheduler = HbmScheduler.FrFcfsGrouped },
            "closed" => config with { Page = HbmPage.Closed },
            "read-write" => config with { Queue = HbmQueueKind.ReadWrite },
            "secded" => config with { Secded = true },
            _ => config with { PowerDown = 50 },
        };
        List<Wish> wishes = [.. Enumerable.Range(0, 10).Select(i => new Wish(0, Stream, 100, Granule(config.Map, 0, 0, 0, i, 0, 0, GranuleBursts)))];
        HbmRig rig = new(config, all: false, requestDepth: 8, responseDepth: 8, ahead: true);
        var port = new Ports(rig, wishes, ahead: true);
        rig.Run(2000, port.Act, hashes: false);
        rig.Channel.EndTrain(rig.HbmEdge);

        Assert.Equal(10 * GranuleBursts, port.Answers.Count);
        Assert.Equal(0, rig.Channel.BurstsByTrain);
    }

    private static long Compare(int seed)
    {
        var random = new Random(seed);
        HbmConfig config = new()
        {
            Map = HbmAddressMap.Chip(0, xor: random.Next(4) == 0),
            QueueEntries = random.Next(3) switch { 0 => 3 + random.Next(6), 1 => 16, _ => 32 },
            ResponseEntries = random.Next(5) == 0 ? 8 : 16,
            StarvationCycles = random.Next(3) == 0 ? 20 + random.Next(80) : 1000,
            Refresh = (HbmRefresh)random.Next(3),
            RefreshRate = 1 << random.Next(3),
        };
        List<Wish> wishes = DrawWishes(random, config.Map);
        HbmRig trains = new(config, all: false, requestDepth: 8, responseDepth: 8, ahead: true);
        HbmRig stepped = new(config, all: true, requestDepth: 8, responseDepth: 8, ahead: true);
        Ports first = new(trains, wishes, ahead: true), second = new(stepped, wishes, ahead: false);
        for (long edge = 0; edge < Edges;)
        {
            edge += 1 + random.Next(random.Next(2) == 0 ? 12 : 400);
            trains.Run(edge, first.Act, hashes: false);
            stepped.Run(edge, second.Act, hashes: false);
            Assert.True(first.Hash() == second.Hash(), $"Differs after edge {edge - 1}, seed {seed}, {config}");
        }

        Assert.True(first.Answers.SequenceEqual(second.Answers), $"Answers differ, seed {seed}, {config}");
        Assert.Equal(wishes.Sum(wish => wish.Packet.Length), first.Answers.Count);
        return trains.Channel.BurstsByTrain;
    }

    private static List<Wish> DrawWishes(Random random, HbmAddressMap map)
    {
        var wishes = new List<Wish>();
        long at = 20;
        int[] row = [0, 0];
        int writes = random.Next(3), rows = 1 + random.Next(4), rowChange = 2 + random.Next(8), gap = 4 + random.Next(36);
        for (int i = 0; i < 100; i++)
        {
            int p = random.Next(2), kind = random.Next(4) < writes ? 1 : 0;
            if (random.Next(rowChange) == 0)
                row[p] = random.Next(rows);
            int from = random.Next(3) == 0 ? random.Next(GranuleBursts) : 0, count = random.Next(3) == 0 ? 1 + random.Next(GranuleBursts - from) : GranuleBursts - from;
            bool home = random.Next(12) == 0;
            int bank = random.Next(8) == 0 ? random.Next(4) : 0;
            HbmRequest[] packet = Granule(map, p, bank, row[p], random.Next(8), kind, from, home ? 1 : count);
            foreach (ref HbmRequest request in packet.AsSpan())
            {
                request.Tag = (ushort)random.Next(1 << 16);
                random.NextBytes(Burst32.Span(ref request.Data));
                request.ByteEnable = kind == 0 ? 0 : random.Next(4) == 0 ? (uint)random.Next() : uint.MaxValue;
            }

            wishes.Add(new Wish(p, home ? Home : Stream, at, packet));
            at += random.Next(random.Next(8) == 0 ? 150 : gap);
        }

        return wishes;
    }

    /// <summary>Bursts of a granule of the chip's map: four to each bank group of one bank.</summary>
    private static HbmRequest[] Granule(HbmAddressMap map, int p, int bank, int row, int columns, int write, int from, int count) =>
    [
        .. Enumerable.Range(from, count).Select(i => new HbmRequest
        {
            Address = map.Encode(new HbmLocation { PseudoChannel = p, Bank = bank, Row = row, BankGroup = i & 3, Column = ((columns & 7) << 2) | (i >> 2) }),
            Write = (byte)write,
            ByteEnable = write != 0 ? uint.MaxValue : 0,
        }),
    ];

    /// <summary>
    /// Pushes one request an edge of each port, all of a packet that there is room for when it begins in one go if it may; and takes every answer at
    /// once.
    /// </summary>
    private sealed class Ports
    {
        private readonly HbmRig _rig;
        private readonly bool _ahead;
        private readonly (HbmRequest Request, long NotBefore, int End)[][] _asks = new (HbmRequest, long, int)[4][]; // of each port; where its packet ends
        private readonly int[] _pushed = new int[4], _ready = new int[4]; // requests that are out, and further ones that have a slot
        private readonly long[] _next = new long[4];

        public Ports(HbmRig rig, List<Wish> wishes, bool ahead)
        {
            _rig = rig;
            _ahead = ahead;
            for (int port = 0; port < 4; port++)
            {
                var asks = new List<(HbmRequest, long, int)>();
                foreach (Wish wish in wishes.Where(wish => (wish.PseudoChannel * 2) + wish.Source == port))
                {
                    int end = asks.Count + wish.Packet.Length;
                    asks.AddRange(wish.Packet.Select(request => (request, wish.NotBefore, end)));
                }

                _asks[port] = [.. asks];
            }
        }

        public List<(long Edge, int Port, ushort Tag, string Data)> Answers { get; } = [];

        public void Act(long edge)
        {
            for (int port = 0; port < 4; port++)
            {
                Ask(edge, port, _rig.Requests[port >> 1][port & 1]);
                Crossing<HbmResponse> answers = _rig.Responses[port >> 1][port & 1];
                while (answers.CanPop(edge))
                {
                    HbmResponse answer = answers.Pop(edge);
                    Answers.Add((edge, port, answer.Tag, Convert.ToHexString(Burst32.ReadSpan(in answer.Data))));
                }
            }
        }

        /// <summary>Takes back what is ahead of the present, and hashes channel, crossings and memory.</summary>
        public ulong Hash()
        {
            _rig.Channel.EndTrain(_rig.HbmEdge);
            for (int port = 0; port < 4; port++)
            {
                int back = _rig.Requests[port >> 1][port & 1].Rejoin();
                _pushed[port] -= back;
                _ready[port] += back;
                _next[port] -= back;
            }

            _rig.Channel.Settle(_rig.HbmEdge);
            _rig.Channel.Rejoin();
            StateArchive archive = StateArchive.ForHash();
            for (int port = 0; port < 4; port++)
            {
                _rig.Requests[port >> 1][port & 1].Walk(archive, "requests");
                _rig.Responses[port >> 1][port & 1].Walk(archive, "responses");
            }

            _rig.Memory.Walk(archive, "memory");
            return archive.Hash ^ _rig.Hash();
        }

        private void Ask(long edge, int port, Crossing<HbmRequest> requests)
        {
            ref int pushed = ref _pushed[port], ready = ref _ready[port];
            (HbmRequest Request, long NotBefore, int End)[] asks = _asks[port];
            if (pushed == asks.Length || edge < asks[pushed].NotBefore || edge < _next[port])
                return;
            if (ready == 0)
                ready = Math.Min(requests.Room(edge), asks[pushed].End - pushed);
            bool atOnce = _ahead && requests.MayGoAhead;
            int count = atOnce ? ready : Math.Min(ready, 1);
            for (int i = 0; i < count; i++)
            {
                if (atOnce)
                    requests.PushAhead(edge + i) = asks[pushed++].Request;
                else
                    requests.Push(asks[pushed++].Request, edge);
            }

            _next[port] = edge + count;
            ready -= count;
        }
    }
}
