using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

using static CacheOperationKind;

public sealed class HomeSliceTests
{
    [Theory]
    [InlineData(2, 6)]
    [InlineData(2, 7)]
    [InlineData(5, 1)]
    public void A_request_has_its_effect_after_home_and_directory_cycles(int homeCycles, int directoryCycles)
    {
        var bench = new FabricBench();
        ClockDomain core = bench.Core;
        int home = core.Register("home0"), requester = core.Register("requester");
        var requests = new Channel<CoherenceFlit>(core, requester, home, 2);
        var snoops = new Channel<CoherenceFlit>(core, home, requester, 2);
        var answers = new Channel<CoherenceFlit>(core, requester, home, 2);
        var replies = new Channel<CoherenceFlit>(core, home, requester, 2);
        var memory = new Crossing<HbmRequest>(core, home, core, requester, 2);
        var memoryAnswers = new Crossing<HbmResponse>(core, requester, core, home, 2);
        var config = new HomeSliceConfig { Endpoint = 2, Map = new HomeMap(1), MemoryBytes = 1 << 20, HomeCycles = homeCycles, DirectoryCycles = directoryCycles };
        var unit = new HomeSlice("home0", config, requests, snoops, answers, replies, memory, memoryAnswers);
        var acknowledged = new List<long>();
        int sent = 0;
        bench.Attach(core, unit.Evaluate);
        bench.Attach(core, edge =>
        {
            // Two PutModified of a line that the sender does not own: nothing but a PutAck each.
            if (sent < 10 && requests.CanPush(edge))
            {
                requests.Push(new CoherenceFlit { Type = CoherenceType.PutModified, Index = (byte)(sent % 5), Last = (byte)(sent % 5 == 4 ? 1 : 0) }, edge);
                sent++;
            }

            if (replies.CanPop(edge))
                acknowledged.Add(replies.Pop(edge).Type == CoherenceType.PutAck ? edge : -1);
            return edge + 1;
        });
        bench.Run(60);

        // Last flit pushed at 4, popped at 5, PutAck pushed at 5 + home + directory, popped one later; the second one's
        // five flits are popped from the cycle after the first one's end.
        int latency = homeCycles + directoryCycles;
        Assert.Equal([5 + latency + 1, 5 + latency + 5 + latency + 1], acknowledged);
    }

    [Fact]
    public void The_first_reader_gets_the_line_exclusive_and_the_second_makes_it_shared()
    {
        var rig = new CoherenceRig(caches: 3);
        rig.Memory.Write(0x1005, [42]);
        Assert.Equal(42, rig.Do(0, Load, 0x1005).Value);
        Assert.Equal(CoherenceType.GrantExclusive, rig.Caches[0].LastGrant);
        Assert.Equal(42, rig.Do(1, Load, 0x1005).Value);
        Assert.Equal(CoherenceType.GrantShared, rig.Caches[1].LastGrant);
        Assert.Equal(('S', 'S', 'I'), (rig.Caches[0].StateOf(0x1000), rig.Caches[1].StateOf(0x1000), rig.Caches[2].StateOf(0x1000)));
        Assert.Equal(0b11u, rig.Homes[0].EntryOf(0x1000).Sharers);
    }

    [Fact]
    public void A_writer_invalidates_every_sharer_one_after_the_other()
    {
        var rig = new CoherenceRig(caches: 4);
        for (int c = 0; c < 3; c++)
            rig.Do(c, Load, 0x1000);
        long before = rig.Homes[0].State.Snoops;
        rig.Do(3, Store, 0x1000, 7);
        Assert.Equal(3, rig.Homes[0].State.Snoops - before);
        Assert.Equal("IIIM", string.Concat(rig.Caches.Select(c => c.StateOf(0x1000))));
        Assert.Equal(7, rig.Do(0, Load, 0x1000).Value);
    }

    [Fact]
    public void A_dirty_line_is_handed_off_and_written_to_memory()
    {
        var rig = new CoherenceRig(caches: 2);
        rig.Do(0, Store, 0x1003, 9);
        Assert.Equal(0, rig.MemoryByte(0x1003));
        (byte value, long cycles) = rig.Do(1, Load, 0x1003);
        Assert.Equal(9, value);
        Assert.Equal(9, rig.MemoryByte(0x1003));
        Assert.Equal(1, rig.Homes[0].State.SnoopsDirty);

        // Request 1 + 2, home and directory 8, snoop 2, answer 1 + 2 and four more flits, home 2, grant 2 and four more flits.
        Assert.Equal(3 + 8 + 2 + 7 + 2 + 6, cycles);
        (value, cycles) = rig.Do(0, Store, 0x1003, 10);
        Assert.Equal(10, value);
        Assert.Equal("MI", string.Concat(rig.Caches.Select(c => c.StateOf(0x1000))));
    }

