using HybridEmu.Checker;

namespace HybridEmu.Emulator.Tests;

/// <summary>What no number of clocks cures: banks, rows, buses and power in the wrong state.</summary>
public class DramStateTests
{
    private static readonly DramRules Hbm = DramScript.Hbm;

    private static string Broken(string script) => DramScript.Broken(Hbm, script);

    [Fact]
    public void An_open_bank_is_not_activated() => Assert.Equal("ACT of an open bank", Broken("100 ACT 0.1; 300 ACT 0.1"));

    [Theory]
    [InlineData("RD")]
    [InlineData("WR")]
    public void A_closed_bank_is_neither_read_nor_written(string command)
    {
        Assert.Equal("column command to a closed bank", Broken($"100 {command} 0.1"));
        Assert.Equal("column command to a closed bank", Broken($"100 ACT 0.1; 200 PRE 0.1; 300 {command} 0.1"));
        Assert.Equal("column command to a closed bank", Broken($"100 ACT 0.1; 300 {command} 1.1"));
        Assert.Equal("column command to a closed bank", Broken($"100 ACT 0.1; 300 {command} 0.1 p1"));
    }

    [Theory]
    [InlineData("RD")]
    [InlineData("WR")]
    public void A_column_command_names_the_open_row(string command)
    {
        Assert.Equal("column command to another row", Broken($"100 ACT 0.1 r7; 300 {command} 0.1 r8"));
        Assert.Equal("", Broken($"100 ACT 0.1 r7; 300 {command} 0.1 r7"));
    }

    [Fact]
    public void Precharges_of_closed_banks_are_counted_as_waste_and_not_as_violations()
    {
        DramChecker checker = DramScript.Run(Hbm, "100 PRE 0.1; 200 PREA; 300 ACT 0.1; 400 PREA; 500 PREA; 600 PREA p1");
        Assert.Equal(0, checker.ViolationCount);
        Assert.Equal(4, checker.WastedPrecharges);
    }

    [Fact]
    public void An_all_bank_refresh_wants_every_bank_of_its_pseudo_channel_closed()
    {
        Assert.Equal("refresh of an open bank", Broken("100 ACT 0.1; 300 REFab"));
        Assert.Equal("", Broken("100 ACT 0.1 p1; 300 REFab"));
        Assert.Equal("", Broken("100 ACT 0.1; 200 PREA; 300 REFab"));
    }

    [Fact]
    public void A_single_bank_refresh_wants_its_own_bank_closed()
    {
        Assert.Equal("refresh of an open bank", Broken("100 ACT 0.1; 300 REFpb 0.1"));
        Assert.Equal("", Broken("100 ACT 0.1; 300 REFpb 0.2"));
    }

    [Fact]
    public void Every_bank_is_refreshed_once_before_any_is_twice()
    {
        string round = string.Concat(Enumerable.Range(0, 16).Select(i => $"{(i * 200) + 100} REFpb {15 - i >> 2}.{15 - i & 3}; "));
        Assert.Equal("", Broken(round + "9000 REFpb 2.2; 9300 REFpb 1.1"));
        Assert.Equal("bank refreshed twice in a round", Broken(round + "9000 REFpb 2.2; 9300 REFpb 2.2"));
        Assert.Equal("", Broken("100 REFpb 2.2; 300 REFpb 2.2 p1"));
        Assert.Equal("", Broken("100 REFpb 2.2; 300 REFab; 600 REFpb 2.2"));
        Assert.Equal("", Broken("100 REFpb 2.2; 300 SRE; 600 SRX; 900 REFpb 2.2"));
    }

    [Fact]
    public void An_activate_keeps_the_row_bus_of_both_pseudo_channels_for_two_clocks()
    {
        Assert.Equal("row bus", Broken("100 ACT 0.0; 101 ACT 0.0 p1"));
        Assert.Equal("", Broken("100 ACT 0.0; 102 ACT 0.0 p1"));
        Assert.Equal("row bus", Broken("50 ACT 0.1 p1; 100 ACT 0.0; 101 PRE 0.1 p1"));
        Assert.Equal("", Broken("50 ACT 0.1 p1; 100 ACT 0.0; 102 PRE 0.1 p1; 103 REFpb 0.0 p1"));
    }

