using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Schedulers, page policies, refresh and queues that a configuration can choose, each probed where it decides.</summary>
public class HbmPolicyTests
{
    // Map M1: column from bit 5, pseudo-channel 10, bank group 11, bank 13, row 15.
    private const ulong Column = 1UL << 5;
    private const ulong Other = 1UL << 10;
    private const ulong Group = 1UL << 11;
    private const ulong Bank = 1UL << 13;
    private const ulong Row = 1UL << 15;

    private static readonly HbmConfig Quiet = new() { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off };

    private static HbmBench Run(HbmConfig config, IEnumerable<HbmTraceItem> trace)
    {
        HbmBench bench = new(config);
        bench.Run([.. trace]);
        HbmLegality.Check(bench.Log, config);
        return bench;
    }

    private static HbmBench Run(HbmConfig config, params (long Stamp, char Operation, ulong Address)[] requests) =>
        Run(config, requests.Select(r => new HbmTraceItem(r.Stamp, r.Operation == 'W', r.Address)));

    private static IEnumerable<HbmCommandRecord> Records(HbmBench bench) => Enumerable.Range(0, bench.Log.Count).Select(i => bench.Log[i]);

    private static long[] Edges(HbmBench bench, HbmCommand command) => [.. Records(bench).Where(r => r.Command == command).Select(r => r.Edge)];

    // Reads and writes as they went over the column bus.
    private static string Order(HbmBench bench) =>
        string.Concat(Records(bench).Where(r => r.Command is HbmCommand.Read or HbmCommand.Write).Select(r => r.Command == HbmCommand.Read ? 'R' : 'W'));

    [Fact]
    public void First_come_first_served_opens_no_row_for_a_younger_request()
    {
        (long, char, ulong)[] requests = [(0, 'R', 0), (0, 'R', Group), (0, 'R', 2 * Group)];
        Assert.Equal("ACT@1 RD@16 ACT@17 RD@32 ACT@33 RD@48", Run(Quiet with { Scheduler = HbmScheduler.Fcfs }, requests).Commands(0, 100));
        Assert.Equal("ACT@1 ACT@5 ACT@9 RD@16 RD@20 RD@24", Run(Quiet, requests).Commands(0, 100));
    }

    [Theory]
    [InlineData(3, "RRRRRRRRRRRRWWW")]
    [InlineData(4, "RWWWRRRRRRRRRRRW")]
    public void Writes_go_while_reads_wait_from_the_high_mark_on_down_to_the_low_one(int writes, string order)
    {
        // A row is open; then come eleven reads and some writes to it at once.
        HbmConfig config = Quiet with { Scheduler = HbmScheduler.FrFcfsGrouped, Queue = HbmQueueKind.ReadWrite, QueueEntries = 16, WriteHigh = 4, WriteLow = 1 };
        IEnumerable<HbmTraceItem> trace = [new(0, false, 0), .. Enumerable.Range(1, 11).Select(i => new HbmTraceItem(100, false, (ulong)i * Column)),
            .. Enumerable.Range(20, writes).Select(i => new HbmTraceItem(100, true, (ulong)i * Column))];
        HbmBench bench = new(config);
        bench.Run([.. trace], perCycle: 16);
        Assert.Equal(order, Order(bench));
    }

    [Fact]
    public void A_grouping_scheduler_writes_when_no_read_is_there_and_a_read_waits_for_an_older_write_to_its_burst()
    {
        HbmConfig config = Quiet with { Scheduler = HbmScheduler.FrFcfsGrouped };
        HbmBench bench = Run(config, (0, 'W', 0), (0, 'R', 0), (0, 'W', 0), (200, 'W', Column));
        Assert.Equal("WRWW", Order(bench));
    }

    [Theory]
    [InlineData(34, 5, 36)] // ACT at 1 and 2, RD at 16: tRAS decides
    [InlineData(35, 5, 37)]
    [InlineData(17, 5, 21)] // tRTP does
    [InlineData(17, 6, 22)]
    public void A_closed_page_is_precharged_as_soon_as_its_timings_let_it(int ras, int rtp, int at)
    {
        HbmTiming timing = new() { Ras = ras, Rtp = rtp };
        HbmBench bench = Run(Quiet with { Page = HbmPage.Closed, Timing = timing }, (0, 'R', 0), (400, 'R', Column));
        Assert.Equal($"ACT@1 RD@16 PRE@{at} ACT@401 RD@416", bench.Commands(0, 420));
        Assert.Equal("ACT@1 RD@16 RD@401", Run(Quiet with { Timing = timing }, (0, 'R', 0), (400, 'R', Column)).Commands(0, 1000));
    }

