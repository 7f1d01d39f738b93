using HybridEmu.Checker;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>When a channel falls asleep, what it does first, and what waking costs.</summary>
public class HbmPowerTests
{
    // Map M1: column from bit 5, pseudo-channel 10, bank group 11, bank 13, row 15.
    private const ulong OtherPseudoChannel = 1UL << 10;

    private static readonly HbmConfig Base = new() { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off };

    private static HbmBench Run(HbmConfig config, params (long Stamp, char Operation, ulong Address)[] requests)
    {
        HbmBench bench = new(config);
        bench.Run([.. requests.Select(r => new HbmTraceItem(r.Stamp, r.Operation == 'W', r.Address))]);
        HbmLegality.Check(bench.Log, config);
        return bench;
    }

    private static long Edge(HbmBench bench, HbmCommand command, int n = 0)
    {
        for (int i = 0; i < bench.Log.Count; i++)
        {
            if (bench.Log[i].Command == command && n-- == 0)
                return bench.Log[i].Edge;
        }

        throw new Xunit.Sdk.XunitException($"No {command} in the log.");
    }

    [Fact]
    public void A_channel_that_is_not_told_to_sleep_never_does()
    {
        HbmBench bench = Run(Base, (0, 'R', 0), (100_000, 'R', 0));
        Assert.Equal("ACT@1 RD@16 RD@100001", bench.Commands(0, 200_000));
        Assert.Equal(0, bench.Controller.State.StandbyCycles[(int)HbmStandby.PowerDown]);
    }

    [Theory]
    [InlineData(20)]
    [InlineData(21)]
    public void Rows_are_closed_and_power_down_entered_exactly_the_idle_cycles_after_the_last_burst(int idle)
    {
        // The first burst ends at 16 + 14 + 2, long after tRAS of the row would not hold the PREA back: 1 + 1 + 34.
        HbmBench bench = Run(Base with { PowerDown = idle }, (0, 'R', 0), (1000, 'R', 0));
        Assert.Equal($"ACT@1 RD@16 PREA@{32 + idle} PDE@{33 + idle} PDX@1001 ACT@1008 RD@1023", bench.Commands(0, 2000));
        Assert.Equal(1001 - 33 - idle, bench.Controller.State.StandbyCycles[(int)HbmStandby.PowerDown]);
    }

    [Fact]
    public void An_open_row_is_closed_no_sooner_than_its_timings_allow()
    {
        HbmBench bench = Run(Base with { PowerDown = 1 }, (0, 'W', 0), (200, 'R', 0));

        // WR at 1 + 1 + tRCDWR, its burst's end at +7, tWR.
        Assert.Equal("ACT@1 WR@14 PREA@37 PDE@38 PDX@201", bench.Commands(0, 202));
    }

