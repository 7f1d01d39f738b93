using System.Globalization;
using System.Text;
using HybridEmu.Chip;
using HybridEmu.Emulator.Tests;
using HybridEmu.Units;

namespace HybridEmu.Programs.Tests;

public class DramReplayTests
{
    private static readonly EnergyConfiguration s_energy = ConfigurationLoader.Load("tiny").Energy;

    [Fact]
    public void Twenty_single_accesses_have_the_latencies_and_commands_of_the_references()
    {
        HbmConfig config = new() { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off, Timing = new HbmTiming { Faw = 30 } };
        IEnumerable<MemoryAccess> trace = HbmSingleAccessFigures.Scenarios.SelectMany(s => s.Requests.Split(' ').Select(r => r.Split(':')).Select(
            p => AccessList.Access(s.Start + int.Parse(p[0], CultureInfo.InvariantCulture), p[1] == "W", Convert.ToUInt64(p[2], 16))));
        (DramReplay replay, string[] commands) = Run(config, trace);

        Assert.Equal(
            HbmSingleAccessFigures.Scenarios.SelectMany(s => s.ReadLatencies).GroupBy(l => l).OrderBy(g => g.Key).Select(g => (g.Key, (long)g.Count())),
            Enumerable.Range(0, 200).Select(l => (l, replay.ReadLatencies.CountOf(l))).Where(p => p.Item2 > 0));
        Assert.Equal(
            HbmSingleAccessFigures.Scenarios.SelectMany(s => s.Commands.Split(' ').Select(c => c.Split('@')).Select(c => (s.Start + long.Parse(c[1], CultureInfo.InvariantCulture), c[0]))),
            commands.Select(c => c.Split(',')).Select(f => (long.Parse(f[0], CultureInfo.InvariantCulture), f[1])));
        Assert.Equal((28, 7), (replay.ReadLatencies.Count, replay.WriteLatencies.Count));
    }

    [Fact]
    public void A_command_names_its_bank_row_and_column()
    {
        HbmConfig config = new() { Map = HbmBench.MapM1, Refresh = HbmRefresh.Off };
        ulong address = config.Map.Encode(new HbmLocation { PseudoChannel = 1, BankGroup = 2, Bank = 3, Row = 77, Column = 9 });
        (_, string[] commands) = Run(config, [AccessList.Access(0, true, address + 5), AccessList.Access(500, false, address ^ (1 << 20))]);
        Assert.Equal(["1,ACT,0,1,2,3,77,0", "14,WR,0,1,2,3,77,9", "501,PRE,0,1,2,3,0,0", "514,ACT,0,1,2,3,109,0", "529,RD,0,1,2,3,109,9"], commands);
    }

    [Fact]
    public void A_replay_equals_the_test_bench_request_by_request()
    {
        HbmConfig config = new() { Map = HbmBench.MapM2 };
        MemoryAccess[] trace = [.. Traffic(3000, 1 << 22, meanGap: 6, seed: 5)];
        HbmBench bench = new(config);
        HbmTraceItem[] items = [.. trace.Select(a => new HbmTraceItem(a.Stamp, a.IsWrite, a.Address))];
        bench.Run(items);

        (DramReplay replay, string[] commands) = Run(config, trace);

        DramStatistics statistics = replay.Statistics("", "", 1000, s_energy);
        Assert.Equal(bench.LastEnd, statistics.Cycles);
        Assert.Equal(
            Enumerable.Range(0, bench.Log.Count).Select(i => bench.Log[i]).Select(r => $"{r.Edge},{CommandFile.NameOf(r.Command)},0,{r.PseudoChannel},{r.Bank >> 2},{r.Bank & 3},{r.Row},{r.Column}"),
            commands.Where(c => long.Parse(c.Split(',')[0], CultureInfo.InvariantCulture) < bench.Cycle));
        Assert.True(bench.Log.Written == bench.Log.Count, "The bench's log is too short for the trace.");
        foreach (IGrouping<long, HbmTraceItem> latency in items.Where(i => !i.Write).GroupBy(i => i.Latency))
            Assert.Equal(latency.Count(), replay.ReadLatencies.CountOf(latency.Key));
        foreach (IGrouping<long, HbmTraceItem> latency in items.Where(i => i.Write).GroupBy(i => i.Latency))
            Assert.Equal(latency.Count(), replay.WriteLatencies.CountOf(latency.Key));
    }

