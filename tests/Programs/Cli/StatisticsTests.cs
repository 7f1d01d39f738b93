using System.Text.Json;
using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

public sealed class StatisticsTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(1, 0, 0)]
    [InlineData(999, 1, 999_000_000_007)]
    [InlineData(long.MaxValue, long.MaxValue, 1)]
    public void Shares_sum_to_100_percent(long a, long b, long c) => Assert.Equal(1000, Percentages.Tenths([a, b, c]).Sum());

    [Fact]
    public void Shares_of_nothing_are_zero() => Assert.Equal([0, 0], Percentages.Tenths([0, 0]));

    [Fact]
    public void The_report_has_every_section()
    {
        var text = new StringWriter();
        StatisticsReport.Write(text, Sample(), new HostStatistics(2, 5, "", "", 2));
        string report = text.ToString();
        foreach (string part in (string[])["Run         passed", "5.00 Mcycles/s", "25.00 % utilisation", "forward", "Idle 33.4  Busy 33.3  Throttled 33.3", "ld               mx.a 12", "8.00 GB/s, 12.5 % of peak", "75.0 % hit", "wide                       3            15            30", "0.004 uJ", "like 1000 s", "peak 61.25 C in array"])
            Assert.Contains(part, report, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', report);
    }

    [Fact]
    public void The_longest_name_of_a_unit_does_not_touch_its_causes()
    {
        var text = new StringWriter();
        ChipStatistics sample = Sample();
        StatisticsReport.Write(text, sample with { Units = [.. sample.Units, sample.Units[0] with { Name = "tile0..3.scratchpad" }] });
        Assert.Contains("  tile0..3.scratchpad Idle 33.4", text.ToString(), StringComparison.Ordinal);
        Assert.Contains("  tile0.core          Idle 33.4", text.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Units_that_differ_by_a_number_share_a_line_with_the_sum_of_their_cycles()
    {
        UnitStatistics Unit(string name, long idle, long busy) => new(name, "core", idle + busy, [new("Idle", idle), new("Busy", busy)]);
        IReadOnlyList<UnitStatistics> groups = UnitGroups.Of([Unit("tile0.load", 1, 2), Unit("tile1.load", 3, 4), Unit("home0", 5, 6), Unit("home1", 7, 8), Unit("home15", 9, 10), Unit("bridge", 1, 0)]);
        Assert.Equal(["tile0.load", "tile1.load", "home0..15", "bridge"], groups.Select(g => g.Name));
        Assert.Equal([21, 24, 45], [groups[2].Causes[0].Count, groups[2].Causes[1].Count, groups[2].Cycles]);
        groups = UnitGroups.Of([Unit("tile0.load", 1, 2), Unit("tile0.store", 1, 1), Unit("tile1.load", 3, 4), Unit("tile2.load", 5, 6)]);
        Assert.Equal(["tile0..2.load", "tile0.store"], groups.Select(g => g.Name));
    }

    [Fact]
    public void Json_differs_in_host_only()
    {
        using JsonDocument a = Json(new HostStatistics(1, 2, "r", "s", 1)), b = Json(new HostStatistics(3, 4, "q", "t", 2));
        Assert.True(a.RootElement.TryGetProperty("host", out _));
        foreach (JsonProperty property in a.RootElement.EnumerateObject().Where(p => p.Name != "host"))
            Assert.Equal(property.Value.GetRawText(), b.RootElement.GetProperty(property.Name).GetRawText());
        Assert.Equal(12.5, a.RootElement.GetProperty("hbm").GetProperty("percentOfPeak").GetDouble());
        Assert.Equal(3500, a.RootElement.GetProperty("energyPicojoules").GetProperty("total").GetDouble());
    }

    private static JsonDocument Json(HostStatistics host)
    {
        var stream = new MemoryStream();
        StatisticsJson.Write(stream, Sample(), host);
        return JsonDocument.Parse(stream.ToArray());
    }

    private static ChipStatistics Sample() => new(
        "tiny",
        1,
        1000,
        "passed",
        0,
        999,
        1_000_000,
        500,
        [new("forward", 600), new("other", 399)],
        [new("tile0.core", "core", 999, [new("Idle", 333), new("Busy", 333), new("Throttled", 333)])],
        new(200, 100, 400),
        [new("mx.matmul", 3)],
        [new("tile0.scratchpad", "mx.a", "ld", 12)],
        new(6000, 2000, 3, 1, 0, 64e9, 1_000_000, [new("ACT", 1)], [new("burst", 250), new("front end", 700), new("refresh", 50)], [new("precharged", 700), new("active", 300), new("power-down", 0), new("self-refresh", 0)]),
        [new("wide", 3, 15, 30)],
        [new("array", 2500), new("hbm", 1000)],
        new(1000, 1, 333, 0.25, 0, [new("host", 45, 46), new("array", 60, 61.25)]));
}