    [Fact]
    public void A_closed_page_stays_open_for_a_waiting_request()
    {
        HbmBench bench = Run(Quiet with { Page = HbmPage.Closed, Timing = new HbmTiming { CcdLong = 60 } }, (0, 'R', 0), (0, 'R', Column));
        Assert.Equal("ACT@1 RD@16 RD@76", bench.Commands(0, 80));
    }

    [Fact]
    public void An_adaptive_page_closes_after_two_conflicts_and_stays_open_again_after_being_wrong()
    {
        HbmConfig config = Quiet with { Page = HbmPage.Adaptive };
        HbmBench bench = Run(config, (0, 'R', 0), (100, 'R', Row), (200, 'R', 2 * Row), (300, 'R', 2 * Row), (400, 'R', (2 * Row) + Column));
        long[] closed = Edges(bench, HbmCommand.Precharge);
        Assert.Equal(3, closed.Length);
        Assert.Equal([101, 201], closed[..2]);
        Assert.InRange(closed[2], 202, 300); // two conflicts taught it; the read at 300 then finds its row closed, and at 400 it is open
        Assert.Equal(4, bench.Controller.State.PseudoChannels[0].Activates);
    }

    [Theory]
    [InlineData(244)]
    [InlineData(245)]
    public void Single_banks_are_refreshed_in_turn_each_interval(int interval)
    {
        HbmConfig config = Quiet with { Refresh = HbmRefresh.PerBank, Timing = new HbmTiming { RefiBank = interval } };
        HbmBench bench = Run(config, (32L * interval, 'R', 0));
        HbmCommandRecord[] first = [.. Records(bench).Where(r => r.Command == HbmCommand.RefreshBank && r.PseudoChannel == 1)];
        Assert.Equal(Enumerable.Range(1, first.Length).Select(i => (long)i * interval), first.Select(r => r.Edge));
        Assert.Equal(Enumerable.Range(0, 16), first.Take(16).Select(r => (int)r.Bank).Order());
        Assert.Equal(Enumerable.Range(0, 15), first.Skip(16).Take(15).Select(r => (int)r.Bank).Order()); // a new round
    }

    [Theory]
    [InlineData(160)]
    [InlineData(161)]
    public void A_bank_under_refresh_waits_exactly_tRFCpb_and_another_exactly_tRREFD(int wait)
    {
        // Pseudo-channel 1 is due at 244; nothing waits, so bank 0 goes first.
        HbmConfig config = Quiet with { Refresh = HbmRefresh.PerBank, Timing = new HbmTiming { RfcBank = wait, Rrefd = wait - 150 } };
        HbmBench bench = Run(config, (245, 'R', Other), (245, 'R', Other + Group));
        long refresh = Records(bench).First(r => r.Command == HbmCommand.RefreshBank && r.PseudoChannel == 1).Edge;
        HbmCommandRecord[] activates = [.. Records(bench).Where(r => r.Command == HbmCommand.Activate)];
        Assert.Equal(244, refresh);
        Assert.Equal((4, wait - 150 - 1L), ((int)activates[0].Bank, activates[0].Edge - refresh)); // second cycle
        Assert.Equal((0, wait - 1L), ((int)activates[1].Bank, activates[1].Edge - refresh));
    }

    [Fact]
    public void An_open_bank_is_closed_for_its_refresh_and_the_others_go_on()
    {
        HbmConfig config = Quiet with { Refresh = HbmRefresh.PerBank };
        HbmBench bench = new(config);
        bench.Run([.. Enumerable.Range(0, 2000).Select(i => new HbmTraceItem(i * 4, false, (ulong)(i % 16) * Group))]);
        HbmLegality.Check(bench.Log, config);
        Assert.InRange(bench.Controller.State.PseudoChannels[0].BankRefreshes, 30, 34);
        Assert.Equal(0, bench.Controller.State.PseudoChannels[0].Refreshes);
        foreach (HbmCommandRecord refresh in Records(bench).Where(r => r.Command == HbmCommand.RefreshBank && r.PseudoChannel == 0 && r.Edge < 7000))
            Assert.Contains(Records(bench), r => r.Command == HbmCommand.Read && r.Edge > refresh.Edge && r.Edge < refresh.Edge + 60);
    }

