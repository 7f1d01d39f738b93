using HybridEmu.Checker;

namespace HybridEmu.Emulator.Tests;

/// <summary>Each timing at N - 1, where exactly its rule is broken, and at N, where none is. {0} is the clock of the later command.</summary>
public class DramTimingTests
{
    private static void Probe(DramRules rules, string name, string script, long allowedAt)
    {
        DramChecker early = DramScript.Run(rules, string.Format(script, allowedAt - 1));
        Assert.Equal(name, string.Join("; ", early.Violations.Select(v => v.Name)));
        Assert.Equal(early.Violations[0].Allowed - 1, early.Violations[0].Gap);
        DramChecker exact = DramScript.Run(rules, string.Format(script, allowedAt));
        Assert.Empty(exact.Violations);
        DramRuleRow row = exact.Report().Single(r => r.Name == name);
        Assert.Equal((row.Allowed, 0), (row.Tightest, row.Violations));
    }

    private static void Probe(string name, string script, long allowedAt) => Probe(DramScript.Hbm, name, script, allowedAt);

    [Fact]
    public void Read_after_activate_waits_exactly_tRCDRD_from_the_second_clock() => Probe("tRCDRD", "100 ACT 2.3 r5; {0} RD 2.3 r5", 100 + 1 + 14);

    [Fact]
    public void Write_after_activate_waits_exactly_tRCDWR_from_the_second_clock() => Probe("tRCDWR", "100 ACT 2.3 r5; {0} WR 2.3 r5", 100 + 1 + 12);

    [Theory]
    [InlineData("PRE 1.1")]
    [InlineData("PREA")]
    public void Precharge_after_activate_waits_exactly_tRAS_from_the_second_clock(string precharge) => Probe("tRAS", "100 ACT 1.1; {0} " + precharge, 100 + 1 + 34);

    [Fact]
    public void Activates_of_one_bank_are_exactly_tRC_apart() => Probe("tRC", "100 ACT 0.1; 135 PRE 0.1; {0} ACT 0.1", 160);

    [Theory]
    [InlineData("REFab")]
    [InlineData("REFpb 0.1")]
    public void Refresh_after_activate_waits_exactly_tRC_from_the_second_clock(string refresh) => Probe("tRC", "100 ACT 0.1; 135 PRE 0.1; {0} " + refresh, 161);

    [Theory]
    [InlineData("PRE 1.1")]
    [InlineData("PREA")]
    public void Activate_after_precharge_has_its_second_clock_exactly_tRP_later(string precharge) => Probe("tRP", "100 ACT 1.1; 200 " + precharge + "; {0} ACT 1.1", 200 - 1 + 14);

    [Theory]
    [InlineData("REFab")]
    [InlineData("REFpb 1.1")]
    [InlineData("SRE")]
    public void Refresh_after_precharge_waits_exactly_tRP(string refresh) => Probe("tRP", "100 ACT 1.1; 200 PRE 1.1; {0} " + refresh, 200 + 14);

    [Fact]
    public void Precharge_of_a_closed_bank_starts_tRP_again() => Probe("tRP", "100 ACT 1.1; 200 PRE 1.1; 220 PRE 1.1; {0} ACT 1.1", 220 - 1 + 14);

    [Theory]
    [InlineData("PRE 1.1")]
    [InlineData("PREA")]
    public void Precharge_after_read_waits_exactly_tRTP(string precharge) => Probe("tRTP", "100 ACT 1.1; 200 RD 1.1; {0} " + precharge, 205);

    [Theory]
    [InlineData("PRE 1.1")]
    [InlineData("PREA")]
    public void Precharge_after_write_waits_exactly_tWR_from_the_end_of_the_burst(string precharge) => Probe("tWR", "100 ACT 1.1; 200 WR 1.1; {0} " + precharge, 200 + 5 + 2 + 16);

    [Theory]
    [InlineData("ACT 1.0")]
    [InlineData("REFpb 1.0")]
    public void Activate_of_another_group_waits_exactly_tRRDS(string next) => Probe("tRRDS", "100 ACT 0.0; {0} " + next, next[0] == 'A' ? 104 : 105);

    [Theory]
    [InlineData("ACT 0.1")]
    [InlineData("REFpb 0.1")]
    public void Activate_in_the_same_group_waits_exactly_tRRDL(string next) => Probe("tRRDL", "100 ACT 0.0; {0} " + next, next[0] == 'A' ? 106 : 107);