    [Fact]
    public void Bytes_on_their_way_from_home_to_memory_are_seen_from_outside()
    {
        var rig = new CoherenceRig(caches: 2);
        rig.Do(0, Store, 0x1003, 9);
        bool given = false, loaded = false;
        int early = 0;
        rig.Caches[1].Next = _ =>
        {
            CacheOperation? load = given ? null : new CacheOperation(Load, 0x1003, 0);
            given = true;
            return load;
        };
        rig.Caches[1].Done = (_, value, _) => loaded = value == 9;
        rig.Bench.RunUntil(
            () =>
            {
                if (!loaded)
                    return false;
                byte[] seen = [rig.MemoryByte(0x1003)];
                early += seen[0] == 9 ? 0 : 1;
                rig.Homes[0].Overlay(0x1003, seen);
                Assert.Equal(9, seen[0]);
                return rig.Homes[0].State.Open == 0;
            },
            5000);
        Assert.True(early > 0, "memory had the byte before anybody could look");
    }

    [Fact]
    public void An_evicted_dirty_line_is_in_memory_when_the_put_is_acknowledged()
    {
        var rig = new CoherenceRig(caches: 2);
        rig.Do(0, Store, 0x2001, 5);
        rig.Do(0, Evict, 0x2001);
        Assert.Equal(5, rig.MemoryByte(0x2001));
        Assert.Equal(DirectoryState.Uncached, rig.Homes[0].EntryOf(0x2000).State);
        Assert.Equal(5, rig.Do(1, Load, 0x2001).Value);
        Assert.Equal(CoherenceType.GrantExclusive, rig.Caches[1].LastGrant);
    }

    [Fact]
    public void An_instruction_fetch_sees_dirty_bytes_and_is_no_sharer()
    {
        var rig = new CoherenceRig(caches: 2);
        rig.Do(0, Store, 0x3000, 0x13);
        Assert.Equal(0x13, rig.Do(1, Fetch, 0x3000).Value);
        Assert.Equal(0b01u, rig.Homes[0].EntryOf(0x3000).Sharers);
        Assert.Equal('S', rig.Caches[0].StateOf(0x3000));
        Assert.Equal(0, rig.Do(1, Fetch, 0x3040).Value);
        Assert.Equal(DirectoryState.Uncached, rig.Homes[0].EntryOf(0x3040).State);
    }

    [Fact]
    public void An_owner_that_dropped_its_clean_line_may_ask_again()
    {
        var rig = new CoherenceRig(caches: 2);
        rig.Do(0, Load, 0x1000);
        rig.Do(0, Evict, 0x1000);
        rig.Do(0, Load, 0x1000);
        Assert.Equal(CoherenceType.GrantExclusive, rig.Caches[0].LastGrant);
        rig.Do(0, Evict, 0x1000);
        rig.Do(1, Store, 0x1000, 3);
        Assert.Equal(3, rig.Do(0, Load, 0x1000).Value);
    }

    [Fact]
    public void False_sharing_under_random_delays_loses_no_store()
    {
        // Every cache stores into its own byte of every line and must always find there what it stored last.
        const int caches = 4, lines = 6, operations = 800;
        var rig = new CoherenceRig(caches, delayPercent: 30, memoryRandomCycles: 40);
        var expected = new byte[caches, lines];
        var done = new int[caches];
        for (int c = 0; c < caches; c++)
        {
            int cache = c;
            var random = new TestRandom((ulong)c + 5);
            rig.Caches[c].Next = _ => done[cache] == operations ? null : Choose(ref random, cache, lines);
            rig.Caches[c].Done = (operation, value, _) =>
            {
                done[cache]++;
                int line = (int)(operation.Address / 64 % lines);
                if (operation.Kind == Store)
                    expected[cache, line] = operation.Value;
                else if (operation.Kind != Evict)
                    Assert.Equal(expected[cache, line], value);
            };
        }

        rig.Bench.RunUntil(() => done.All(d => d == operations) && rig.Caches.All(c => c.IsIdle) && rig.Homes.All(h => h.State.Open == 0), 3_000_000, () => AssertSingleWriter(rig, lines));
        Assert.True(rig.Homes.Sum(h => h.State.SnoopsDirty) > 100);
        Assert.True(rig.Homes.Sum(h => h.State.StalePuts) > 0);
        for (int c = 0; c < caches; c++)
        {
            foreach (ulong line in rig.Caches[c].DirtyLines)
                rig.Do(c, Evict, line);
        }

        for (int c = 0; c < caches; c++)
        {
            for (int line = 0; line < lines; line++)
                Assert.Equal(expected[c, line], rig.MemoryByte((ulong)((line * 64) + c)));
        }
    }

