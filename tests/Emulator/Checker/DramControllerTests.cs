using System.Reflection;
using HybridEmu.Checker;
using HybridEmu.Units;
using Xunit.Abstractions;

namespace HybridEmu.Emulator.Tests;

/// <summary>
/// The controller against the checker: what it issues is legal, as tight as it may be, and no longer legal when one of its
/// timings is one clock too short.
/// </summary>
public class DramControllerTests(ITestOutputHelper output)
{
    // Every timing is the binding one somewhere: tRC is more than tRAS + tRP, tRRDL and tFAW more than tRRDS alone asks.
    private static readonly HbmTiming True = new() { Rc = 60, RrdLong = 6, Faw = 30 };

    private static readonly Dictionary<string, string[]> Broken = new()
    {
        ["Cwl"] = ["tWR", "tWTRS", "tWTRL"],
        ["Burst"] = ["tWR", "tWTRS", "tWTRL"],
        ["RcdRead"] = ["tRCDRD"],
        ["RcdWrite"] = ["tRCDWR"],
        ["Rp"] = ["tRP"],
        ["Ras"] = ["tRAS"],
        ["Rc"] = ["tRC"],
        ["RrdShort"] = ["tRRDS"],
        ["RrdLong"] = ["tRRDL"],
        ["Faw"] = ["tFAW"],
        ["CcdShort"] = ["tCCDS", "data bus"],
        ["CcdLong"] = ["tCCDL"],
        ["WtrShort"] = ["tWTRS"],
        ["WtrLong"] = ["tWTRL"],
        ["Rtp"] = ["tRTP"],
        ["Wr"] = ["tWR"],
        ["Rtw"] = ["tRTW"],
        ["Rfc"] = ["tRFC"],
        ["RfcBank"] = ["tRFCpb"],
        ["Rrefd"] = ["tRREFD"],
        ["Xp"] = ["tXP"],
        ["Cke"] = ["tCKE", "tCKESR"],
        ["Xs"] = ["tXS"],
    };

    public static TheoryData<string> Timings => [.. Broken.Keys];

    private static HbmConfig Config(HbmTiming timing, HbmRefresh refresh = HbmRefresh.AllBank) => new() { Map = HbmBench.MapM1, Timing = timing, Refresh = refresh };

    private static bool IsOfPower(string timing) => timing is "Xp" or "Cke" or "Xs";

    // There is no such memory; after a self-refresh, which pays nothing in DDR3, tXS alone would be more than may be owed.
    private static bool IsDdrByBank(HbmBuses buses, HbmRefresh refresh) => buses == HbmBuses.OneEach && refresh == HbmRefresh.PerBank;

    private static HbmConfig Sleepy(HbmConfig config) => config with { PowerDown = 20, SelfRefresh = 700 };

    /// <summary>A controller of a timing and the requests that show it.</summary>
    private static HbmBench Run(string timing, HbmTiming timings)
    {
        HbmConfig config = Config(timings, RefreshFor(timing));
        HbmBench bench = new(IsOfPower(timing) ? Sleepy(config) : config, logEntries: 1 << 17);
        bench.Run(IsOfPower(timing) ? Sparse(6_000) : Mixed(20_000));
        return bench;
    }

    private static HbmRefresh RefreshFor(string timing) => timing is "RfcBank" or "Rrefd" ? HbmRefresh.PerBank : HbmRefresh.AllBank;

    private static HbmTiming With(string timing, int by)
    {
        HbmTiming changed = True with { };
        PropertyInfo property = typeof(HbmTiming).GetProperty(timing)!;
        property.SetValue(changed, (int)property.GetValue(True)! + by);
        return changed;
    }

