using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Isa;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>The race checker against reachability in an explicit graph, and what it must and must not report.</summary>
public class RaceCheckerTests
{
    [Fact]
    public void The_checker_finds_a_race_exactly_when_no_path_orders_two_accesses()
    {
        int clean = 0, races = 0;
        Prop.ForAll(Arb.From(Gen.Choose(0, int.MaxValue)), seed =>
        {
            var random = new TestRandom((ulong)seed + 3);
            int tiles = 1 + random.Next(2), steps = 4 + random.Next(24), places = 3 + random.Next(30);
            RaceOp[][] program = new RaceOp[tiles][];
            int barriers = tiles == 2 ? random.Next(3) : 1;
            for (int t = 0; t < tiles; t++)
                program[t] = RandomTile(steps, places, barriers, ref random);
            RaceProgram.Outcome outcome = new RaceProgram(program, (ulong)seed).Execute();
            clean += outcome == RaceProgram.Outcome.Clean ? 1 : 0;
            races += outcome == RaceProgram.Outcome.Race ? 1 : 0;
            Assert.NotEqual(RaceProgram.Outcome.Disagreement, outcome);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(1500));
        Assert.True(clean > 150 && races > 150, $"{clean} clean, {races} with a race");
    }

    [Fact]
    public void Dropping_any_one_wait_of_a_correct_pipeline_is_caught_in_every_schedule()
    {
        for (int seed = 1; seed <= 6; seed++)
        {
            var random = new TestRandom((ulong)seed);
            int buffers = 1 + random.Next(3), items = 6 + random.Next(4);
            RaceOp[] correct = Pipeline(items, buffers);
            var whole = new RaceProgram([correct], (ulong)seed);
            Assert.Equal(RaceProgram.Outcome.Clean, whole.Execute());
            Assert.True(whole.Ended);
            for (int op = 0; op < correct.Length; op++)
            {
                for (int wait = 0; wait < 2; wait++)
                {
                    if (correct[op].Waits[wait].Count == 0)
                        continue;
                    RaceOp[] broken = [.. correct];
                    SemaphoreCount[] waits = [.. correct[op].Waits];
                    waits[wait] = default;
                    broken[op] = correct[op] with { Waits = waits };
                    for (ulong schedule = 0; schedule < 5; schedule++)
                        Assert.Equal(RaceProgram.Outcome.Race, new RaceProgram([broken], schedule).Execute());
                }
            }
        }
    }

    [Theory]
    [InlineData(16, false)]
    [InlineData(15, true)]
    public void Two_accesses_meet_when_they_touch_one_granule_of_16_bytes(int apart, bool race)
    {
        RaceConflict? conflict = TwoLoads(Bytes(0x100, 1), Bytes(0x100 + apart, 1));
        Assert.Equal(race, conflict is not null);
        if (conflict is { } found)
            Assert.Equal((1, 1u, AddressMap.Scratchpad + 0x100), (found.Agent, found.Index, found.Address));
    }

    [Fact]
    public void Interleaved_columns_do_not_race_in_each_other_s_gaps()
    {
        // Rows of 16 bytes, 64 apart; and elements of 4 bytes, 32 apart.
        Region rows = Bytes(0, 16) with { Rows = 8, Pitch = 64 }, elements = Bytes(0, 4) with { ElementBytes = 4, Columns = 8, ElementStride = 32 };
        Assert.Null(TwoLoads(rows, rows with { Address = rows.Address + 16 }));
        Assert.NotNull(TwoLoads(rows, rows with { Address = rows.Address + 15 }));
        Assert.Null(TwoLoads(elements, elements with { Address = elements.Address + 16 }));
        Assert.NotNull(TwoLoads(elements, elements with { Address = elements.Address + 12 }));
    }

    [Fact]
    public void Two_matrix_descriptors_on_one_slot_are_in_order_but_the_core_is_not()
    {
        var races = new RaceChecker(1, 65536, 65536, 1 << 26);
        for (uint sequence = 0; sequence < 2; sequence++)
        {
            races.Issue(0, 2, sequence);
            races.Start(0, 2, sequence, default);
            Assert.Null(races.Access(0, 2, sequence, [], slot: 1));
        }

        Assert.Null(races.CoreAccess(0, AddressMap.Accumulators, 4, false));
        Assert.NotNull(races.CoreAccess(0, AddressMap.Accumulators + 16_384, 4, false));
        races.Performed(0, 2, 0, default);
        races.Performed(0, 2, 1, default);
        races.CoreDrained(0, 4);
        Assert.Null(races.CoreAccess(0, AddressMap.Accumulators + 16_384, 4, true));
    }

    [Theory]
    [InlineData(RegionAccess.Read)]
    [InlineData(RegionAccess.Write)]
    public void A_descriptor_that_races_makes_none_of_its_accesses(RegionAccess access)
    {
        var races = new RaceChecker(1, 65536, 65536, 1 << 26);
        for (int queue = 0; queue < 3; queue++)
        {
            races.Issue(0, queue, 0);
            races.Start(0, queue, 0, default);
        }

        // ST's first operand and the first granules of its second meet nobody; the last of the second meets LD.
        Assert.Null(races.Access(0, 0, 0, [Bytes(0x200, 64)], slot: null));
        Assert.NotNull(races.Access(0, 1, 0, [Bytes(0x100, 64) with { Access = access }, Bytes(0x1C0, 0x50) with { Access = access }], slot: null));
        Assert.Null(races.Access(0, 2, 0, [Bytes(0x100, 64), Bytes(0x1C0, 64)], slot: null));
    }

    private static Region Bytes(int offset, int count) => new()
    {
        Access = RegionAccess.Write,
        ElementBytes = 1,
        ElementStride = 1,
        Columns = count,
        Rows = 1,
        Planes = 1,
        Address = AddressMap.Scratchpad + (ulong)offset,
    };

    private static RaceConflict? TwoLoads(Region first, Region second)
    {
        var races = new RaceChecker(1, 65536, 65536, 1 << 26);
        for (uint sequence = 0; sequence < 2; sequence++)
        {
            races.Issue(0, 0, sequence);
            races.Start(0, 0, sequence, default);
        }

        Assert.Null(races.Access(0, 0, 0, [first], slot: null));
        return races.Access(0, 0, 1, [second], slot: null);
    }

    private static RaceOp[] RandomTile(int steps, int places, int barriers, ref TestRandom random)
    {
        var ops = new List<RaceOp>();
        for (int i = 0; i < steps; i++)
        {
            var accesses = new List<(int, bool)>();
            for (int a = 1 + random.Next(2); a > 0; a--)
                accesses.Add(((random.Next(3) == 0 ? 100 : 0) + random.Next(places), random.Next(3) == 0));
            SemaphoreCount Semaphore(ref TestRandom r) => new((byte)r.Next(5), (byte)(r.Next(3) == 0 ? 1 + r.Next(2) : 0));
            ops.Add(random.Next(12) switch
            {
                0 => new RaceOp(RaceStep.Drain) { Argument = random.Next(16) },
                1 => new RaceOp(RaceStep.Post) { Argument = random.Next(5) },
                2 => new RaceOp(RaceStep.Wait) { Argument = random.Next(5) },
                3 => new RaceOp(RaceStep.Access) { Accesses = [(random.Next(places), random.Next(3) == 0)] },
                _ => new RaceOp(RaceStep.Issue)
                {
                    Queue = random.Next(4),
                    Chain = random.Next(3) == 0,
                    Waits = [Semaphore(ref random), Semaphore(ref random)],
                    Posts = [Semaphore(ref random), Semaphore(ref random)],
                    Accesses = accesses,
                },
            });
        }

        for (int i = 0; i < barriers; i++)
            ops.Insert(random.Next(ops.Count + 1), new RaceOp(RaceStep.Barrier));
        return [.. ops];
    }

    // LD fills buffer i, VX turns it into another, ST empties that; semaphores 0 filled, 1 read, 2 made, 3 emptied.
    private static RaceOp[] Pipeline(int items, int buffers)
    {
        var ops = new List<RaceOp>();
        SemaphoreCount Late(int item, byte semaphore) => item >= buffers ? new SemaphoreCount(semaphore, 1) : default;
        for (int i = 0; i < items; i++)
        {
            int input = i % buffers, output = 50 + (i % buffers);
            ops.Add(new RaceOp(RaceStep.Issue)
            {
                Queue = 0,
                Waits = [Late(i, 1), default],
                Posts = [new(0, 1), default],
                Accesses = [(100 + i, false), (input, true)],
            });
            ops.Add(new RaceOp(RaceStep.Issue)
            {
                Queue = 3,
                Waits = [new(0, 1), Late(i, 3)],
                Posts = [new(1, 1), new(2, 1)],
                Accesses = [(input, false), (output, true)],
            });
            ops.Add(new RaceOp(RaceStep.Issue)
            {
                Queue = 1,
                Waits = [new(2, 1), default],
                Posts = [new(3, 1), default],
                Accesses = [(output, false), (200 + i, true)],
            });
        }

        return [.. ops];
    }
}
