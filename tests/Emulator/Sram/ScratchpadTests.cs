using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Rules S-1 to S-6 of the scratchpad.</summary>
public class ScratchpadTests
{
    private const int Bytes = 1 << 14;

    private static readonly ScratchpadConfig s_single = new(Bytes, 16, 32, DualPorted: false);
    private static readonly ScratchpadConfig s_dual = new(Bytes, 16, 32, DualPorted: true);

    [Fact]
    public void An_access_pushed_at_N_is_granted_at_N_plus_1_and_answered_at_N_plus_2()
    {
        var bench = new SramBench(s_single, 1);
        bench.Unit.Bytes[70] = 99;
        bench.At(5, 0, 64);
        var granted = new List<long>();
        bench.Run.Run(12, () => granted.Add(bench.Unit.State.Reads));
        Assert.Equal(0, granted[5]);
        Assert.Equal(1, granted[6]);
        (long edge, ScratchpadResponse response) = Assert.Single(bench.Answers(0));
        Assert.Equal(7, edge);
        Assert.Equal(99, Line64.ReadSpan(in response.Data)[6]);
    }

    [Theory]
    [InlineData(0u, 32u, 7)]
    [InlineData(0u, 0u, 8)]
    [InlineData(0u, 512u, 8)]
    [InlineData(0u, 511u, 7)]
    public void Two_accesses_meet_only_in_the_same_bank(uint first, uint second, long answered)
    {
        var bench = new SramBench(s_single, 2);
        bench.At(5, 0, first, 1);
        bench.At(5, 1, second, 1);
        bench.Run.Run(12);
        Assert.Equal(7, bench.Answers(0)[0].Edge);
        Assert.Equal(answered, bench.Answers(1)[0].Edge);
        Assert.Equal(answered - 7, bench.Unit.Conflicts(0, 1));
        Assert.Equal(0, bench.Unit.Conflicts(1, 0));
    }

    [Theory]
    [InlineData(false, false, true, 8)]
    [InlineData(false, true, true, 8)]
    [InlineData(true, false, true, 7)]
    [InlineData(true, true, false, 7)]
    [InlineData(true, false, false, 8)]
    [InlineData(true, true, true, 8)]
    public void A_dual_ported_bank_serves_a_read_and_a_write_a_cycle(bool dual, bool firstWrites, bool secondWrites, long answered)
    {
        var bench = new SramBench(dual ? s_dual : s_single, 2);
        bench.At(5, 0, 0, write: firstWrites);
        bench.At(5, 1, 0, write: secondWrites);
        bench.Run.Run(12);
        Assert.Equal(answered, bench.Answers(1)[0].Edge);
    }

    [Fact]
    public void An_access_of_64_bytes_needs_all_its_banks_in_the_same_cycle()
    {
        var bench = new SramBench(s_single, 3);
        bench.At(5, 0, 32, 1);
        bench.At(5, 1, 0, 64);
        bench.At(5, 2, 0, 1);
        bench.Run.Run(12);

        // The wide access lost bank 1, so it does not hold bank 0 either: the third goes first.
        Assert.Equal(7, bench.Answers(2)[0].Edge);
        Assert.Equal(8, bench.Answers(1)[0].Edge);
        Assert.Equal(4, bench.Unit.State.BankCycles);
    }

    [Fact]
    public void The_earlier_port_has_priority_and_each_loser_is_charged_to_the_bank_s_holder()
    {
        var bench = new SramBench(s_single, 3);
        for (int i = 0; i < 4; i++)
        {
            for (int port = 0; port < 3; port++)
                bench.At(5, port, 0);
        }

        bench.Run.Run(30);
        for (int port = 0; port < 3; port++)
            Assert.Equal([7 + (4 * port), 8 + (4 * port), 9 + (4 * port), 10 + (4 * port)], bench.Answers(port).Select(a => a.Edge));
        Assert.Equal((4, 4, 4), (bench.Unit.Conflicts(0, 1), bench.Unit.Conflicts(0, 2), bench.Unit.Conflicts(1, 2)));
    }

    [Fact]
    public void A_port_sustains_an_access_every_cycle()
    {
        var bench = new SramBench(s_single, 2);
        for (int i = 0; i < 100; i++)
        {
            bench.At(0, 0, (uint)(i % 8 * 64), 64);
            bench.At(0, 1, (uint)(((i + 4) % 8) * 64), 64, write: true);
        }

        bench.Run.Run(110);
        Assert.Equal(Enumerable.Range(2, 100), bench.Answers(0).Select(a => (int)a.Edge));
        Assert.Equal(Enumerable.Range(2, 100), bench.Answers(1).Select(a => (int)a.Edge));
        Assert.Equal(6400, bench.Unit.State.ReadBytes);
    }

