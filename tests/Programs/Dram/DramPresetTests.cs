using HybridEmu.Checker;
using HybridEmu.Chip;
using HybridEmu.Emulator.Tests;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

/// <summary>The memories alone that the presets describe, against figures of other simulators; every command is held against the checker.</summary>
public sealed class DramPresetTests : IDisposable
{
    private const int Requests = 40_000;

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-presets").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    // DRAMSys 5.1 with refresh of single banks, grouping and 32 entries a bank; HBM oracle, common timings, map M2.
    [Theory]
    [InlineData("seq_read", 98.0)]
    [InlineData("seq_write", 96.9)]
    [InlineData("mix21_seq", 94.0)]
    [InlineData("mix21_3arr_conf", 92.6)]
    public void The_best_controller_reaches_the_best_of_the_references(string recipe, double least) =>
        Assert.InRange(Replay("hbm2-best", recipe).UtilisationPercent, least, 100);

    // DRAMsim3 and Ramulator 2.1, 100,000 requests: 92.16 and 91.97, 92.07 and 90.06; a point of room at both ends.
    [Theory]
    [InlineData("seq_read", 90.97, 93.16)]
    [InlineData("seq_write", 89.06, 93.07)]
    public void The_common_controller_lies_in_the_range_of_the_references(string recipe, double least, double most) =>
        Assert.InRange(Replay("hbm2-common", recipe).UtilisationPercent, least, most);

    [Fact]
    public void The_micro_preset_is_the_memory_of_the_single_accesses() => Assert.Equal(
        new HbmConfig { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Timing = new HbmTiming { Faw = 30 } },
        ConfigurationLoader.Load("hbm2-micro").Hbm.Controller);

    [Theory]
    [InlineData("seq_read", "refresh")]
    [InlineData("mix21_seq", "turn-round")]
    [InlineData("rand_read", "row bus")]
    [InlineData("rand_read", "tRRD and tFAW", "hbm.timing.faw=60 cycles")]
    [InlineData("rand_read", "row cycle", "hbm.scheduler=fcfs")]
    [InlineData("seq_read", "tCCD", "hbm.map=offset:5 column:5 pc:1 bank:2 group:2 row", "hbm.refresh=off")]
    [InlineData("low_rate_hit", "front end")]
    [InlineData("seq_read", "answers not taken", "hbm.responses=4")]
    public void The_bottleneck_is_named(string recipe, string cause, params string[] overrides)
    {
        DramStatistics s = Replay("hbm2-common", recipe, overrides);
        Assert.Equal(s.Cycles * 2, s.Hbm.DataBus.Sum(c => c.Count));
        Assert.Equal(cause, s.Hbm.DataBus.Skip(1).MaxBy(c => c.Count)!.Name);
    }

    [Theory]
    [InlineData("HBM2")]
    [InlineData("HBM2E")]
    [InlineData("HBM3")]
    [InlineData("DDR3")]
    public void Every_standard_keeps_its_own_rules(string standard)
    {
        foreach (string recipe in (string[])["seq_read", "mix21_3arr_conf", "rand_mix21"])
            Assert.InRange(Replay("tiny", recipe, $"hbm.standard={standard}").UtilisationPercent, 10, 100);
    }

    [Fact]
    public void A_stride_of_one_row_is_faster_when_the_bank_is_xored_with_the_row() => Assert.True(
        Replay("hbm2-common", "stride", "hbm.bank_xor=row").UtilisationPercent > 3 * Replay("hbm2-common", "stride").UtilisationPercent);

    private DramStatistics Replay(string preset, string recipe, params string[] overrides)
    {
        ChipConfiguration configuration = ConfigurationLoader.Load(preset, overrides);
        HbmConfig config = configuration.Hbm.Controller;
        string path = Path.Combine(_directory, "commands.csv");
        DramReplay replay;
        using (FileStream file = File.Create(path))
        {
            var commands = new CommandFile(file, config.Map);
            replay = new DramReplay(config, new TraceRecipe(recipe, recipe == "low_rate_hit" ? 2000 : Requests, configuration.Hbm.CapacityBytes, 1 << 15, 1), commands: commands);
            while (!replay.Finished)
                replay.Advance(100_000);
            commands.Finish();
        }

        DramRules rules = CheckerRules.Of(config);
        var checker = new DramChecker(rules);
        using CommandTraceReader reader = CommandTrace.Open(path, rules);
        while (reader.TryRead(out DramCommand command))
            checker.Check(in command);
        checker.Finish(replay.Cycles);
        Assert.True(checker.ViolationCount == 0, string.Join(Environment.NewLine, checker.Violations));
        return replay.Statistics("", "", configuration.Hbm.ClockMegahertz, configuration.Energy);
    }
}