    [Fact]
    public void Both_pseudo_channels_sleep_and_wake_together()
    {
        HbmBench bench = Run(Base with { PowerDown = 20 }, (0, 'R', 0), (40, 'R', OtherPseudoChannel), (500, 'R', OtherPseudoChannel));
        Assert.Equal("ACT@1 RD@16 ACT@41 RD@56 PREA@92 PREA@93 PDE@94 PDX@501 ACT@508 RD@523", bench.Commands(0, 1000));
        Assert.Equal(1, bench.Log.CountOf(HbmCommand.PowerDownEnter));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void An_activate_after_power_down_has_its_second_cycle_exactly_tXP_later(int wait)
    {
        HbmBench bench = Run(Base with { PowerDown = 20, Timing = new HbmTiming { Xp = wait } }, (0, 'R', 0), (500, 'R', 0));
        Assert.Equal(501 + wait - 1, Edge(bench, HbmCommand.Activate, 1));
    }

    [Theory]
    [InlineData(268)]
    [InlineData(269)]
    public void An_activate_after_self_refresh_has_its_second_cycle_exactly_tXS_later(int wait)
    {
        HbmBench bench = Run(Base with { SelfRefresh = 20, Timing = new HbmTiming { Xs = wait } }, (0, 'R', 0), (500, 'R', 0));
        Assert.Equal("ACT@1 RD@16 PREA@52 SRE@66 SRX@501", bench.Commands(0, 502));
        Assert.Equal(501 + wait - 1, Edge(bench, HbmCommand.Activate, 1));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(9)]
    public void A_power_down_lasts_at_least_tCKE_and_a_self_refresh_one_more(int wait)
    {
        HbmTiming timing = new() { Cke = wait };
        Assert.Equal(53 + wait, Edge(Run(Base with { PowerDown = 20, Timing = timing }, (0, 'R', 0), (54, 'R', 0)), HbmCommand.PowerDownExit));
        Assert.Equal(66 + wait + 1, Edge(Run(Base with { SelfRefresh = 20, Timing = timing }, (0, 'R', 0), (67, 'R', 0)), HbmCommand.SelfRefreshExit));
    }

    [Fact]
    public void Self_refresh_leaves_power_down_first()
    {
        HbmBench bench = Run(Base with { PowerDown = 20, SelfRefresh = 100 }, (0, 'R', 0), (1000, 'R', 0));
        Assert.Equal("PREA@52 PDE@53 PDX@132 SRE@140 SRX@1001", bench.Commands(0, 1002)[^"PREA@52 PDE@53 PDX@132 SRE@140 SRX@1001".Length..]);
    }

    [Fact]
    public void A_refresh_that_is_due_ends_a_power_down_which_goes_on_when_it_is_over()
    {
        HbmBench bench = Run(Base with { Refresh = HbmRefresh.AllBank, PowerDown = 20 }, (4500, 'R', 0));

        // Both pseudo-channels are due at 3900; REF tXP after PDX; the second one's tRFC ends at 3909 + 260 - 1.
        Assert.Equal("PDE@20 PDX@3900 REF@3908 REF@3909 PDE@4168 PDX@4501 ACT@4508 RD@4523", bench.Commands(0, 5000));
    }

    [Fact]
    public void A_self_refresh_pays_and_the_next_refresh_is_due_one_interval_after_it()
    {
        HbmBench bench = Run(Base with { Refresh = HbmRefresh.AllBank, SelfRefresh = 100 }, (20_000, 'R', 0), (26_000, 'R', 0));
        Assert.Equal(20_001, Edge(bench, HbmCommand.SelfRefreshExit));
        Assert.Equal(20_001 + 3900, Edge(bench, HbmCommand.RefreshAll));
    }

    [Fact]
    public void Between_two_self_refreshes_comes_a_refresh()
    {
        HbmBench bench = Run(Base with { Refresh = HbmRefresh.AllBank, PowerDown = 20, SelfRefresh = 100 }, (1000, 'R', 0), (9000, 'R', 0));
        long exit = Edge(bench, HbmCommand.SelfRefreshExit), refresh = Edge(bench, HbmCommand.RefreshAll, 1), again = Edge(bench, HbmCommand.SelfRefreshEnter, 1);
        Assert.Equal((1001, exit + 3900 + 8 + 1, refresh + 260), (exit, refresh, again));
    }

    [Fact]
    public void A_row_left_open_is_closed_once()
    {
        HbmBench bench = Run(Base with { PowerDown = 1, Page = HbmPage.Closed }, (0, 'R', 0), (300, 'R', 0));
        Assert.Equal("PRE@19 PDE@20", bench.Commands(17, 100));
    }

    [Fact]
    public void Waking_is_what_keeps_the_data_bus_idle()
    {
        HbmBench bench = Run(Base with { PowerDown = 20 }, (0, 'R', 0), (500, 'R', 0));
        bench.Controller.Settle(bench.Cycle);
        HbmLosses lost = bench.Controller.State.PseudoChannels[0].Lost;

        // From the edge after the request's to the one at which an ACT may go.
        Assert.Equal(508 - 501, lost[(int)HbmLoss.Asleep]);
    }

    [Theory]
    [InlineData(HbmRefresh.AllBank)]
    [InlineData(HbmRefresh.PerBank)]
    public void An_idle_channel_spends_its_time_asleep(HbmRefresh refresh)
    {
        HbmConfig config = Base with { Refresh = refresh, PowerDown = 20 };
        HbmBench bench = Run(config, (100_000, 'R', 0));
        Assert.InRange(bench.Controller.State.StandbyCycles[(int)HbmStandby.PowerDown], refresh == HbmRefresh.AllBank ? 92_000 : 80_000, 95_000);
        bench = Run(config with { SelfRefresh = 500 }, (100_000, 'R', 0));
        Assert.InRange(bench.Controller.State.StandbyCycles[(int)HbmStandby.SelfRefresh], 99_000, 99_600);
    }

    [Fact]
    public void Ddr3_owes_after_self_refresh_what_it_owed_before()
    {
        HbmConfig config = Base with { Refresh = HbmRefresh.AllBank, SelfRefresh = 2000, Buses = HbmBuses.OneEach, Timing = new HbmTiming { ActivateClocks = 1 } };
        HbmBench bench = Run(config, (20_000, 'R', 0), (24_000, 'R', 0));
        DramRules rules = HbmLegality.Rules(config);
        Assert.False(rules.SelfRefreshPaysDebt);
        Assert.Equal(2000, Edge(bench, HbmCommand.SelfRefreshEnter));
        Assert.Equal(3900 + 20_001 - 2000, Edge(bench, HbmCommand.RefreshAll));
    }
}