    /// <summary>splitmix64, as the oracle's recipes use it.</summary>
    private static ulong Next(ref ulong state)
    {
        ulong z = state += 0x9E3779B97F4A7C15;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>Two rows of every bank of one pseudo-channel and the other, in bunches with pauses, a third of them writes.</summary>
    private static List<HbmTraceItem> Mixed(int count)
    {
        ulong random = 1;
        List<HbmTraceItem> trace = [];
        for (int i = 0; i < count; i++)
        {
            ulong r = Next(ref random);
            HbmLocation at = new()
            {
                PseudoChannel = (int)(r & 1),
                BankGroup = (int)(r >> 1 & 3),
                Bank = (int)(r >> 3 & 3),
                Row = (int)(r >> 5 & 1),
                Column = (int)(r >> 6 & 31),
            };
            trace.Add(new HbmTraceItem(i / 8 * 40L, (r >> 20 & 0xFF) < 85, HbmBench.MapM1.Encode(at)));
        }

        return trace;
    }

    /// <summary>As <see cref="Mixed"/>, a few requests at a time, with pauses from a burst's length to several intervals of refresh.</summary>
    private static List<HbmTraceItem> Sparse(int count)
    {
        ulong random = 7;
        long stamp = 0;
        List<HbmTraceItem> trace = [];
        foreach (HbmTraceItem item in Mixed(count))
        {
            ulong r = Next(ref random);
            stamp += (r & 15) switch
            {
                < 5 => 0,
                < 13 => 30 + (long)(r >> 8 & 63),
                < 15 => 600 + (long)(r >> 8 & 255),
                _ => (r >> 4 & 7) == 0 ? 9000 : (long)(r >> 8 & 4095),
            };
            trace.Add(new HbmTraceItem(stamp, item.Write, item.Address));
        }

        return trace;
    }

    // The oracle's recipes, shortened: 32-byte requests, capacity 1 GiB.
    private static List<HbmTraceItem> Recipe(string name, int count)
    {
        const ulong capacity = 1UL << 30;
        ulong random = 1;
        List<HbmTraceItem> trace = [];
        for (int i = 0; i < count; i++)
        {
            ulong at = (ulong)i * 32;
            trace.Add(name switch
            {
                "seq_read" => new(0, false, at),
                "seq_write" => new(0, true, at),
                "mix21_seq" => new(0, i % 3 == 2, at),
                "mix21_blk" => new(0, i / 256 % 3 == 2, at),
                "mix21_3arr_conf" => new(0, i % 3 == 2, ((ulong)(i / 3) * 32) + ((ulong)(i % 3) * (capacity / 4))),
                "rand_read" => new(0, false, Next(ref random) % (capacity / 32) * 32),
                "rand_mix21" => new(0, Next(ref random) % 3 == 2, Next(ref random) % (capacity / 32) * 32),
                "stride" => new(0, false, (ulong)i * 8192 % capacity),
                "low_rate_hit" => new(100L * i, false, (ulong)(i % 32) * 32),
                "low_rate_rand" => new(100L * i, false, Next(ref random) % (capacity / 32) * 32),
                _ => throw new ArgumentOutOfRangeException(nameof(name)),
            });
        }

        return trace;
    }

    [Theory]
    [InlineData("seq_read")]
    [InlineData("seq_write")]
    [InlineData("mix21_seq")]
    [InlineData("mix21_blk")]
    [InlineData("mix21_3arr_conf")]
    [InlineData("rand_read")]
    [InlineData("rand_mix21")]
    [InlineData("stride")]
    [InlineData("low_rate_hit")]
    [InlineData("low_rate_rand")]
    public void No_recipe_of_the_oracle_breaks_a_rule(string recipe)
    {
        foreach (HbmAddressMap map in (HbmAddressMap[])[HbmBench.MapM1, HbmBench.MapM2])
        {
            HbmBench bench = new(new HbmConfig { Map = map });
            bench.Run(Recipe(recipe, 6000));
            HbmLegality.Check(bench.Log, bench.Config);
        }
    }

    [Fact]
    public void A_controller_is_exactly_as_careful_as_every_timing_asks()
    {
        foreach (HbmRefresh refresh in (HbmRefresh[])[HbmRefresh.AllBank, HbmRefresh.PerBank])
        {
            HbmBench bench = new(Config(True, refresh));
            bench.Run(Mixed(20_000));
            DramChecker checker = HbmLegality.Check(bench.Log, HbmLegality.Rules(bench.Config));
            Dictionary<string, DramRuleRow> rows = checker.Report().ToDictionary(row => row.Name);
            foreach (DramRuleRow row in rows.Values.Where(row => row.Times > 0))
                output.WriteLine($"{row.Name}: {row.Allowed}, {row.Tightest}, {row.Times}");
            foreach (string name in Broken.Where(b => RefreshFor(b.Key) == refresh && !IsOfPower(b.Key)).SelectMany(b => b.Value).Distinct())
                Assert.Equal((name, rows[name].Allowed), (name, rows[name].Tightest));
        }
    }

    [Theory]
    [InlineData("Xp")]
    [InlineData("Cke")]
    [InlineData("Xs")]
    public void A_controller_that_sleeps_is_exactly_as_careful_as_every_timing_asks(string timing)
    {
        HbmBench bench = Run(timing, True);
        Dictionary<string, DramRuleRow> rows = HbmLegality.Check(bench.Log, HbmLegality.Rules(bench.Config)).Report().ToDictionary(row => row.Name);
        foreach (string name in Broken[timing])
        {
            output.WriteLine($"{name}: {rows[name].Allowed}, {rows[name].Tightest}, {rows[name].Times}");
            Assert.Equal((name, rows[name].Allowed), (name, rows[name].Tightest));
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void No_policy_breaks_a_rule_when_the_channel_sleeps(HbmScheduler scheduler, HbmQueueKind queue, HbmPage page, HbmRefresh refresh, int postpone)
    {
        foreach ((int down, int self) in ((int, int)[])[(1, 0), (0, 1), (1, 40), (60, 500), (50, 5000)])
        {
            foreach (HbmBuses buses in Enum.GetValues<HbmBuses>())
            {
                HbmConfig config = Config(True with { ActivateClocks = buses == HbmBuses.OneEach ? 1 : 2 }, refresh) with
                {
                    Scheduler = scheduler,
                    Queue = queue,
                    Page = page,
                    Postpone = postpone,
                    Buses = buses,
                    RefreshRate = postpone == 8 ? 4 : 1,
                    PowerDown = down,
                    SelfRefresh = IsDdrByBank(buses, refresh) ? 0 : self,
                };
                HbmBench bench = new(config);
                bench.Run(Sparse(500));
                HbmLegality.Check(bench.Log, config);
                Assert.True(down == 0 || bench.Log.CountOf(HbmCommand.PowerDownEnter) > 10);
                Assert.True(config.SelfRefresh == 0 || bench.Log.CountOf(HbmCommand.SelfRefreshEnter) >= (self > 1000 ? 1 : 5), $"{bench.Log.CountOf(HbmCommand.SelfRefreshEnter)} self-refreshes");
            }
        }
    }

    public static TheoryData<HbmScheduler, HbmQueueKind, HbmPage, HbmRefresh, int> Policies
    {
        get
        {
            var data = new TheoryData<HbmScheduler, HbmQueueKind, HbmPage, HbmRefresh, int>();
            foreach (HbmScheduler scheduler in Enum.GetValues<HbmScheduler>())
            {
                foreach (HbmQueueKind queue in Enum.GetValues<HbmQueueKind>())
                {
                    foreach (HbmPage page in Enum.GetValues<HbmPage>())
                    {
                        data.Add(scheduler, queue, page, HbmRefresh.AllBank, queue == HbmQueueKind.Bank ? 8 : 0);
                        data.Add(scheduler, queue, page, HbmRefresh.PerBank, queue == HbmQueueKind.Bank ? 8 : 1);
                    }
                }
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Policies))]
    public void No_policy_breaks_a_rule_or_loses_a_request(HbmScheduler scheduler, HbmQueueKind queue, HbmPage page, HbmRefresh refresh, int postpone)
    {
        foreach (HbmBuses buses in Enum.GetValues<HbmBuses>())
        {
            HbmConfig config = Config(True with { ActivateClocks = buses == HbmBuses.OneEach ? 1 : 2 }, refresh) with
            {
                Scheduler = scheduler,
                Queue = queue,
                Page = page,
                Postpone = postpone,
                Buses = buses,
                QueueEntries = 16,
                WriteHigh = 10,
                WriteLow = 2,
                StarvationCycles = 300,
            };
            HbmBench bench = new(config);
            bench.Run([.. Mixed(2_000), .. Recipe("rand_mix21", 1_500).Select(i => new HbmTraceItem(20_000, i.Write, i.Address))]);
            DramChecker checker = HbmLegality.Run(bench.Log, HbmLegality.Rules(config));
            Assert.True(checker.ViolationCount == 0, string.Join(Environment.NewLine, checker.Violations));
        }
    }

    [Fact]
    public void An_activate_that_leaves_its_bus_after_one_clock_breaks_the_row_bus()
    {
        HbmBench bench = new(Config(With("ActivateClocks", -1)));
        bench.Run(Mixed(5_000));
        DramChecker checker = HbmLegality.Run(bench.Log, HbmLegality.Rules(Config(True)));
        Assert.Contains("row bus", checker.Report().Where(row => row.Violations > 0).Select(row => row.Name));
    }

    [Theory]
    [MemberData(nameof(Timings))]
    public void A_controller_whose_timing_is_one_clock_short_breaks_exactly_the_rules_of_that_timing(string timing)
    {
        HbmBench bench = Run(timing, With(timing, -1));
        DramChecker checker = HbmLegality.Run(bench.Log, HbmLegality.Rules(bench.Config with { Timing = True }));
        IEnumerable<string> broken = checker.Report().Where(row => row.Violations > 0).Select(row => row.Name).Order(StringComparer.Ordinal);
        Assert.Equal(Broken[timing].Order(StringComparer.Ordinal), broken);
    }

    [Fact]
    public void A_controller_that_refreshes_too_seldom_breaks_tREFI()
    {
        HbmBench bench = new(Config(With("Refi", True.Refi * 3)));
        bench.Run(Mixed(20_000));
        DramChecker checker = HbmLegality.Run(bench.Log, HbmLegality.Rules(Config(True)));
        Assert.Equal(["tREFI"], checker.Report().Where(row => row.Violations > 0).Select(row => row.Name));
    }

    [Fact]
    public void Read_latency_leaves_no_mark_on_the_command_buses()
    {
        // tRTW is a timing of its own; CL moves data only, and what the controller takes it for cannot be seen here.
        HbmBench bench = new(Config(With("Cl", -1)));
        bench.Run(Mixed(5_000));
        HbmLegality.Check(bench.Log, HbmLegality.Rules(Config(True)));
    }

    [Fact]
    public void Checking_allocates_nothing_a_command()
    {
        HbmBench bench = new(Config(True));
        bench.Run(Mixed(2_000));
        DramRules rules = HbmLegality.Rules(bench.Config);
        DramCommand[] commands = [.. Enumerable.Range(0, bench.Log.Count).Select(i => HbmLegality.Command(bench.Log[i], rules))];
        DramChecker checker = new(rules);
        int half = commands.Length / 2;
        for (int i = 0; i < half; i++)
            checker.Check(commands[i]); // the host compiles as it goes
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = half; i < commands.Length; i++)
            checker.Check(commands[i]);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    [Fact]
    public void Every_timing_of_the_controller_has_been_shortened() =>
        Assert.Equal(
            typeof(HbmTiming).GetProperties().Where(p => p.PropertyType == typeof(int)).Select(p => p.Name).Except(["Cl", "Refi", "RefiBank", "ActivateClocks"]).Order(StringComparer.Ordinal),
            Broken.Keys.Order(StringComparer.Ordinal));
}
