using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

public sealed class ConfigurationTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-configuration").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Hybrid_is_the_chip_of_the_specification()
    {
        ChipConfiguration c = ConfigurationLoader.Load("hybrid");
        Assert.Equal((2, 32, 32), (c.Tiles, c.Array.Rows, c.Array.Columns));
        Assert.Equal((1 << 20, 16, 32), (c.Scratchpad.Bytes, c.Scratchpad.Banks, c.Scratchpad.BankWidthBytes));
        Assert.Equal(256 << 10, c.Accumulators.Bytes);
        Assert.Equal((1000, 16384, 16384), (c.Core.ClockMegahertz, c.Core.L1iBytes, c.Core.L1dBytes));
        Assert.Equal((8, 4L << 30, 16L << 20), (c.Hbm.Channels, c.Hbm.CapacityBytes, c.Fabric.StreamingBaseBytes));
        Assert.Equal((14, 48, 260, 3900), (c.Hbm.Controller.Timing.Cl, c.Hbm.Controller.Timing.Rc, c.Hbm.Controller.Timing.Rfc, c.Hbm.Controller.Timing.Refi));
        Assert.Equal(2048, c.ProcessingElements);
        Assert.Equal(256e9, c.PeakHbmBytesPerSecond);
        Assert.Equal(21.68, c.Energy.HbmByte, 12);
        Assert.Equal(0.016 * 0.016, c.Thermal.Floorplan.Sum(b => b.Area), 9);
    }

    [Theory]
    [InlineData("tiny", 1, 8, 1)]
    [InlineData("edge", 1, 16, 2)]
    [InlineData("hybrid", 2, 32, 8)]
    [InlineData("datacenter", 4, 128, 16)]
    [InlineData("tpuv1", 1, 256, 2)]
    [InlineData("tpuv4like", 4, 128, 16)]
    public void Every_preset_loads_and_names_itself(string name, int tiles, int rows, int channels)
    {
        ChipConfiguration c = ConfigurationLoader.Load(name);
        Assert.Equal((name, tiles, rows, channels), (c.Name, c.Tiles, c.Array.Rows, c.Hbm.Channels));
        Assert.Contains(ConfigurationLoader.Presets, p => p.Name == name && p.Summary.Length > 10);
    }

    [Fact]
    public void No_key_is_silently_ignored() => Assert.Empty(ConfigurationLoader.UnreadKeys("hybrid"));

    [Fact]
    public void A_user_file_is_a_diff_against_its_base()
    {
        string file = Write("mine.yaml", "base: tiny\narray: { rows: 4 }\nscratchpad.bytes: 64 KiB\n");
        ChipConfiguration c = ConfigurationLoader.Load(file, ["core.clock=1.2 GHz", "seed=7"]);
        Assert.Equal((4, 8, 64 << 10, 1200, 7UL), (c.Array.Rows, c.Array.Columns, c.Scratchpad.Bytes, c.Core.ClockMegahertz, c.Seed));
        string child = Write("child.yaml", "base: mine.yaml\ntiles: 2\n");
        Assert.Equal((2, 4), (ConfigurationLoader.Load(child).Tiles, ConfigurationLoader.Load(child).Array.Rows));
    }

    [Theory]
    [InlineData("array:\n  rwos: 8\n", 2, "array.rwos", "did you mean 'array.rows'")]
    [InlineData("rows: 8\n", 1, "rows", "did you mean 'array.rows'")]
    [InlineData("scratchpad:\n  banks: 8\n  bytes: 65536\n", 3, "scratchpad.bytes", "has no unit")]
    [InlineData("core.clock: 1000 ns\n", 1, "core.clock", "'ns' is not a unit")]
    [InlineData("core.clock: 1000\n", 1, "core.clock", "has no unit")]
    [InlineData("array.rows: 8 B\n", 1, "array.rows", "bare number")]
    [InlineData("array.rows: many\n", 1, "array.rows", "not a number")]
    [InlineData("array.rows: 2.5\n", 1, "array.rows", "not a whole number")]
    [InlineData("array.rows: 0\n", 1, "array.rows", "out of range")]
    [InlineData("array.rows: -3\n", 1, "array.rows", "out of range")]
    [InlineData("scratchpad.bytes: 96 KiB\n", 1, "scratchpad.bytes", "not a power of two")]
    [InlineData("scratchpad.bytes: 999999999999999999999 GiB\n", 1, "scratchpad.bytes", "too large")]
    [InlineData("scratchpad.ports: triple\n", 1, "scratchpad.ports", "not a choice")]
    [InlineData("array: 8\n", 1, "array", "is a section")]
    [InlineData("\n\nhbm.timing.rc: 20 cycles\n", 3, "hbm.timing.rc", "faster than it is open")]
    [InlineData("hbm.timing.xp: 9 cycles\n", 1, "hbm.timing.xp", "hbm.power_down is 0")]
    [InlineData("hbm.timing.xs: 99 cycles\n", 1, "hbm.timing.xs", "hbm.self_refresh is 0")]
    [InlineData("hbm.timing.cke: 9 cycles\n", 1, "hbm.timing.cke", "has no effect")]
    [InlineData("hbm.refresh_hot: 80 C\n", 1, "hbm.refresh_hot", "hbm.refresh_follows_heat is off")]
    [InlineData("hbm.refresh_very_hot: 80 C\n", 1, "hbm.refresh_very_hot", "would not rise")]
    [InlineData("hbm:\n  refresh: off\n  refresh_rate: 4\n", 3, "hbm.refresh_rate", "hbm.refresh is off")]
    [InlineData("tiles: 16\nfabric.load_ports: 4\n", 2, "fabric.load_ports", "64 ports")]
    [InlineData("fabric.load_ports: 3\n", 1, "fabric.load_ports", "not a power of two")]
    [InlineData("pcie.memory: 100 B\n", 1, "pcie.memory", "reach beyond")]
    [InlineData("pcie.latency: 1 us\n", 1, "pcie.latency", "pcie.memory is 0 B")]
    [InlineData("pcie:\n  memory: 1 MiB\n  bandwidth: 12.5 GiB/s\n", 3, "pcie.bandwidth", "'GiB/s' is not a unit")]
    [InlineData("pcie:\n  memory: 1 MiB\n  payload: 1 KiB\n", 3, "pcie.payload", "out of range")]
    [InlineData("fabric.streaming_base: 256 MiB\n", 1, "fabric.streaming_base", "leaves nothing")]
    [InlineData("thermal.release: 90 C\n", 1, "thermal.release", "throttling")]
    [InlineData("thermal:\n  floorplan:\n    - { name: arrai, width: 1 mm, height: 1 mm, x: 0 mm, y: 0 mm }\n", 3, "thermal.floorplan[0].name", "no unit is called 'arrai'")]
    [InlineData("thermal:\n  floorplan:\n    - { name: array, height: 1 mm, x: 0 mm, y: 0 mm }\n", 3, "thermal.floorplan[0].width", "is missing")]
    [InlineData("base: hibrid\n", 1, "base", "did you mean 'hybrid'")]
    public void A_mistake_is_reported_with_file_line_and_key(string text, int line, string key, string message)
    {
        string file = Write("bad.yaml", text.StartsWith("base", StringComparison.Ordinal) ? text : text + "base: tiny\n");
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(file));
        ConfigurationError error = e.Errors.First(x => x.Key == key);
        Assert.Equal((file, line), (error.File, (int)error.Line));
        Assert.Contains(message, error.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void All_mistakes_of_a_file_come_out_together()
    {
        string file = Write("bad.yaml", "array.rows: 0\narray.colums: 8\ncore.clock: fast\n");
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(file, ["tiles=99", "oops"]));
        Assert.Equal(5, e.Errors.Count);
        Assert.Contains("legal: 1 to 512", e.Errors[0].ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a: [1\n")]
    [InlineData("array:\n\t- x\n")]
    [InlineData("tiles: 1\ntiles: 2\n")]
    [InlineData("- 1\n- 2\n")]
    [InlineData("just text")]
    [InlineData("&a [*a]")]
    [InlineData("a: *nowhere")]
    public void A_file_that_is_no_map_of_keys_gives_an_error_not_an_exception_of_the_parser(string text)
    {
        string file = Write("bad.yaml", text);
        Assert.NotEmpty(Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(file)).Errors);
    }

    [Fact]
    public void A_base_that_leads_back_to_itself_is_an_error()
    {
        string a = Path.Combine(_directory, "a.yaml"), b = Path.Combine(_directory, "b.yaml");
        File.WriteAllText(a, $"base: {b}\n");
        File.WriteAllText(b, $"base: {a}\n");
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(a));
        Assert.Contains("its own base", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_slot_of_the_accumulators_has_room_for_16_rows_of_the_array_and_not_for_15()
    {
        ConfigurationLoader.Load("tiny", ["array.columns=256", "accumulators.bytes=64 KiB"]);
        ConfigurationLoader.Load("tiny", ["array.columns=512", "accumulators.bytes=128 KiB"]);
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load("tiny", ["array.columns=257", "accumulators.bytes=64 KiB"]));
        Assert.Contains("256 B * array.columns or more", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_file_names_the_presets()
    {
        var e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load("nowhere.yaml"));
        Assert.Contains("tiny", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_show_prints_loads_to_the_same_chip()
    {
        string shown = ConfigurationLoader.Show("edge", ["array.rows=12"]);
        string file = Write("shown.yaml", shown);
        ChipConfiguration original = ConfigurationLoader.Load("edge", ["array.rows=12"]), copy = ConfigurationLoader.Load(file);
        Assert.Equal(original.Array, copy.Array);
        Assert.Equal(original.Hbm, copy.Hbm);
        Assert.Equal(original.Energy, copy.Energy);
        Assert.Equal(original.Thermal.Package, copy.Thermal.Package);
        Assert.Equal(original.Thermal.Floorplan, copy.Thermal.Floorplan);
    }

    private string Write(string name, string text)
    {
        string file = Path.Combine(_directory, name);
        File.WriteAllText(file, text);
        return file;
    }
}
