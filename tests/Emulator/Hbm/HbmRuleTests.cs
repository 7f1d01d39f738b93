using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// One probe a timing rule: a case in which that rule alone holds the command back. The command comes exactly at N and,
/// with the timing one longer, exactly one cycle later; so it is neither free at N - 1 nor held beyond N.
/// </summary>
public class HbmRuleTests
{
    // Map M1: column from bit 5, pseudo-channel 10, bank group 11, bank 13, row 15.
    private const ulong Column = 1UL << 5;
    private const ulong Group = 1UL << 11;
    private const ulong Bank = 1UL << 13;
    private const ulong Row = 1UL << 15;

    private static readonly HbmTiming Base = new() { Faw = 1 };

    private static HbmCommandLog Run(HbmTiming timing, params (long Stamp, char Operation, ulong Address)[] requests)
    {
        HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Timing = timing });
        bench.Run([.. requests.Select(r => new HbmTraceItem(r.Stamp, r.Operation == 'W', r.Address))]);
        HbmLegality.Check(bench.Log, bench.Config);
        return bench.Log;
    }

    /// <summary>Edges between the n-th command of one kind and the m-th of another.</summary>
    private static long Gap(HbmCommandLog log, HbmCommand first, int n, HbmCommand second, int m) => Edge(log, second, m) - Edge(log, first, n);

    private static long Edge(HbmCommandLog log, HbmCommand command, int n)
    {
        for (int i = 0; i < log.Count; i++)
        {
            if (log[i].Command == command && n-- == 0)
                return log[i].Edge;
        }

        throw new Xunit.Sdk.XunitException($"No {command} in the log.");
    }

    [Fact]
    public void A_row_is_not_closed_at_the_edge_at_which_a_request_for_it_arrives()
    {
        HbmTiming timing = Base with { Ras = 10, Rtp = 1 }; // PRE may follow the read at the next edge
        for (int stamp = 2; stamp < 60; stamp++)
        {
            HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Timing = timing });
            bench.Run([new(0, false, 0), new(1, false, Row), new(stamp, false, Column)], early: true);
            long closed = Edge(bench.Log, HbmCommand.Precharge, 0);
            Assert.Equal(stamp <= closed, Edge(bench.Log, HbmCommand.Read, 1) < closed);
        }
    }

    [Theory]
    [InlineData(14)]
    [InlineData(15)]
    public void Read_after_activate_waits_exactly_tRCDRD_from_its_second_cycle(int wait) =>
        Assert.Equal(wait + 1, Gap(Run(Base with { RcdRead = wait }, (0, 'R', 0)), HbmCommand.Activate, 0, HbmCommand.Read, 0));

    [Theory]
    [InlineData(12)]
    [InlineData(13)]
    public void Write_after_activate_waits_exactly_tRCDWR_from_its_second_cycle(int wait) =>
        Assert.Equal(wait + 1, Gap(Run(Base with { RcdWrite = wait }, (0, 'W', 0)), HbmCommand.Activate, 0, HbmCommand.Write, 0));

    [Theory]
    [InlineData(34)]
    [InlineData(35)]
    public void Precharge_after_activate_waits_exactly_tRAS_from_its_second_cycle(int wait) =>
        Assert.Equal(wait + 1, Gap(Run(Base with { Ras = wait }, (0, 'R', 0), (1, 'R', Row)), HbmCommand.Activate, 0, HbmCommand.Precharge, 0));

    [Theory]
    [InlineData(60)]
    [InlineData(61)]
    public void Activate_after_activate_of_one_bank_waits_exactly_tRC(int wait) =>
        Assert.Equal(wait, Gap(Run(Base with { Rc = wait }, (0, 'R', 0), (1, 'R', Row)), HbmCommand.Activate, 0, HbmCommand.Activate, 1));

    [Theory]
    [InlineData(14)]
    [InlineData(15)]
    public void Activate_after_precharge_has_its_second_cycle_exactly_tRP_later(int wait) =>
        Assert.Equal(wait - 1, Gap(Run(Base with { Rp = wait }, (0, 'R', 0), (100, 'R', Row)), HbmCommand.Precharge, 0, HbmCommand.Activate, 1));

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void Precharge_after_read_waits_exactly_tRTP(int wait) =>
        Assert.Equal(wait, Gap(Run(Base with { Rtp = wait }, (0, 'R', 0), (100, 'R', Column), (101, 'R', Row)), HbmCommand.Read, 1, HbmCommand.Precharge, 0));

    [Theory]
    [InlineData(16)]
    [InlineData(17)]
    public void Precharge_after_write_waits_exactly_tWR_from_the_end_of_the_burst(int wait) =>
        Assert.Equal(5 + 2 + wait, Gap(Run(Base with { Wr = wait }, (0, 'W', 0), (100, 'W', Column), (101, 'R', Row)), HbmCommand.Write, 1, HbmCommand.Precharge, 0));

    [Theory]
    [InlineData(4)]
    [InlineData(5)]
    public void Activate_of_another_group_waits_exactly_tRRDS(int wait) =>
        Assert.Equal(wait, Gap(Run(Base with { RrdShort = wait, RrdLong = 9 }, (0, 'R', 0), (0, 'R', Group)), HbmCommand.Activate, 0, HbmCommand.Activate, 1));

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void Activate_of_the_same_group_waits_exactly_tRRDL(int wait) =>
        Assert.Equal(wait, Gap(Run(Base with { RrdLong = wait }, (0, 'R', 0), (0, 'R', Bank)), HbmCommand.Activate, 0, HbmCommand.Activate, 1));

    [Theory]
    [InlineData(30)]
    [InlineData(31)]
    public void A_fifth_activate_waits_exactly_tFAW_from_the_first(int wait) =>
        Assert.Equal(wait, Gap(
            Run(Base with { Faw = wait }, (0, 'R', 0), (0, 'R', Group), (0, 'R', 2 * Group), (0, 'R', 3 * Group), (0, 'R', Bank)),
            HbmCommand.Activate, 0, HbmCommand.Activate, 4));

    [Theory]
    [InlineData('R', 2)]
    [InlineData('R', 3)]
    [InlineData('W', 2)]
    [InlineData('W', 3)]
    public void Column_commands_of_two_groups_are_exactly_tCCDS_apart(char operation, int wait)
    {
        HbmCommand command = operation == 'R' ? HbmCommand.Read : HbmCommand.Write;
        HbmCommandLog log = Run(
            Base with { CcdShort = wait, CcdLong = 9 },
            (0, operation, 0), (0, operation, Group), (100, operation, Column), (100, operation, Group + Column));
        Assert.Equal(wait, Gap(log, command, 2, command, 3));
    }

    [Theory]
    [InlineData('R', 4)]
    [InlineData('R', 5)]
    [InlineData('W', 4)]
    [InlineData('W', 5)]
    public void Column_commands_of_one_group_are_exactly_tCCDL_apart(char operation, int wait)
    {
        HbmCommand command = operation == 'R' ? HbmCommand.Read : HbmCommand.Write;
        HbmCommandLog log = Run(Base with { CcdLong = wait }, (0, operation, 0), (100, operation, Column), (100, operation, 2 * Column));
        Assert.Equal(wait, Gap(log, command, 1, command, 2));
    }

    [Theory]
    [InlineData(6)]
    [InlineData(7)]
    public void Read_of_another_group_waits_exactly_tWTRS_from_the_end_of_the_write(int wait)
    {
        HbmCommandLog log = Run(
            Base with { WtrShort = wait, WtrLong = 12 }, (0, 'R', 0), (0, 'R', Group), (100, 'W', 0), (101, 'R', Group));
        Assert.Equal(5 + 2 + wait, Gap(log, HbmCommand.Write, 0, HbmCommand.Read, 2));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void Read_of_the_same_group_waits_exactly_tWTRL_from_the_end_of_the_write(int wait)
    {
        HbmCommandLog log = Run(Base with { WtrLong = wait }, (0, 'R', 0), (100, 'W', 0), (101, 'R', Column));
        Assert.Equal(5 + 2 + wait, Gap(log, HbmCommand.Write, 0, HbmCommand.Read, 1));
    }

    [Theory]
    [InlineData(13)]
    [InlineData(14)]
    public void Write_after_read_waits_exactly_tRTW(int wait)
    {
        HbmCommandLog log = Run(Base with { Rtw = wait }, (0, 'R', 0), (100, 'R', Column), (101, 'W', 2 * Column));
        Assert.Equal(wait, Gap(log, HbmCommand.Read, 1, HbmCommand.Write, 0));
    }

    [Theory]
    [InlineData(14)]
    [InlineData(20)]
    public void A_read_burst_ends_CL_and_two_cycles_after_its_command(int wait)
    {
        HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Timing = Base with { Cl = wait } });
        HbmTraceItem item = new(0, false, 0);
        bench.Run([item]);
        Assert.Equal(Edge(bench.Log, HbmCommand.Read, 0) + wait + 2, item.DoneAt);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(6)]
    public void A_write_burst_ends_CWL_and_two_cycles_after_its_command(int wait)
    {
        HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Timing = Base with { Cwl = wait } });
        HbmTraceItem item = new(0, true, 0);
        bench.Run([item]);
        Assert.Equal(Edge(bench.Log, HbmCommand.Write, 0) + wait + 2, item.DoneAt);
    }

    [Fact]
    public void An_activate_keeps_the_row_bus_for_two_cycles_and_a_precharge_for_one()
    {
        const ulong other = 1UL << 10;
        HbmCommandLog log = Run(Base, (0, 'R', 0), (0, 'R', other), (100, 'R', Row), (100, 'R', Row + other));
        Assert.Equal(2, Gap(log, HbmCommand.Activate, 0, HbmCommand.Activate, 1));
        Assert.Equal(1, Gap(log, HbmCommand.Precharge, 0, HbmCommand.Precharge, 1));
    }

    [Fact]
    public void The_column_bus_takes_one_command_a_cycle_from_both_pseudo_channels()
    {
        const ulong other = 1UL << 10;
        HbmCommandLog log = Run(Base, (0, 'R', 0), (0, 'R', other), (100, 'R', Column), (100, 'R', Column + other));
        Assert.Equal(1, Gap(log, HbmCommand.Read, 2, HbmCommand.Read, 3));
    }

    [Theory]
    [InlineData(260)]
    [InlineData(261)]
    public void An_activate_after_refresh_has_its_second_cycle_exactly_tRFC_later(int wait)
    {
        HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM1, Timing = Base with { Rfc = wait } });
        bench.Run([new HbmTraceItem(3910, false, 0)]);
        Assert.Equal(3900, Edge(bench.Log, HbmCommand.RefreshAll, 0));
        Assert.Equal(wait - 1, Gap(bench.Log, HbmCommand.RefreshAll, 0, HbmCommand.Activate, 0));
    }

    [Theory]
    [InlineData(3900)]
    [InlineData(3901)]
    public void Refreshes_come_exactly_tREFI_apart_when_idle(int wait)
    {
        HbmBench bench = new(new HbmConfig { Map = HbmBench.MapM1, Timing = Base with { Refi = wait } });
        bench.Run([new HbmTraceItem((2L * wait) + 20, false, 0)]);
        Assert.Equal(wait, Edge(bench.Log, HbmCommand.RefreshAll, 0));
        Assert.Equal(wait, Gap(bench.Log, HbmCommand.RefreshAll, 0, HbmCommand.RefreshAll, 2));
    }

    [Fact]
    public void Row_hits_pass_an_older_conflict_until_it_starves()
    {
        HbmConfig config = new() { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, StarvationCycles = 200, QueueEntries = 16 };
        HbmBench bench = new(config);
        List<HbmTraceItem> trace = [new(0, false, 0)];
        HbmTraceItem conflict = new(50, false, Row);
        for (int i = 0; i < 8; i++)
            trace.Add(new HbmTraceItem(50, false, (ulong)i * Column));
        trace.Add(conflict);
        for (int i = 0; i < 600; i++)
            trace.Add(new HbmTraceItem(51 + (i * 4), false, (ulong)(i % 32) * Column));
        bench.Run(trace);

        // Hits to the open row alone would run to the end of the trace.
        Assert.True(bench.Controller.State.PseudoChannels[0].RowConflicts >= 2);
        Assert.InRange(conflict.Latency, 200, 200 + 60);
        HbmLegality.Check(bench.Log, config);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(201)]
    public void A_request_starves_at_exactly_the_stated_age(int age)
    {
        // Hits to the open row come every 50 cycles and always wait in the queue: only starvation closes the row.
        HbmConfig config = new()
        {
            Map = HbmBench.MapM1,
            Refresh = HbmRefresh.Off,
            StarvationCycles = age,
            Timing = Base with { CcdLong = 50 },
        };
        HbmBench bench = new(config);
        List<HbmTraceItem> trace = [new(0, false, 0), new(100, false, Row)];
        for (int i = 0; i < 20; i++)
            trace.Add(new HbmTraceItem(100, false, (ulong)i * Column));
        bench.Run(trace);
        Assert.Equal(100 + age, Edge(bench.Log, HbmCommand.Precharge, 0));
    }
}
