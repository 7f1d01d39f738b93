using System.Text;
using HybridEmu.Chip;
using HybridEmu.Fuzz;

namespace HybridEmu.Programs.Tests;

/// <summary>Configuration files and overrides: a configuration, or mistakes with their file.</summary>
[Collection("Alone")]
public sealed class ConfigurationFuzzTests : IDisposable
{
    private const long MostBytes = 512L << 20;

    private static readonly string[] s_words =
        ["base:", "tiles:", "hbm:", "thermal.floorplan[0].x", "thermal.floorplan[1].name", "hbm.map", "GiB", "MHz", "us", "off", "on", "HBM3", "tiny", "&a", "*a", "[", "]", "{", "}", "- ", "|", "? ", "!!str"];

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-fuzz").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_file_is_a_configuration_or_has_mistakes()
    {
        string presets = Path.Combine(Firmware.Root, "emulator", "Chip", "Presets");
        string[] corpus =
        [
            .. Directory.EnumerateFiles(presets, "*.yaml", SearchOption.AllDirectories).Order(StringComparer.Ordinal).Select(File.ReadAllText),
            "base: tiny\ntiles: 1\nhbm:\n  capacity: 64 MiB\n  timing: { rp: 20 cycles, ras: 40 cycles }\n",
            "base: tiny\nhbm.map: chip\nthermal:\n  floorplan:\n  - { name: array, width: 1 mm, height: 1 mm, x: 0 mm, y: 0 mm }\n  - { name: hbm_phy, width: 1 mm, height: 1 mm, x: 1 mm, y: 0 mm }\n",
            "a: &x [1, 2]\nb: *x\nc: { d: *x }\n---\n? k\n: v\n",
        ];
        string file = Path.Combine(_directory, "fuzz.yaml");
        FuzzRun.Check("yaml", 40, new TextMutator(corpus, s_words).Next, bytes =>
        {
            File.WriteAllBytes(file, bytes);
            Load(file, []);
        }, MostBytes);
    }

    [Theory]
    [InlineData("[", "]", 100_000)]
    [InlineData("{a: ", "}", 20_000)]
    [InlineData("- ", "", 20_000)]
    [InlineData("? ", "", 20_000)]
    public void A_file_nested_deeper_than_the_host_could_follow_is_no_configuration(string open, string close, int times)
    {
        string text = string.Concat(Enumerable.Repeat(open, times)) + "1" + string.Concat(Enumerable.Repeat(close, times));
        Assert.Contains("nested too deeply", Mistake("tiles:\n  " + text), StringComparison.Ordinal);
    }

    [Fact]
    public void A_file_whose_aliases_stand_for_more_than_it_holds_is_no_configuration()
    {
        // Thirty levels of two: a billion values of a few lines; as a key, they would all be compared.
        string text = "a0: &a0 [1, 1]\n" + string.Concat(Enumerable.Range(1, 30).Select(i => $"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n")) + "? *a30\n: 1\n";
        Assert.Contains("inside of what has an anchor", Mistake(text), StringComparison.Ordinal);
        Assert.NotEmpty(Mistake("a: &a [*a, *a]\n"));
        string many = string.Join(", ", Enumerable.Repeat("1", 1000));
        Assert.Contains("too many values", Mistake($"a: &a [{many}]\nb: [{string.Join(", ", Enumerable.Repeat("*a", 1000))}]\n"), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("thermal.floorplan[x].x=1 mm")]
    [InlineData("thermal.floorplan[99].x=1 mm")]
    [InlineData("thermal.floorplan[-1].name=array")]
    [InlineData("thermal.floorplan[00].x=1 mm")]
    [InlineData("thermal.floorplan[0][1].x=1 mm")]
    public void An_override_of_a_block_that_is_not_there_is_a_mistake(string text) =>
        Assert.Contains("thermal.floorplan", Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load("hybrid", [text])).Message, StringComparison.Ordinal);

    [Fact]
    public void A_floorplan_has_no_more_blocks_than_can_be_compared()
    {
        string block = "  - { name: array, width: 1 mm, height: 1 mm, x: 0 mm, y: 0 mm }\n";
        Assert.Contains("too many blocks", Mistake("base: hybrid\nthermal:\n  floorplan:\n" + string.Concat(Enumerable.Repeat(block, 1900))), StringComparison.Ordinal);
    }

    private string Mistake(string text)
    {
        string file = Path.Combine(_directory, "bad.yaml");
        File.WriteAllText(file, text);
        ConfigurationException e = Assert.Throws<ConfigurationException>(() => ConfigurationLoader.Load(file, []));
        Assert.True(e.Errors.Count < 20_000);
        return e.Message;
    }

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_override_is_a_configuration_or_has_mistakes()
    {
        string[] corpus =
        [
            "tiles=1", "seed=5", "array.rows=16", "hbm.clock=1 GHz", "hbm.capacity=64 MiB", "hbm.map=chip", "scratchpad.ecc=secded", "thermal.trip=90 C", "thermal.sample_interval=1 us",
            "hbm.map=rorabgbachco", "thermal.floorplan[0].x=1 mm", "thermal.floorplan[0].name=array", "energy.mac_bf16=0.5 pJ", "energy.leakage=1 W/cm2", "hbm.timing.rp=20 cycles", "base=tiny",
        ];
        FuzzRun.Check("override", 40, new TextMutator(corpus, s_words).Next, bytes => Load("tiny", Encoding.UTF8.GetString(bytes).Split('\n')), MostBytes);
    }

    [Fact]
    [Trait("Depth", "Deep")]
    public void Any_bit_flip_is_one_or_says_why_not()
    {
        ChipConfiguration tiny = ConfigurationLoader.Load("tiny");
        FuzzRun.Check("flip", 1500, new TextMutator(["scratchpad:0:0x40:3@100", "hbm:64:63", "hbm:0x1000:0@0x10"], ["hbm", "scratchpad", ":", "@", "0x40"]).Next, bytes =>
        {
            try
            {
                BitFlip flip = BitFlip.Parse(Encoding.UTF8.GetString(bytes), tiny);
                Assert.True(flip.Address >= 0 && flip.Bit is >= 0 and < 72 && flip.Cycle >= 0);
            }
            catch (FormatException e)
            {
                Assert.NotEmpty(e.Message);
            }
        });
    }

    private static void Load(string nameOrFile, string[] overrides)
    {
        try
        {
            ChipConfiguration configuration = ConfigurationLoader.Load(nameOrFile, overrides);
            Assert.InRange(configuration.Tiles, 1, 16);
            // What is shown is what is loaded, and loads again.
            Assert.NotEmpty(ConfigurationLoader.Show(nameOrFile, overrides));
        }
        catch (ConfigurationException e)
        {
            Assert.NotEmpty(e.Errors);
            Assert.All(e.Errors, m => Assert.True(m.File.Length > 0 && m.Message.Length > 0 && m.Line >= 0, $"a mistake without its place: {m}"));
        }
    }
}