    [Fact]
    public void A_requester_that_takes_no_answers_holds_no_bank_and_keeps_nobody_awake()
    {
        var bench = new SramBench(s_single, 2);
        bench.Deafen(0);
        for (int i = 0; i < 10; i++)
            bench.At(0, 0, 0);
        bench.At(20, 1, 0);
        bench.Run.Run(200);
        Assert.Equal(4 + 1, bench.Unit.State.Reads); // as many as its channel holds, and the neighbour's
        Assert.Equal(22, bench.Answers(1)[0].Edge);
        Assert.InRange(bench.UnitEvaluations, 1, 20);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Random_traffic_reads_what_was_granted_before_and_every_conflict_is_in_the_pair_table(bool dual)
    {
        SramBench bench = Traffic(dual, 0, false, false);
        long bankCycles = 0;
        bench.Run.Run(4000, () =>
        {
            Assert.InRange(bench.Unit.State.BankCycles - bankCycles, 0, dual ? 32 : 16);
            bankCycles = bench.Unit.State.BankCycles;
        });
        ScratchpadState state = bench.Unit.State;
        long pairs = 0;
        for (int winner = 0; winner < 4; winner++)
        {
            Assert.Equal(0, bench.Unit.Conflicts(winner, winner));
            for (int loser = 0; loser < 4; loser++)
                pairs += bench.Unit.Conflicts(winner, loser);
        }

        Assert.Equal(state.Conflicts, pairs);
        Assert.True(pairs > 100);
        Assert.Equal(4 * 500, state.Reads + state.Writes);
        Assert.Equal(state.Ledger.Total, state.Ledger[Ledger.Idle] + state.Ledger[Ledger.Busy]);

        // Priority order within an edge is the order of the ports, also for a read beside a write of one bank.
        byte[] memory = new byte[Bytes];
        foreach ((long _, int port, ScratchpadResponse answer) in Enumerable.Range(0, 4)
            .SelectMany(p => bench.Answers(p).Select(a => (a.Edge, Port: p, a.Response))).OrderBy(a => a.Edge).ThenBy(a => a.Port))
        {
            if (answer.Write != 0)
                memory.AsSpan((int)answer.Address, answer.Length).Fill((byte)(port + 1));
            else
                Assert.True(memory.AsSpan((int)answer.Address, answer.Length).SequenceEqual(Line64.ReadSpan(in answer.Data)[..answer.Length]));
        }
    }

    [Fact]
    public void Skipping_and_the_order_of_evaluation_change_no_cycle_and_no_byte()
    {
        ulong[][] runs = [.. new[] { (true, false), (false, false), (true, true), (false, true) }.Select(mode =>
        {
            SramBench bench = Traffic(true, 40, mode.Item1, mode.Item2);
            var hashes = new List<ulong>();
            bench.Run.Run(3000, () => hashes.Add(bench.Hash()));
            return hashes.ToArray();
        })];
        for (int i = 1; i < runs.Length; i++)
            Assert.Equal(runs[0], runs[i]);
    }

    [Fact]
    public void Banks_too_few_for_a_whole_access_are_refused()
    {
        ScratchpadPort[] narrow = [Port(64)], wide = [Port(128)];
        Assert.Throws<ArgumentException>(() => new Scratchpad(new ScratchpadConfig(Bytes, 4, 8, false), narrow));
        Assert.Throws<ArgumentException>(() => new Scratchpad(new ScratchpadConfig(Bytes, 8, 8, false), wide));
        _ = new Scratchpad(new ScratchpadConfig(Bytes, 8, 8, false), narrow);
        _ = new Scratchpad(new ScratchpadConfig(Bytes, 16, 8, false), wide);
    }

    [Theory]
    [InlineData(16, 32, 512, 0x200)]  // all banks
    [InlineData(64, 8, 512, 0x200)]   // as many as there can be
    [InlineData(16, 32, 128, 0x80)]
    [InlineData(16, 32, 128, 0xA0)]   // not from the start of its line
    public void A_wide_access_moves_its_row_at_one_edge_and_takes_every_bank_that_it_touches(int banks, int bankBytes, int width, int address)
    {
        var clock = new ClockDomain("core", 1000);
        int requester = clock.Register("requester"), unit = clock.Register("scratchpad");
        ScratchpadPort reader = Port(clock, requester, unit, width), writer = Port(clock, requester, unit, width), other = Port(clock, requester, unit, 64);
        var scratchpad = new Scratchpad(new ScratchpadConfig(Bytes, banks, bankBytes, false), [writer, reader, other]);
        int length = width - (address & (width - 1));
        byte[] bytes = [.. Enumerable.Range(0, length).Select(i => (byte)(i * 7))];
        writer.PushWrite((uint)address, bytes, 0);
        scratchpad.Evaluate(1);
        ScratchpadRequest.PushRead(reader.Request, (uint)address, length, 5, 1);
        ScratchpadRequest.PushRead(other.Request, (uint)(address + length - 1), 1, 6, 1); // the last bank
        scratchpad.Evaluate(2);
        Assert.True(reader.Response.CanPop(3));
        Assert.False(other.Response.CanPop(3));
        Assert.Equal(1, scratchpad.Conflicts(1, 2));
        Assert.Equal(bytes, reader.BytesOf(in reader.Response.Peek(3)).ToArray());
        Assert.Equal((length + bankBytes - 1) / bankBytes * 2, scratchpad.State.BankCycles);
        reader.DiscardRead(3);
        scratchpad.Evaluate(3);
        Assert.True(other.Response.CanPop(4));
        Assert.Equal(bytes[^1], other.BytesOf(in other.Response.Peek(4))[0]);
    }

    private static ScratchpadPort Port(int width)
    {
        var clock = new ClockDomain("core", 1000);
        return Port(clock, clock.Register("requester"), clock.Register("scratchpad"), width);
    }

    private static ScratchpadPort Port(ClockDomain clock, int requester, int unit, int width) =>
        new("p", new(clock, requester, unit, 2), new(clock, unit, requester, 4), width > 64 ? new WideLines(width, 4) : null);

    private static SramBench Traffic(bool dual, uint stallPercent, bool everyCycle, bool reversed)
    {
        var bench = new SramBench(dual ? s_dual : s_single, 4, stallPercent, everyCycle, reversed);
        var random = new TestRandom(77);
        long edge = 0;
        for (int i = 0; i < 500; i++)
        {
            edge += random.Next(10) == 0 ? random.Next(30) : random.Next(3);
            for (int port = 0; port < 4; port++)
            {
                int offset = random.Next(64), length = 1 + random.Next(64 - offset);
                bench.At(edge, port, (uint)((random.Next(12) * 64) + offset), length, random.Next(2) == 0, (byte)(port + 1));
            }
        }

        return bench;
    }
}