    [Fact]
    public void Buses_of_two_channels_are_two() => Assert.Equal("", Broken("100 ACT 0.0; 100 ACT 0.0 h1; 200 RD 0.0; 200 RD 0.0 h1"));

    [Fact]
    public void Row_and_column_bus_take_one_command_a_clock_each()
    {
        const string open = "100 ACT 0.0; 110 ACT 0.0 p1; 120 ACT 1.1; ";
        Assert.Equal("row bus", Broken(open + "300 PRE 1.1; 300 REFpb 3.3 p1"));
        Assert.Equal("column bus", Broken(open + "300 RD 0.0; 300 RD 0.0 p1"));
        Assert.Equal("", Broken(open + "300 RD 0.0; 300 PRE 1.1; 301 RD 0.0 p1; 301 REFpb 3.3 p1"));
    }

    [Fact]
    public void Ddr3_has_one_bus_for_all_commands()
    {
        DramRules ddr3 = DramRules.Ddr3 with { Refresh = DramRefresh.Off };
        Assert.Equal("command bus", DramScript.Broken(ddr3, "100 ACT 0.0; 110 ACT 0.1; 300 RD 0.0; 300 PRE 0.1"));
        Assert.Equal("", DramScript.Broken(ddr3, "100 ACT 0.0; 110 ACT 0.1; 300 RD 0.0; 301 PRE 0.1; 302 REFpb 0.3"));
    }

    [Fact]
    public void Bursts_of_two_reads_do_not_overlap()
    {
        DramRules rules = Hbm with { CcdShort = 1 };
        Assert.Equal("data bus", DramScript.Broken(rules, "100 ACT 0.0; 104 ACT 1.0; 300 RD 0.0; 301 RD 1.0"));
        Assert.Equal("", DramScript.Broken(rules, "100 ACT 0.0; 104 ACT 1.0; 300 RD 0.0; 302 RD 1.0"));
        Assert.Equal("", DramScript.Broken(rules, "100 ACT 0.0; 104 ACT 1.0 p1; 300 RD 0.0; 301 RD 1.0 p1"));
    }

    [Theory]
    [InlineData(307, "")] // 312, 313: before the read's 314, 315
    [InlineData(308, "data bus")]
    [InlineData(309, "data bus")]
    [InlineData(310, "data bus")]
    [InlineData(311, "")]
    public void A_write_burst_does_not_overlap_a_read_burst_still_to_come(int clock, string broken)
    {
        DramRules rules = Hbm with { Rtw = 1 };
        Assert.Equal(broken, DramScript.Broken(rules, $"100 ACT 0.0; 300 RD 0.0; {clock} WR 0.0"));
    }

    [Fact]
    public void A_write_burst_between_two_read_bursts_touches_neither()
    {
        DramRules rules = Hbm with { Rtw = 1 };
        Assert.Equal("", DramScript.Broken(rules, "100 ACT 0.0; 300 RD 0.0; 304 RD 0.0; 311 WR 0.0"));
        Assert.Equal("data bus", DramScript.Broken(rules, "100 ACT 0.0; 300 RD 0.0; 304 RD 0.0; 312 WR 0.0"));
        Assert.Equal("data bus", DramScript.Broken(rules, "100 ACT 0.0; 300 RD 0.0; 304 RD 0.0; 310 WR 0.0"));
    }

    [Theory]
    [InlineData("RD 0.0")]
    [InlineData("ACT 1.0")]
    [InlineData("PRE 0.0")]
    [InlineData("PDE")]
    [InlineData("SRX")]
    [InlineData("RD 0.1 p1")]
    public void Nothing_but_PDX_comes_in_a_power_down(string command) => Assert.Contains("power state", Broken("100 ACT 0.0; 200 PDE; 300 " + command));