    [Fact]
    public void A_bank_of_a_group_waits_tRRDL_even_with_another_group_in_between() =>
        Probe(DramScript.Hbm with { RrdLong = 12 }, "tRRDL", "100 ACT 0.0; 104 ACT 1.0; {0} ACT 0.1", 112);

    [Fact]
    public void A_fifth_activate_waits_exactly_tFAW_from_the_first() => Probe("tFAW", "100 ACT 0.0; 104 ACT 1.0; 108 ACT 2.0; 112 ACT 3.0; {0} ACT 0.1", 130);

    [Fact]
    public void The_tFAW_window_slides_and_belongs_to_one_pseudo_channel()
    {
        const string script = "100 ACT 0.0; 106 ACT 1.0; 112 ACT 2.0; 118 ACT 3.0; 120 ACT 0.0 p1; 130 ACT 0.1; {0} ACT 1.1";
        Probe("tFAW", script, 136);
    }

    [Fact]
    public void A_single_bank_refresh_counts_in_the_tFAW_window_only_where_the_rules_say_so()
    {
        const string script = "100 ACT 0.0; 104 ACT 1.0; 108 ACT 2.0; 113 REFpb 3.0; {0} ACT 0.1";
        Probe(DramScript.Hbm with { FawCountsRefresh = true }, "tFAW", script, 130);
        Assert.Equal("", DramScript.Broken(DramScript.Hbm, string.Format(script, 120)));
    }

    [Theory]
    [InlineData("RD")]
    [InlineData("WR")]
    public void Column_commands_of_two_groups_are_exactly_tCCDS_apart(string command) =>
        Probe(DramScript.Hbm with { CcdShort = 3 }, "tCCDS", $"100 ACT 0.0; 104 ACT 1.0; 200 {command} 0.0; {{0}} {command} 1.0", 203);

    [Theory]
    [InlineData("RD")]
    [InlineData("WR")]
    public void Column_commands_of_one_group_are_exactly_tCCDL_apart(string command) =>
        Probe("tCCDL", $"100 ACT 0.0; 106 ACT 0.1; 200 {command} 0.0; {{0}} {command} 0.1", 204);

    [Theory]
    [InlineData("RD")]
    [InlineData("WR")]
    public void Another_group_in_between_does_not_end_tCCDL(string command) =>
        Probe(DramScript.Hbm with { CcdLong = 7 }, "tCCDL", $"100 ACT 0.0; 106 ACT 1.0; 200 {command} 0.0; 202 {command} 1.0; {{0}} {command} 0.0", 207);

    [Fact]
    public void Read_of_another_group_waits_exactly_tWTRS_from_the_end_of_the_write() =>
        Probe("tWTRS", "100 ACT 0.0; 104 ACT 1.0; 200 WR 0.0; {0} RD 1.0", 200 + 5 + 2 + 6);

    [Fact]
    public void Read_of_the_same_group_waits_exactly_tWTRL_from_the_end_of_the_write() =>
        Probe("tWTRL", "100 ACT 0.0; 106 ACT 0.1; 200 WR 0.0; {0} RD 0.1", 200 + 5 + 2 + 8);

    [Theory]
    [InlineData("0.0")]
    [InlineData("1.0")]
    public void Write_after_read_waits_exactly_tRTW_in_any_bank(string bank) => Probe("tRTW", "100 ACT 0.0; 104 ACT 1.0; 200 RD 0.0; {0} WR " + bank, 213);

    [Theory]
    [InlineData("ACT 2.0", -1)]
    [InlineData("REFab", 0)]
    [InlineData("REFpb 1.0", 0)]
    [InlineData("PRE 1.0", 0)]
    [InlineData("PREA", 0)]
    [InlineData("SRE", 0)]
    public void Everything_after_an_all_bank_refresh_waits_exactly_tRFC(string next, int shift) => Probe("tRFC", "100 REFab; {0} " + next, 360 + shift);

    [Theory]
    [InlineData("ACT 2.0", -1)]
    [InlineData("REFab", 0)]
    [InlineData("PRE 2.0", 0)]
    [InlineData("PREA", 0)]
    [InlineData("SRE", 0)]
    public void A_bank_waits_exactly_tRFCpb_after_its_own_refresh(string next, int shift) => Probe("tRFCpb", "100 REFpb 2.0; {0} " + next, 260 + shift);