    [Theory]
    [InlineData(0, 0, 8, 1)]
    [InlineData(0, 3, 1, 2)]
    [InlineData(0, 40, 8, 3)]
    [InlineData(0, 900, 8, 4)]
    [InlineData(3, 0, 8, 5)]
    [InlineData(3, 2, 32, 6)]
    [InlineData(3, 200, 8, 7)]
    public void Skipped_cycles_change_nothing(int channelBits, int meanGap, int window, ulong seed)
    {
        foreach ((int queue, int powerDown, int selfRefresh) in ((int, int, int)[])[(2, 0, 0), (32, 0, 0), (32, 10, 0), (8, 40, 400)])
        {
            HbmConfig config = new()
            {
                Map = HbmAddressMap.Chip(channelBits, 12),
                QueueEntries = queue,
                Timing = new HbmTiming { Refi = 1200 },
                PowerDown = powerDown,
                SelfRefresh = selfRefresh,
            };
            MemoryAccess[] trace = [.. Traffic(2500, 1 << 20, meanGap, seed)];
            (DramReplay skipping, string[] commands) = Run(config, trace, window);
            (DramReplay stepping, string[] allCommands) = Run(config, trace, window, skip: false);
            Assert.Equal(allCommands, commands);
            Assert.Equal(Json(stepping), Json(skipping));
            Assert.Equal(2500, skipping.Requests);
        }
    }

    [Fact]
    public void Eight_channels_have_the_sums_of_their_parts_and_one_peak_each()
    {
        HbmConfig config = new() { Map = HbmAddressMap.Chip(3) };
        (DramReplay replay, string[] commands) = Run(config, Recipe("mix21_blk", 40_000, config), window: 32);
        DramStatistics s = replay.Statistics("", "", 1000, s_energy);

        Assert.Equal(8, s.Channels.Count);
        Assert.Equal((s.Reads, s.Writes), (s.Channels.Sum(c => c.Reads), s.Channels.Sum(c => c.Writes)));
        Assert.Equal(40_000, s.Requests);
        Assert.Equal(s.UtilisationPercent, s.Channels.Average(c => c.UtilisationPercent), 1e-9);
        Assert.Equal(100.0 * 40_000 * 2 / (s.Cycles * 16.0), s.UtilisationPercent, 1e-9);
        Assert.Equal(s.UtilisationPercent, s.Hbm.PercentOfPeak, 1e-6);
        Assert.Equal(40_000 * 32.0 / s.Cycles, s.Hbm.GigabytesPerSecond, 1e-6);
        Assert.Equal(s.ReadLatency.Mean, s.Channels.Sum(c => c.MeanReadCycles * c.Reads) / s.Reads, 1e-6);
        Assert.Equal(s.Requests, s.Hbm.RowHits + s.Hbm.RowClosed + s.Hbm.RowConflicts);
        foreach (NamedCount count in s.Hbm.Commands)
        {
            Assert.Equal(count.Count, commands.LongCount(c => c.Split(',')[1] == count.Name));
            for (int channel = 0; channel < 8; channel++)
                Assert.Equal(s.Channels[channel].Hbm.Commands.Single(c => c.Name == count.Name).Count, commands.LongCount(c => c.Split(',') is var f && f[1] == count.Name && f[2] == $"{channel}"));
        }
    }