    [Theory]
    [InlineData("REFab")]
    [InlineData("ACT 1.0")]
    [InlineData("PDX")]
    [InlineData("SRE")]
    [InlineData("REFab p1")]
    public void Nothing_but_SRX_comes_in_self_refresh(string command) => Assert.StartsWith("power state", Broken("200 SRE; 600 " + command));

    [Theory]
    [InlineData("PDX")]
    [InlineData("SRX")]
    public void Nobody_leaves_a_sleep_that_did_not_begin(string command) => Assert.Equal("power state", Broken("200 " + command));

    [Fact]
    public void Rows_stay_open_in_a_power_down_and_not_in_self_refresh()
    {
        Assert.Equal("", Broken("100 ACT 0.0; 200 PDE; 300 PDX; 400 RD 0.0"));
        Assert.Equal("self-refresh with an open bank", Broken("100 ACT 0.0; 200 SRE"));
        Assert.Equal("self-refresh with an open bank", Broken("100 ACT 0.0 p1; 200 SRE"));
    }

    [Fact]
    public void A_refresh_may_run_on_in_a_power_down() => Assert.Equal("", Broken("100 REFab; 101 PDE; 200 PDX; 400 ACT 0.0"));

    [Fact]
    public void With_a_CKE_a_pseudo_channel_one_sleeps_alone()
    {
        DramRules rules = Hbm with { SharedClockEnable = false };
        Assert.Equal("", DramScript.Broken(rules, "100 ACT 0.0; 110 SRE p1; 200 RD 0.0; 210 PRE 0.0; 300 SRX p1"));
        Assert.Equal("power state", DramScript.Broken(rules, "100 PDE p1; 200 ACT 0.0 p1"));
    }

    [Fact]
    public void Violations_are_kept_up_to_a_bound_and_counted_beyond_it()
    {
        DramChecker checker = new(Hbm, maxKept: 3);
        for (int i = 0; i < 10; i++)
            checker.Check(new DramCommand { Clock = 100 * i, Kind = DramCommandKind.RD });
        Assert.Equal(3, checker.Violations.Count);
        Assert.Equal(10, checker.ViolationCount);
        Assert.Equal(10, checker.Report().Sum(row => row.Violations));
        Assert.Equal(10, checker.Commands);
    }

    [Fact]
    public void Commands_out_of_order_or_outside_the_geometry_are_refused()
    {
        Assert.Contains("after a command at 100", Assert.Throws<ArgumentException>(() => Broken("100 PREA; 99 PREA")).Message);
        Assert.Contains("bank group 4 of 4", Assert.Throws<ArgumentException>(() => Broken("100 ACT 4.0")).Message);
        Assert.Contains("pseudo-channel 2 of 2", Assert.Throws<ArgumentException>(() => Broken("100 PREA p2")).Message);
        Assert.Throws<ArgumentException>(() => new DramChecker(new DramRules { PseudoChannels = 3 }));
        Assert.Throws<ArgumentException>(() => new DramChecker(new DramRules { CcdShort = 9 }));
    }

    [Fact]
    public void A_report_has_a_row_for_every_rule_in_a_fixed_order()
    {
        IReadOnlyList<DramRuleRow> rows = DramScript.Run(Hbm, "100 ACT 0.0; 120 RD 0.0; 130 RD 0.0").Report();
        Assert.Equal(Enum.GetValues<DramRule>(), rows.Select(row => row.Rule));
        Assert.Equal(rows.Count, rows.Select(row => row.Name).Distinct().Count());
        Assert.Equal(new DramRuleRow(DramRule.RcdRead, "tRCDRD", 14, 19, 2, 0), rows[0]);
        Assert.Equal(new DramRuleRow(DramRule.CcdLong, "tCCDL", 4, 10, 1, 0), rows[(int)DramRule.CcdLong]);
        Assert.Equal(new DramRuleRow(DramRule.Wr, "tWR", 16, null, 0, 0), rows[(int)DramRule.Wr]);
    }
}