    [Theory]
    [InlineData("ACT 2.1", -1)]
    [InlineData("ACT 0.0", -1)]
    [InlineData("REFpb 2.1", 0)]
    [InlineData("REFpb 3.0", 0)]
    public void Other_banks_wait_exactly_tRREFD_after_a_single_bank_refresh(string next, int shift) => Probe("tRREFD", "100 REFpb 2.0; {0} " + next, 108 + shift);

    [Fact]
    public void Other_banks_are_read_and_closed_during_a_single_bank_refresh() =>
        Assert.Equal("", DramScript.Broken(DramScript.Hbm, "100 ACT 0.0; 105 REFpb 2.0; 115 RD 0.0; 116 ACT 2.1; 150 PRE 0.0; 170 ACT 0.0"));

    [Theory]
    [InlineData("ACT 0.0", -1)]
    [InlineData("REFab", 0)]
    [InlineData("SRE", 0)]
    public void Everything_after_power_down_waits_exactly_tXP(string next, int shift) => Probe(DramScript.Hbm with { Cke = 5 }, "tXP", "100 PDE; 110 PDX; {0} " + next, 118 + shift);

    [Fact]
    public void A_column_command_after_power_down_waits_exactly_tXP() => Probe("tXP", "100 ACT 0.0; 120 PDE; 140 PDX; {0} RD 0.0", 148);

    [Fact]
    public void Power_down_lasts_at_least_tCKE() => Probe("tCKE", "100 PDE; {0} PDX", 108);

    [Fact]
    public void Two_power_downs_are_at_least_tCKE_apart() => Probe("tCKE", "100 PDE; 120 PDX; {0} PDE", 128);

    [Theory]
    [InlineData("ACT 0.0", -1)]
    [InlineData("REFab", 0)]
    [InlineData("PDE", 0)]
    public void Everything_after_self_refresh_waits_exactly_tXS(string next, int shift) => Probe("tXS", "100 SRE; 200 SRX; {0} " + next, 468 + shift);

    [Fact]
    public void Self_refresh_lasts_at_least_tCKESR() => Probe("tCKESR", "100 SRE; {0} SRX", 109);

    [Fact]
    public void Power_down_waits_for_the_end_of_a_read_burst() => Probe("tRDPDE", "100 ACT 0.0; 200 RD 0.0; {0} PDE", 200 + 14 + 2 + 1);

    [Fact]
    public void Power_down_waits_for_the_recovery_of_a_write() => Probe("tWRPDE", "100 ACT 0.0; 200 WR 0.0; {0} PDE", 200 + 5 + 2 + 16);

    [Fact]
    public void Power_down_of_the_channel_waits_for_both_pseudo_channels() => Probe("tRDPDE", "100 ACT 0.0 p1; 200 RD 0.0 p1; {0} PDE", 217);

    [Fact]
    public void Ddr3_counts_from_the_one_clock_of_its_activate()
    {
        DramRules ddr3 = DramRules.Ddr3 with { Refresh = DramRefresh.Off };
        Probe(ddr3, "tRCDRD", "100 ACT 0.3 r5; {0} RD 0.3 r5", 111);
        Probe(ddr3, "tRP", "100 ACT 0.3; 200 PRE 0.3; {0} ACT 0.3", 211);
        Probe(ddr3, "tRRDL", "100 ACT 0.3; {0} ACT 0.4", 105);
        Probe(ddr3, "tRTW", "100 ACT 0.3; 200 RD 0.3; {0} WR 0.3", 209);
    }

    [Fact]
    public void A_violation_reads_as_a_sentence()
    {
        DramChecker checker = DramScript.Run(DramScript.Hbm, "799 ACT 2.3 p1; 812 RD 2.3 p1; 830 WR 2.3 p1; 838 RD 2.3 p1");
        Assert.Equal("tRCDRD: RD ch0 pc1 bg2 ba3 at 812 comes 12 clocks after ACT at 799-800, at least 14", checker.Violations[0].ToString());
        Assert.Equal("tWTRL: RD ch0 pc1 bg2 ba3 at 838 comes 1 clocks after the end of the burst of WR at 830, at least 8", checker.Violations[1].ToString());
        Assert.Equal(2, checker.ViolationCount);
    }
}