    [Fact]
    public void Commands_of_all_channels_come_by_clock_then_bus_then_channel()
    {
        HbmConfig config = new() { Map = HbmAddressMap.Chip(3), Timing = new HbmTiming { Refi = 1000 } };
        (_, string[] commands) = Run(config, Recipe("rand_mix21", 4000, config), window: 32);
        (long, int, int)[] keys = [.. commands.Select(c => c.Split(',')).Select(f => (long.Parse(f[0], CultureInfo.InvariantCulture), f[1] is "RD" or "WR" ? 1 : 0, int.Parse(f[2], CultureInfo.InvariantCulture)))];
        Assert.Equal(keys.Distinct().Order(), keys);
        Assert.Equal(["ACT", "PRE", "PREA", "RD", "REFab", "WR"], commands.Select(c => c.Split(',')[1]).Distinct().Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Every_command_has_a_name() => Assert.Equal(
        ["ACT", "PDE", "PDX", "PRE", "PREA", "RD", "REFab", "REFpb", "SRE", "SRX", "WR"], Enum.GetValues<HbmCommand>().Select(CommandFile.NameOf).Order(StringComparer.Ordinal));

    [Fact]
    public void Energy_is_that_of_the_commands()
    {
        HbmConfig config = new() { Map = HbmBench.MapM2 };
        (DramReplay replay, _) = Run(config, Recipe("mix21_blk", 9000, config));
        DramStatistics s = replay.Statistics("", "", 1000, s_energy);
        long Count(string name) => s.Hbm.Commands.Single(c => c.Name == name).Count;
        Assert.Equal(
            [Count("ACT") * s_energy.HbmActivate, 9000 * 32 * s_energy.HbmByte, Count("REFab") * s_energy.HbmRefresh / 2],
            s.Energy.Take(3).Select(e => e.Picojoules));
        Assert.True(Count("REFab") > 0);
    }

    [Fact]
    public void Sixteen_refreshes_of_one_bank_spend_as_much_as_one_of_all()
    {
        HbmConfig config = new() { Map = HbmBench.MapM2, Refresh = HbmRefresh.PerBank };
        (DramReplay replay, _) = Run(config, Recipe("mix21_blk", 9000, config));
        DramStatistics s = replay.Statistics("", "", 1000, s_energy);
        long refreshes = s.Hbm.Commands.Single(c => c.Name == "REFpb").Count;
        Assert.True(refreshes > 0);
        Assert.Equal(refreshes * s_energy.HbmRefresh / 2 / 16, s.Energy.Single(e => e.Name == "refresh").Picojoules, 1e-6);
    }

    [Theory]
    [InlineData(1000, 0, 0)]
    [InlineData(1600, 0, 0)]
    [InlineData(1000, 50, 0)]
    [InlineData(1000, 50, 2000)]
    public void Standby_energy_is_that_of_every_cycle_in_its_state(int megahertz, int powerDown, int selfRefresh)
    {
        // DRAMsim3's HBM2: 66, 48 and 37.2 mW a channel. A row is opened, read, and closed for the sleep if there is one.
        HbmConfig config = new() { Map = HbmBench.MapM2, Refresh = HbmRefresh.Off, PowerDown = powerDown, SelfRefresh = selfRefresh };
        (DramReplay replay, _) = Run(config, [AccessList.Access(99, false, 0), AccessList.Access(99_999, false, 0)]);
        DramStatistics s = replay.Statistics("", "", megahertz, s_energy);
        long Cycles(string state) => s.Hbm.Standby.Single(c => c.Name == state).Count;

        Assert.Equal(s.Cycles, s.Hbm.Standby.Sum(c => c.Count));
        double picojoules = ((48 * Cycles("precharged")) + (66 * Cycles("active")) + (37.2 * (Cycles("power-down") + Cycles("self-refresh")))) * 1000 / megahertz;
        Assert.Equal(picojoules, s.Energy.Single(e => e.Name == "standby").Picojoules, 1e-3);
        if (powerDown == 0)
            Assert.Equal((100, s.Cycles - 100), (Cycles("precharged"), Cycles("active")));
        else
            Assert.InRange(Cycles(selfRefresh > 0 ? "self-refresh" : "power-down"), 97_000, 99_999);
    }

    [Theory]
    [InlineData("seq_read", 91.5, 92.5)]
    [InlineData("seq_write", 90.0, 92.5)]
    [InlineData("mix21_blk", 86.0, 92.5)]
    [InlineData("rand_read", 30.0, 33.4)] // the row bus: an activate and a precharge take three clocks for two of data
    public void Recipes_reach_the_share_of_peak_that_the_references_reach(string recipe, double least, double most)
    {
        HbmConfig config = new() { Map = HbmBench.MapM2 };
        (DramReplay replay, _) = Run(config, Recipe(recipe, 40_000, config));
        Assert.InRange(replay.Statistics("", "", 1000, s_energy).UtilisationPercent, least, most);
    }

    [Fact]
    public void Nothing_is_allocated_a_request()
    {
        HbmConfig config = new() { Map = HbmAddressMap.Chip(1) };
        var replay = new DramReplay(config, Recipe("rand_mix21", 100_000, config), commands: new CommandFile(Stream.Null, config.Map));
        replay.Advance(20_000);
        long before = GC.GetAllocatedBytesForCurrentThread();
        replay.Advance(40_000);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.InRange(replay.Requests, 1000, 99_999);
    }

    [Fact]
    public void Without_accesses_a_replay_is_over_at_once()
    {
        (DramReplay replay, string[] commands) = Run(new HbmConfig { Map = HbmBench.MapM1 }, []);
        Assert.Empty(commands);
        Assert.Equal(0, replay.Statistics("", "", 1000, s_energy).UtilisationPercent);
    }

    private static TraceRecipe Recipe(string name, long requests, HbmConfig config) =>
        new(name, requests, 1L << Enum.GetValues<HbmField>().Sum(config.Map.Bits), 0, 1);

    private static (DramReplay Replay, string[] Commands) Run(HbmConfig config, IEnumerable<MemoryAccess> trace, int window = 8, bool skip = true) =>
        Run(config, new AccessList(trace), window, skip);

    private static (DramReplay Replay, string[] Commands) Run(HbmConfig config, IAccessSource source, int window = 8, bool skip = true)
    {
        using var file = new MemoryStream();
        var commands = new CommandFile(file, config.Map);
        var replay = new DramReplay(config, source, window, commands) { Skipping = skip };
        while (!replay.Finished)
        {
            replay.Advance(1000);
            Assert.True(replay.Cycles < 10_000_000, "The replay does not end.");
        }

        commands.Finish();
        string[] lines = Encoding.ASCII.GetString(file.ToArray()).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal("clk,cmd,ch,pc,bg,ba,row,col", lines[0]);
        return (replay, lines[1..]);
    }

    private static string Json(DramReplay replay)
    {
        using var stream = new MemoryStream();
        DramJson.Write(stream, replay.Statistics("", "", 1000, s_energy));
        return Encoding.UTF8.GetString(stream.ToArray());
    }

    // Bursts of neighbours and strangers, with pauses now and then.
    private static IEnumerable<MemoryAccess> Traffic(int count, long bytes, int meanGap, ulong seed)
    {
        MemoryAccess[] random = new MemoryAccess[count];
        new TraceRecipe("rand_mix21", count, bytes, 0, seed).Read(random);
        long stamp = 0;
        for (int i = 0; i < count; i++)
        {
            long dice = (long)(random[i].Address / 32 % 97);
            if (meanGap > 0)
                stamp += dice < 60 ? 0 : dice < 90 ? dice % (2 * meanGap) : 3 * meanGap;
            ulong address = dice % 3 != 0 && i > 0 ? (random[i - 1].Address + 32) % (ulong)bytes : random[i].Address;
            random[i].Address = address;
            yield return AccessList.Access(stamp, random[i].IsWrite, address);
        }
    }
}