    [Fact]
    public void A_reader_that_sees_the_flag_sees_the_message()
    {
        // Data and flag lie in lines of two homes.
        const ulong data = 0x0000, flag = 0x0200;
        var rig = new CoherenceRig(caches: 2, delayPercent: 25, memoryRandomCycles: 30);
        byte round = 1;
        int writerStep = 0, readerStep = 0, seen = 0;
        rig.Caches[0].Next = _ => writerStep switch
        {
            0 => new CacheOperation(Store, data, round),
            1 => new CacheOperation(Store, flag, round),
            _ => null,
        };
        rig.Caches[0].Done = (_, _, _) => writerStep++;
        rig.Caches[1].Next = _ => new CacheOperation(Load, readerStep == 0 ? flag : data);
        rig.Caches[1].Done = (_, value, _) =>
        {
            if (readerStep == 0)
            {
                readerStep = value == round ? 1 : 0;
                return;
            }

            Assert.Equal(round, value);
            seen++;
            round++;
            (readerStep, writerStep) = (0, 0);
        };
        rig.Bench.RunUntil(() => seen == 200, 500_000);
    }

    [Fact]
    public void Skipping_and_order_of_evaluation_change_no_state_at_any_cycle() => FabricBench.AssertSameInAnyOrder(Hashes);

    [Fact]
    public void A_home_restored_from_a_checkpoint_is_the_home_that_was_saved()
    {
        var rig = new CoherenceRig(caches: 2);
        rig.Do(0, Store, 0x1000, 1);
        rig.Do(1, Load, 0x8_0000, 1);
        var other = new CoherenceRig(caches: 2);
        other.Do(0, Load, 0x4_0000);
        using var stream = new MemoryStream();
        rig.Homes[0].Walk(StateArchive.ForSave(stream), rig.Bench.Core.Edge);
        stream.Position = 0;
        other.Homes[0].Walk(StateArchive.ForLoad(stream), rig.Bench.Core.Edge);
        Assert.Equal(DirectoryState.Owned, other.Homes[0].EntryOf(0x1000).State);
        Assert.Equal(1, other.Homes[0].EntryOf(0x8_0000).Owner);
        Assert.Equal(DirectoryState.Uncached, other.Homes[0].EntryOf(0x4_0000).State);
    }

    private static CacheOperation Choose(ref TestRandom random, int cache, int lines)
    {
        ulong address = (ulong)((random.Next(lines) * 64) + cache);
        int kind = random.Next(10);
        return kind < 4 ? new CacheOperation(Store, address, (byte)random.Next(256))
            : new CacheOperation(kind < 7 ? Load : kind < 9 ? Evict : Fetch, address);
    }

    private static void AssertSingleWriter(CoherenceRig rig, int lines)
    {
        for (int line = 0; line < lines; line++)
        {
            int writers = 0, holders = 0;
            foreach (StubCache cache in rig.Caches)
            {
                char state = cache.StateOf((ulong)line * 64);
                writers += state is 'E' or 'M' ? 1 : 0;
                holders += state != 'I' ? 1 : 0;
            }

            Assert.True(writers == 0 || holders == 1);
        }
    }

    private static ulong[] Hashes(bool everyCycle, bool reversed, out long evaluations)
    {
        var bench = new FabricBench(everyCycle, reversed);
        var rig = new CoherenceRig(caches: 3, delayPercent: 60, memoryRandomCycles: 30, bench: bench);
        for (int c = 0; c < 3; c++)
        {
            int cache = c;
            var random = new TestRandom((ulong)c + 50);
            rig.Caches[c].Next = edge => edge > 3000 ? null : Choose(ref random, cache, 4);
        }

        var hashes = new List<ulong>();
        bench.Run(4000, () => hashes.Add(rig.Hash()));
        foreach (HomeSlice home in rig.Homes)
        {
            Assert.Equal(home.State.Ledger.Total, Enumerable.Range(0, Ledger.MaximumCauses).Sum(i => home.State.Ledger[i]));
        }

        Assert.True(rig.Homes[0].State.GetModifieds > 20);

        evaluations = bench.Evaluations;
        return [.. hashes];
    }
}