    [Theory]
    [InlineData(0, 3900)]
    [InlineData(1, 3900)]
    [InlineData(2, 7800)]
    [InlineData(8, 31200)]
    public void A_refresh_is_put_off_while_requests_wait_and_at_most_so_long(int postpone, long begins)
    {
        // Row hits without end; tCCDL leaves the queue never empty.
        HbmConfig config = Quiet with { Refresh = HbmRefresh.AllBank, Postpone = postpone };
        HbmBench bench = new(config, 1 << 17);
        bench.Run([.. Enumerable.Range(0, 12_000).Select(i => new HbmTraceItem(0, false, (ulong)(i % 32) * Column))]);
        HbmLegality.Check(bench.Log, config);
        Assert.InRange(Records(bench).First(r => r.Command == HbmCommand.PrechargeAll && r.PseudoChannel == 0).Edge, begins, begins + 5);
    }

    [Fact]
    public void What_is_owed_is_refreshed_as_soon_as_nobody_waits()
    {
        HbmConfig config = Quiet with { Refresh = HbmRefresh.AllBank, Postpone = 8 };
        HbmBench bench = new(config, 1 << 17);
        bench.Run([.. Enumerable.Range(0, 3000).Select(i => new HbmTraceItem(0, false, (ulong)(i % 32) * Column)), new(18_000, false, Other)]);
        HbmLegality.Check(bench.Log, config);
        long[] refreshes = [.. Records(bench).Where(r => r.Command == HbmCommand.RefreshAll && r.PseudoChannel == 0).Select(r => r.Edge)];
        Assert.InRange(refreshes[0], 12_000, 12_100); // three were owed when the hits ended
        Assert.Equal([260, 260], [refreshes[1] - refreshes[0], refreshes[2] - refreshes[1]]);
        Assert.InRange(refreshes[3], 4 * 3900, (4 * 3900) + 1); // both pseudo-channels are due, and one has the row bus
    }

    [Fact]
    public void Buses_of_their_own_let_pseudo_channels_issue_at_once_and_take_one_command_a_cycle()
    {
        HbmConfig config = Quiet with { Buses = HbmBuses.OneEach, Timing = new HbmTiming { ActivateClocks = 1 } };
        HbmBench bench = Run(config, (0, 'R', 0), (0, 'R', Other), (100, 'R', Row), (100, 'R', Column), (100, 'R', Group));
        Assert.Equal("ACT@1 ACT@1 RD@15 RD@15", bench.Commands(0, 50));
        Assert.Equal("RD@1 ACT@2 PRE@6 RD@16 ACT@20 RD@34", bench.Commands(100, 200)); // the hit goes first, then the bank of another group
    }

    [Theory]
    [InlineData(HbmQueueKind.Shared, 4)]
    [InlineData(HbmQueueKind.ReadWrite, 8)]
    [InlineData(HbmQueueKind.Bank, 12)]
    public void A_queue_takes_as_many_as_its_kind_says(HbmQueueKind kind, int taken)
    {
        // Four entries each: of the pseudo-channel, of reads and writes, of the three banks that are asked for.
        HbmBench bench = new(Quiet with { Queue = kind, QueueEntries = 4 });
        HbmRequest request = new() { ByteEnable = uint.MaxValue };
        int count = 0;
        for (int i = 0; i < 30; i++)
        {
            request.Address = ((ulong)(i % 3) * Group) + ((ulong)i * Column);
            request.Write = (byte)(i & 1);
            if (bench.Controller.TryAccept(in request, 0, 0))
                count++;
        }

        Assert.Equal(taken, count);
    }

    [Fact]
    public void A_starved_request_holds_up_its_own_bank_and_not_the_others()
    {
        // Bank 0 has hits without end and a conflict that starves at 300; another bank's hits go on while that row is opened.
        HbmConfig config = Quiet with { StarvationCycles = 200, QueueEntries = 64 };
        List<HbmTraceItem> trace = [new(0, false, 0), new(0, false, Group), new(100, false, Row)];
        for (int i = 0; i < 400; i++)
            trace.Add(new(100 + (i * 2), false, (ulong)(i % 2) * Group + ((ulong)(i % 32) * Column)));
        HbmBench bench = new(config);
        bench.Run(trace);
        HbmLegality.Check(bench.Log, config);
        long closed = Edges(bench, HbmCommand.Precharge)[0];
        Assert.InRange(closed, 300, 305); // tRTP after the bank's last hit
        Assert.DoesNotContain(Records(bench), r => r.Command == HbmCommand.Read && r.Bank == 0 && r.Edge > closed && r.Edge < closed + 28);
        Assert.Contains(Records(bench), r => r.Command == HbmCommand.Read && r.Bank == 4 && r.Edge > closed && r.Edge < closed + 28);
        Assert.InRange(trace[2].DoneAt, 300 + 44, 300 + 60);
    }
}
