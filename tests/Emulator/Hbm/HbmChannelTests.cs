using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class HbmChannelTests
{
    private const int Sources = 2;

    // Few rows and columns of few banks, so that requests meet: the chip's map with one channel.
    private static readonly HbmConfig Small = new()
    {
        Map = HbmAddressMap.Chip(0),
        QueueEntries = 8,
        ResponseEntries = 4,
        StarvationCycles = 300,
    };

    private static readonly HbmConfig Sleepy = Small with { PowerDown = 12, SelfRefresh = 300 };

    private sealed record Script(int Seed, int Requests, int Pace, int Stall, int Core);

    /// <summary>splitmix64, as the oracle's recipes use it.</summary>
    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    private static ulong Address(HbmConfig config, int pseudoChannel, int source, ulong random) => config.Map.Encode(new HbmLocation
    {
        PseudoChannel = pseudoChannel,
        BankGroup = (int)(random & 1) * 3,
        Bank = (int)(random >> 1 & 1),
        Row = (int)(random >> 2 & 1) * 7,
        Column = (int)((random >> 3 & 1) * 2) + source, // a source keeps to its own bursts
    });

    private sealed class Ports(HbmRig rig, HbmConfig config, Script script)
    {
        private readonly Dictionary<ulong, byte[]> _expected = [];
        private readonly Dictionary<(int, int, ushort), byte[]?> _outstanding = [];
        private readonly int[,] _sent = new int[2, Sources];
        private ulong _random = (ulong)script.Seed;

        public int Answered { get; private set; }

        public void Act(long edge)
        {
            for (int p = 0; p < 2; p++)
            {
                for (int source = 0; source < Sources; source++)
                {
                    Take(p, source, edge);
                    Offer(p, source, edge);
                }
            }
        }

        private void Offer(int p, int source, long edge)
        {
            ulong random = Next(ref _random);
            if (_sent[p, source] >= script.Requests || !rig.Requests[p][source].CanPush(edge) || (int)(random >> 40 & 0xFF) < script.Pace)
                return;
            HbmRequest request = new()
            {
                Address = Address(config, p, source, random),
                Write = (byte)(random >> 20 & 1),
                Tag = (ushort)_sent[p, source]++,
                ByteEnable = (random >> 21 & 1) != 0 ? uint.MaxValue : (uint)Next(ref _random),
            };
            Span<byte> data = Burst32.Span(ref request.Data);
            for (int i = 0; i < data.Length; i++)
                data[i] = (byte)Next(ref _random);
            if (!_expected.TryGetValue(request.Address, out byte[]? bytes))
                _expected[request.Address] = bytes = new byte[32];
            if (request.Write != 0)
            {
                for (int i = 0; i < data.Length; i++)
                {
                    if ((request.ByteEnable >> i & 1) != 0)
                        bytes[i] = data[i];
                }
            }

            _outstanding.Add((p, source, request.Tag), request.Write != 0 ? null : [.. bytes]);
            rig.Requests[p][source].Push(request, edge);
        }

        private void Take(int p, int source, long edge)
        {
            if ((int)(Next(ref _random) & 0xFF) < script.Stall || !rig.Responses[p][source].CanPop(edge))
                return;
            HbmResponse response = rig.Responses[p][source].Pop(edge);
            Assert.True(_outstanding.Remove((p, source, response.Tag), out byte[]? bytes), "A request is answered once.");
            Assert.Equal(bytes is null, response.Write != 0);
            if (bytes is not null)
                Assert.Equal(bytes, Burst32.ReadSpan(response.Data).ToArray());
            Answered++;
        }
    }

    private static Gen<Script> Scripts =>
        from seed in Gen.Choose(1, 1_000_000)
        from requests in Gen.Choose(1, 60)
        from pace in Gen.Elements(0, 128, 240, 252)
        from stall in Gen.Elements(0, 128, 240)
        from core in Gen.Elements(500, 700, 1000, 1300)
        select new Script(seed, requests, pace, stall, core);

    private static (HbmRig Rig, Ports Ports) Run(Script script, bool all, HbmConfig config, long edges)
    {
        HbmRig rig = new(config, all, script.Core);
        Ports ports = new(rig, config, script);
        rig.Run(edges, ports.Act);
        return (rig, ports);
    }

    [Fact]
    public void Every_request_is_answered_once_with_the_bytes_written_last()
    {
        Prop.ForAll(Arb.From(Scripts), script =>
        {
            HbmConfig config = script.Seed % 3 == 0 ? Sleepy : Small;
            (HbmRig rig, Ports ports) = Run(script, false, config, 20_000);
            Assert.Equal(script.Requests * Sources * 2, ports.Answered);
            HbmLegality.Check(rig.Channel.Log!, config);
            for (int p = 0; p < 2; p++)
            {
                ref HbmPseudoChannelState s = ref rig.Channel.State.PseudoChannels[p];
                Assert.Equal(script.Requests * Sources, s.Reads + s.Writes);
                Assert.Equal(s.Reads + s.Writes, s.RowHits + s.RowClosed + s.RowConflicts);
                Assert.Equal(s.BusyDataCycles, 2 * (s.Reads + s.Writes));
            }
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(25).WithReplay(1, 3));
    }

    public static TheoryData<string> Policies => [.. s_policies.Keys];

    private static readonly Dictionary<string, HbmConfig> s_policies = new()
    {
        ["fcfs"] = Small with { Scheduler = HbmScheduler.Fcfs },
        ["grouped"] = Small with { Scheduler = HbmScheduler.FrFcfsGrouped, Queue = HbmQueueKind.ReadWrite, QueueEntries = 4, WriteHigh = 3, WriteLow = 1 },
        ["best"] = Small with
        {
            Scheduler = HbmScheduler.FrFcfsGrouped,
            Queue = HbmQueueKind.Bank,
            QueueEntries = 3,
            WriteHigh = 5,
            WriteLow = 1,
            Refresh = HbmRefresh.PerBank,
            Postpone = 8,
            Page = HbmPage.Adaptive,
        },
        ["closed"] = Small with { Page = HbmPage.Closed, Refresh = HbmRefresh.PerBank, Map = HbmAddressMap.Chip(0, 15, xor: true) },
        ["ddr"] = Small with { Buses = HbmBuses.OneEach, Timing = new HbmTiming { ActivateClocks = 1, Refi = 900, Rfc = 60 }, Postpone = 3 },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public void No_policy_loses_a_byte_or_a_request_or_changes_when_idle_cycles_are_skipped(string policy)
    {
        HbmConfig config = s_policies[policy];
        Prop.ForAll(Arb.From(Scripts), script =>
        {
            (HbmRig skipping, Ports ports) = Run(script, false, config, 20_000);
            Assert.Equal(script.Requests * Sources * 2, ports.Answered);
            HbmLegality.Check(skipping.Channel.Log!, config);
            (HbmRig stepping, _) = Run(script, true, config, 20_000);
            Assert.Equal(stepping.Hashes, skipping.Hashes);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(8).WithReplay(11, 13));
    }

    [Fact]
    public void Skipping_idle_cycles_changes_no_state_at_any_cycle()
    {
        Prop.ForAll(Arb.From(Scripts), script =>
        {
            (HbmRig skipping, _) = Run(script, false, Small, 6_000);
            (HbmRig stepping, _) = Run(script, true, Small, 6_000);
            Assert.Equal(stepping.Hashes, skipping.Hashes);
            Assert.True(skipping.Evaluations < stepping.Evaluations);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(12).WithReplay(5, 7));
    }

    [Theory]
    [InlineData(HbmRefresh.AllBank, 12, 0)]
    [InlineData(HbmRefresh.AllBank, 0, 300)]
    [InlineData(HbmRefresh.AllBank, 12, 300)]
    [InlineData(HbmRefresh.PerBank, 12, 300)]
    [InlineData(HbmRefresh.PerBank, 3, 0)]
    public void Skipping_idle_cycles_changes_no_state_of_a_channel_that_sleeps(HbmRefresh refresh, int powerDown, int selfRefresh)
    {
        // Refreshes come often: some fall due while a request wakes the channel.
        HbmConfig config = Small with { Refresh = refresh, PowerDown = powerDown, SelfRefresh = selfRefresh, Timing = new HbmTiming { Refi = 600, RefiBank = 100 } };
        Prop.ForAll(Arb.From(Scripts), script =>
        {
            (HbmRig skipping, _) = Run(script with { Pace = 240 }, false, config, 7_000);
            (HbmRig stepping, _) = Run(script with { Pace = 240 }, true, config, 7_000);
            Assert.Equal(stepping.Hashes, skipping.Hashes);
            Assert.True(skipping.Evaluations < stepping.Evaluations);
            Assert.True(skipping.Channel.State.StandbyCycles[(int)(powerDown > 0 ? HbmStandby.PowerDown : HbmStandby.SelfRefresh)] > 0);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(6).WithReplay(5, 7));
    }

    [Fact]
    public void An_idle_channel_is_evaluated_for_refresh_only()
    {
        HbmRig rig = new(Small, false);
        rig.Run(39_100, _ => { });
        Assert.Equal(10, rig.Channel.State.PseudoChannels[0].Refreshes);
        Assert.Equal(10, rig.Channel.State.PseudoChannels[1].Refreshes);
        Assert.InRange(rig.Evaluations, 20, 60);
    }

    [Fact]
    public void Cycles_are_conserved_over_all_causes()
    {
        HashSet<string> seen = [];
        foreach ((int stall, HbmConfig config) in ((int, HbmConfig)[])[(100, Small), (232, Small), (250, Small), (0, Sleepy)])
        {
            (HbmRig rig, _) = Run(new Script(11, 400, config == Small ? 240 : 252, stall, 1000), false, config, 9_000);
            rig.Hash();
            long standby = 0;
            for (int i = 0; i < HbmStandbyCycles.Count; i++)
                standby += rig.Channel.State.StandbyCycles[i];
            Assert.Equal(rig.HbmEdge, standby);
            long sum = 0;
            for (int i = 0; i < HbmChannel.Causes.Length; i++)
            {
                sum += rig.Channel.State.Ledger[i];
                if (rig.Channel.State.Ledger[i] > 0)
                    seen.Add(HbmChannel.Causes[i]);
            }

            Assert.Equal(rig.HbmEdge + 1, sum);
            Assert.Equal(sum, rig.Channel.State.Ledger.Total);
        }

        Assert.Equal(HbmChannel.Causes.Order(), seen.Order());
    }

    [Fact]
    public void A_row_hit_takes_17_cycles_and_two_crossings()
    {
        HbmRig rig = new(Small, false);
        List<long> answered = [];
        rig.Run(400, edge =>
        {
            if (edge is 10 or 200)
                rig.Requests[0][0].Push(new HbmRequest { Address = 0, Tag = 1 }, edge);
            if (rig.Responses[0][0].CanPop(edge))
            {
                rig.Responses[0][0].Pop(edge);
                answered.Add(edge);
            }
        });

        // The rig's core clock comes first at equal times: visible two edges on, taken, done after 32 or 17, two edges back.
        Assert.Equal([10 + 2 + 32 + 2, 200 + 2 + 17 + 2], answered);
    }

    [Fact]
    public void Sources_of_a_pseudo_channel_are_served_in_turn()
    {
        HbmRig rig = new(Small, false);
        int[] taken = new int[Sources];
        rig.Run(3_000, edge =>
        {
            for (int source = 0; source < Sources; source++)
            {
                if (rig.Requests[0][source].CanPush(edge))
                    rig.Requests[0][source].Push(new HbmRequest { Address = Address(Small, 0, source, (ulong)edge) }, edge);
                if (rig.Responses[0][source].CanPop(edge))
                {
                    rig.Responses[0][source].Pop(edge);
                    taken[source]++;
                }
            }
        });

        Assert.InRange(taken[0] - taken[1], -8, 8);
        Assert.True(taken[0] > 100);
    }

    [Fact]
    public void A_port_that_takes_nothing_stops_its_own_requests_and_not_the_other_ports()
    {
        HbmRig rig = new(Small with { QueueEntries = 32 }, false);
        int taken = 0, blocked = 0;
        rig.Run(3_000, edge =>
        {
            if (blocked < 20 && rig.Requests[0][0].CanPush(edge))
            {
                rig.Requests[0][0].Push(new HbmRequest { Address = Address(Small, 0, 0, 0) }, edge);
                blocked++;
            }

            if (edge > 300 && rig.Requests[0][1].CanPush(edge))
                rig.Requests[0][1].Push(new HbmRequest { Address = Address(Small, 0, 1, 0) }, edge);
            if (rig.Responses[0][1].CanPop(edge))
            {
                rig.Responses[0][1].Pop(edge);
                taken++;
            }
        });

        // Its crossing holds 4 and the controller 4 more; the rest waits in the queue.
        Assert.Equal(8 + taken, rig.Channel.State.PseudoChannels[0].Reads - InFlight(rig));
        Assert.True(taken > 200);
    }

    private static long InFlight(HbmRig rig) =>
        rig.Channel.State.PseudoChannels[0].FlightCount + rig.Responses[0][1].Count;

    [Fact]
    public void A_checkpoint_in_mid_traffic_goes_on_as_if_never_stopped()
    {
        Script script = new(77, 60, 100, 60, 1000);
        (HbmRig rig, _) = Run(script, false, Sleepy, 700);
        using MemoryStream stream = new();
        rig.Channel.Walk(StateArchive.ForSave(stream), rig.HbmEdge);
        stream.Position = 0;
        HbmRig other = new(Sleepy, false);
        other.Channel.Walk(StateArchive.ForLoad(stream), rig.HbmEdge);
        StateArchive hash = StateArchive.ForHash();
        other.Channel.Walk(hash, rig.HbmEdge);
        Assert.Equal(rig.Hash(), hash.Hash);
        Assert.Equal(stream.Length, stream.Position);
    }

    [Fact]
    public void No_byte_is_allocated_once_the_channel_runs()
    {
        HbmRig rig = new(Small, true);
        rig.Memory.Write(0, new byte[SparseMemory.PageBytes]);
        Action<long> act = edge =>
        {
            if (rig.Requests[0][0].CanPush(edge))
                rig.Requests[0][0].Push(new HbmRequest { Address = 0, Write = (byte)(edge & 1), ByteEnable = uint.MaxValue }, edge);
            if (rig.Responses[0][0].CanPop(edge))
                rig.Responses[0][0].Pop(edge);
        };

        rig.Run(5_000, act, hashes: false);
        long before = GC.GetAllocatedBytesForCurrentThread();
        rig.Run(15_000, act, hashes: false);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
