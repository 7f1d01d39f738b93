using System.Globalization;
using System.Text.Json;
using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>The estimate of silicon is a sum of so many parts times a constant each, and nothing else.</summary>
public sealed class AreaTests
{
    /// <summary>Packs, so that no kind of PE is the same as another, and has both kinds of SRAM.</summary>
    private static readonly string[] s_settings = ["array.rows=16", "array.int8_packing=4", "array.int4_packing=8", "accumulators.ports=single", "pcie.memory=1 MiB"];

    public static TheoryData<string> Constants => [.. ConfigurationSchema.Keys.Select(k => k.Name).Where(k => k.StartsWith("area.", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(Constants))]
    public void A_constant_moves_its_own_terms_in_proportion_and_no_other(string key)
    {
        string unit = key.StartsWith("area.sram", StringComparison.Ordinal) ? "um2/KiB" : "um2";
        AreaTerm[] plain = Terms(), changed = Terms($"{key}=123456 {unit}");
        Assert.Equal(plain.Length, changed.Length);
        Assert.Contains(plain, t => t.Key == key);
        for (int i = 0; i < plain.Length; i++)
        {
            AreaTerm expected = plain[i].Key == key ? plain[i] with { Each = 123456 } : plain[i];
            Assert.Equal(expected, changed[i]);
            Assert.Equal(expected.Count * expected.Each / 1e6, changed[i].SquareMillimetres, 12);
        }
    }

    [Fact]
    public void A_unit_is_the_sum_of_its_terms_and_the_chip_that_of_its_units()
    {
        AreaStatistics area = Area();
        Assert.All(area.Units, u => Assert.Equal(u.Terms.Sum(t => t.Count * t.Each) / 1e6, u.SquareMillimetres, 9));
        Assert.Equal(area.Units.Sum(u => u.SquareMillimetres), area.SquareMillimetres, 9);
        Assert.Equal(256, area.Floorplan, 9);
    }

    [Theory]
    [InlineData("PEs, bf16", 2 * 16 * 32)]
    [InlineData("PEs, int8", 2 * 16 * 32 * 4)]
    [InlineData("PEs, int4", 2 * 16 * 32 * 8)]
    [InlineData("KiB of scratchpad", 2 * 1024)]
    [InlineData("KiB of accumulators", 2 * 256)]
    [InlineData("KiB of L1I and L1D", 2 * 32)]
    [InlineData("bits of transposers", 2 * 2 * ((16 * 8 * 16 * 16) + (32 * 16 * 32)))] // two blocks of pR x R elements and of C x R words
    [InlineData("bits of transpose", 2 * 16 * 16 * 32)]
    [InlineData("bits of descriptor queues", 2 * 4 * 8 * 512)]
    [InlineData("ports", (4 * (4 + 1 + 16)) + (2 * (4 + 16 + 1)))] // coherent: two L1 a tile, host, homes; wide: two ports a tile, stream ports, link
    [InlineData("channels", 8)]
    [InlineData("PCIe link", 1)]
    [InlineData("KiB of transactions of the link", 32)]
    public void Parts_are_counted_as_the_chip_has_them(string what, double count) =>
        Assert.Equal(count, Assert.Single(Terms(), t => t.What == what).Count);

    [Fact]
    public void A_check_byte_beside_eight_makes_a_scratchpad_an_eighth_larger() =>
        Assert.Equal(2 * 1024 * 9 / 8, Assert.Single(Terms("scratchpad.ecc=secded"), t => t.What == "KiB of scratchpad").Count);

    [Fact]
    public void Report_and_json_have_every_unit_and_the_whole()
    {
        ChipRun run = Firmware.Boot("tiny", Firmware.Hello, null);
        run.Finish();
        ChipStatistics statistics = run.Statistics();
        var text = new StringWriter();
        StatisticsReport.Write(text, statistics);
        var json = new MemoryStream();
        StatisticsJson.Write(json, statistics);
        using JsonDocument document = JsonDocument.Parse(json.ToArray());
        JsonElement area = document.RootElement.GetProperty("areaSquareMillimetres");
        Assert.Equal(statistics.Area.SquareMillimetres, area.GetProperty("estimate").GetDouble());
        Assert.Equal(16, area.GetProperty("floorplan").GetDouble(), 9);
        foreach ((AreaOfUnit unit, JsonElement written) in statistics.Area.Units.Zip(area.GetProperty("units").EnumerateArray()))
        {
            Assert.Contains(string.Create(CultureInfo.InvariantCulture, $"  {unit.Unit,-15} {unit.SquareMillimetres,9:0.0000}"), text.ToString(), StringComparison.Ordinal);
            Assert.Equal((unit.Unit, unit.SquareMillimetres), (written.GetProperty("name").GetString(), written.GetProperty("estimate").GetDouble()));
            Assert.Equal(unit.Terms.Count, written.GetProperty("terms").GetArrayLength());
        }
    }

    private static AreaStatistics Area(params string[] more) => AreaEstimate.Of(ConfigurationLoader.Load("hybrid", [.. s_settings, .. more]));

    private static AreaTerm[] Terms(params string[] more) => [.. Area(more).Units.SelectMany(u => u.Terms)];
}
