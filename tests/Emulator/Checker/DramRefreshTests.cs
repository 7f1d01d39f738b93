using System.Globalization;
using HybridEmu.Checker;

namespace HybridEmu.Emulator.Tests;

/// <summary>What is owed: refreshes that come late, early, in bunches, or never.</summary>
public class DramRefreshTests
{
    private static readonly DramRules Single = new() { PseudoChannels = 1 };

    private static string Refreshes(long from, long step, int count, string command = "REFab") =>
        string.Concat(Enumerable.Range(0, count).Select(i => string.Create(CultureInfo.InvariantCulture, $"{from + (i * step)} {command}; ")));

    [Theory]
    [InlineData(8, 9 * 3900)]
    [InlineData(1, 2 * 3900)]
    [InlineData(0, 2 * 3900)]
    public void The_first_refresh_comes_no_later_than_what_may_be_postponed(int postponed, int latest)
    {
        DramRules rules = Single with { MaxPostponed = postponed };
        Assert.Equal("", DramScript.Broken(rules, $"{latest} REFab"));
        Assert.Equal("tREFI", DramScript.Broken(rules, $"{latest + 1} REFab"));
    }

    [Fact]
    public void Refreshes_put_off_are_caught_up_in_a_bunch()
    {
        Assert.Equal("", DramScript.Broken(Single, Refreshes(9 * 3900, 260, 9), 18 * 3900));
        Assert.Equal("tREFI", DramScript.Broken(Single, Refreshes(9 * 3900, 260, 9), (18 * 3900) + 1));
        Assert.Equal("tREFI", DramScript.Broken(Single, Refreshes(9 * 3900, 260, 8), 18 * 3900));
    }

    [Fact]
    public void Refreshes_ahead_of_time_count_up_to_a_bound()
    {
        // Eight more than were due by 3900 carry to 3900 + 8 intervals; what comes beyond pays nothing.
        Assert.Equal("", DramScript.Broken(Single, Refreshes(300, 260, 9), (8 + 9) * 3900));
        const long last = 300 + (19 * 260);
        Assert.Equal("", DramScript.Broken(Single, Refreshes(300, 260, 20), last + ((8 + 9) * 3900)));
        Assert.Equal("tREFI", DramScript.Broken(Single, Refreshes(300, 260, 20), last + ((8 + 9) * 3900) + 1));
    }

    [Fact]
    public void A_device_that_is_never_refreshed_is_found_out_without_a_command()
    {
        DramChecker checker = new(new DramRules(), channels: 2);
        checker.Finish(9 * 3900);
        Assert.Equal(0, checker.ViolationCount);
        checker.Finish((9 * 3900) + 1);
        Assert.Equal(4, checker.ViolationCount); // two pseudo-channels each
        Assert.Equal("tREFI: ch1 pc0 is owed a refresh for 35101 clocks at 35101, at most 35100", checker.Violations[2].ToString());
    }

    [Fact]
    public void Pseudo_channels_owe_on_their_own() =>
        Assert.Equal("tREFI", DramScript.Broken(new DramRules(), Refreshes(3900, 3900, 10), 10 * 3900));

    [Fact]
    public void With_refresh_off_nothing_is_owed() => Assert.Equal("", DramScript.Broken(Single with { Refresh = DramRefresh.Off }, "", 1_000_000));

    [Fact]
    public void Single_bank_refreshes_owe_by_their_own_interval()
    {
        DramRules rules = Single with { Refresh = DramRefresh.PerBank };
        string inTurn = string.Concat(Enumerable.Range(0, 64).Select(i => $"{(i + 1) * 244} REFpb {i >> 2 & 3}.{i & 3}; "));
        Assert.Equal("", DramScript.Broken(rules, inTurn, (64 * 244) + (9 * 244)));
        Assert.Equal("tREFI", DramScript.Broken(rules, inTurn, (64 * 244) + (9 * 244) + 1));
        Assert.Equal("tREFI", DramScript.Broken(rules, $"{(9 * 244) + 1} REFpb 0.0"));
    }

    [Fact]
    public void Self_refresh_pays_what_is_owed_or_leaves_it_as_the_rules_say()
    {
        const string script = "20000 SRE; 90000 SRX";
        Assert.Equal("", DramScript.Broken(Single, script, 90000 + (9 * 3900)));
        Assert.Equal("tREFI", DramScript.Broken(Single, script, 90000 + (9 * 3900) + 1));
        DramRules frozen = Single with { SelfRefreshPaysDebt = false };
        Assert.Equal("", DramScript.Broken(frozen, script, 90000 + (9 * 3900) - 20000));
        Assert.Equal("tREFI", DramScript.Broken(frozen, script, 90000 + (9 * 3900) - 20000 + 1));
    }

    [Fact]
    public void A_debt_is_looked_at_when_self_refresh_begins()
    {
        Assert.Equal("", DramScript.Broken(Single, $"{9 * 3900} SRE", 500_000));
        Assert.Equal("tREFI", DramScript.Broken(Single, $"{(9 * 3900) + 1} SRE", 500_000));
    }

    [Fact]
    public void A_power_down_pays_nothing() => Assert.Equal("tREFI", DramScript.Broken(Single, $"100 PDE; {9 * 3900} PDX; {(9 * 3900) + 8} REFab"));

    [Fact]
    public void Between_two_self_refreshes_comes_a_refresh()
    {
        Assert.Equal("no refresh between self-refreshes", DramScript.Broken(Single, "100 SRE; 1000 SRX; 2000 SRE"));
        Assert.Equal("", DramScript.Broken(Single, "100 SRE; 1000 SRX; 1300 REFab; 2000 SRE"));
        Assert.Equal("", DramScript.Broken(Single, "100 SRE; 1000 SRX; 1300 REFpb 0.0; 2000 SRE"));
    }

    [Fact]
    public void The_longest_debt_is_reported_as_the_tightest_of_tREFI()
    {
        DramChecker checker = DramScript.Run(Single, "3900 REFab; 9000 REFab; 12000 REFab", 13000);
        DramRuleRow row = checker.Report()[(int)DramRule.Refi];
        Assert.Equal(("tREFI", 9 * 3900L, 9000L - 3900L), (row.Name, row.Allowed, row.Tightest!.Value));
    }
}
