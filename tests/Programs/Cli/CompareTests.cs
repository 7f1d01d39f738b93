using System.Text;
using System.Text.Json;
using HybridEmu.Chip;
using HybridEmu.Cli;

namespace HybridEmu.Programs.Tests;

/// <summary>The verb compare: two files of statistics, what differs between them, and files that are none.</summary>
public sealed class CompareTests : IDisposable
{
    private const string Small = """
        {"configuration":"tiny","seed":1,"coreMegahertz":1000,"outcome":"passed","exitCode":0,"cycles":100,"emulatedPicoseconds":100000,
        "units":[{"name":"tile0.load","clock":"core","cycles":100,"causes":{"Idle":90,"Busy":10}}],"descriptors":{"LD":4,"ST":0,"MX":8,"VX":2},
        "hbm":{"readBytes":64},"energyPicojoules":{"array":200,"total":200}}
        """;

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-compare").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void Two_runs_of_the_same_are_identical_and_two_of_different_chips_tell_their_configuration_first()
    {
        string tiny = Run("tiny"), again = Run("tiny", "again"), edge = Run("tiny core.clock=500_MHz", "slow");
        Assert.Contains("The two are identical", Compare(tiny, again), StringComparison.Ordinal);
        Assert.Contains("The two are identical", Compare(tiny, tiny), StringComparison.Ordinal);
        string[] lines = Compare(tiny, edge).Split('\n');
        int configuration = Array.FindIndex(lines, l => l.StartsWith("Configuration ", StringComparison.Ordinal));
        Assert.Equal(["core.clock", "1", "GHz", "500", "MHz"], Words(lines[configuration + 1]));
        Assert.True(configuration < Array.FindIndex(lines, l => l.StartsWith("Run ", StringComparison.Ordinal)));
        Assert.DoesNotContain("identical", string.Join('\n', lines), StringComparison.Ordinal);
        Assert.DoesNotContain("megacyclesPerSecond", string.Join('\n', lines), StringComparison.Ordinal);
    }

    [Fact]
    public void The_biggest_relative_change_comes_first_and_one_from_zero_before_all()
    {
        string text = Compare(Write("a", Small), Write("b", Small.Replace("\"LD\":4,\"ST\":0,\"MX\":8", "\"LD\":5,\"ST\":1,\"MX\":4", StringComparison.Ordinal)));
        string[] lines = text.Split('\n');
        int group = Array.FindIndex(lines, l => l.StartsWith("Descriptors ", StringComparison.Ordinal));
        Assert.Equal(["ST", "0", "1", "+1", "from", "0"], Words(lines[group + 1]));
        Assert.Equal(["MX", "8", "4", "-4", "-50.00", "%"], Words(lines[group + 2]));
        Assert.Equal(["LD", "4", "5", "+1", "+25.00", "%"], Words(lines[group + 3]));
        Assert.Equal(["1", "equal"], Words(lines[group + 4]));
        Assert.Single(lines, l => l.Contains("difference", StringComparison.Ordinal));
    }

    [Fact]
    public void What_only_one_has_says_so_and_what_became_zero_fell_by_all()
    {
        string text = Compare(
            Write("a", Small.Replace("\"Busy\":10", "\"Busy\":10,\"Throttled\":7", StringComparison.Ordinal)),
            Write("b", Small.Replace("\"readBytes\":64", "\"readBytes\":0,\"writeBytes\":3", StringComparison.Ordinal)));
        Assert.Contains("only A has  tile0.load Throttled: 7", text, StringComparison.Ordinal);
        Assert.Contains("only B has  writeBytes: 3", text, StringComparison.Ordinal);
        Assert.Contains("-100.00 %", text, StringComparison.Ordinal);
        Assert.Contains("did not write its settings", text, StringComparison.Ordinal);
    }

    [Fact]
    public void Watts_are_energy_by_time()
    {
        string text = Compare(Write("a", Small), Write("b", Small.Replace("\"emulatedPicoseconds\":100000", "\"emulatedPicoseconds\":50000", StringComparison.Ordinal)));
        string[] lines = text.Split('\n');
        int power = Array.FindIndex(lines, l => l.StartsWith("Power (W)", StringComparison.Ordinal));
        Assert.Equal(["array", "0.002", "0.004", "+0.002", "+100.00", "%"], Words(lines[power + 1]));
    }

    [Fact]
    public void Json_has_every_change_and_with_all_every_value()
    {
        string a = Write("a", Small), b = Write("b", Small.Replace("\"ST\":0,\"MX\":8", "\"ST\":2,\"MX\":4", StringComparison.Ordinal));
        using JsonDocument changes = JsonDocument.Parse(Compare(a, b, "--json")), all = JsonDocument.Parse(Compare(a, b, "--json", "--all"));
        Assert.False(changes.RootElement.GetProperty("identical").GetBoolean());
        JsonElement group = Assert.Single(changes.RootElement.GetProperty("groups").EnumerateArray());
        JsonElement[] values = [.. group.GetProperty("values").EnumerateArray()];
        Assert.Equal(["ST", "MX"], values.Select(v => v.GetProperty("name").GetString()));
        Assert.Equal((JsonValueKind.Null, 2.0), (values[0].GetProperty("relative").ValueKind, values[0].GetProperty("difference").GetDouble()));
        Assert.Equal(-0.5, values[1].GetProperty("relative").GetDouble());
        Assert.Equal(4, Assert.Single(all.RootElement.GetProperty("groups").EnumerateArray(), g => g.GetProperty("name").GetString() == "Descriptors").GetProperty("values").GetArrayLength());
    }

    [Theory]
    [InlineData("", ":1:1: is not JSON")]
    [InlineData("{\"cycles\":1,\n  oops}", ":2:3: is not JSON")]
    [InlineData("[1, 2]", "is JSON but no statistics of a run")]
    [InlineData("7", "is JSON but no statistics of a run")]
    [InlineData("{\"cycles\":1}", "is no statistics of a run: it has no 'configuration'")]
    [InlineData("{\"format\":99,\"anything\":1}", "is of format 99, and this version reads up to 1")]
    [InlineData("{\"format\":\"new\"}", "'format' is \"new\" instead of a number")]
    [InlineData("{\"format\":0}", "'format' is 0 instead of a number")]
    [InlineData("{\"configuration\":\"t\",\"outcome\":\"p\",\"cycles\":\"many\",\"emulatedPicoseconds\":1,\"units\":[],\"hbm\":{},\"energyPicojoules\":{}}", "'cycles' is not a number")]
    public void A_file_that_is_no_statistics_is_told_with_what_where_and_what_to_do(string text, string message)
    {
        string good = Write("good", Small), bad = Write("bad", text);
        foreach (string[] order in (string[][])[[good, bad], [bad, good]])
        {
            string errors = Rejected(order);
            Assert.StartsWith(bad, errors, StringComparison.Ordinal);
            Assert.Contains(message, errors, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_missing_file_a_folder_and_a_missing_argument_are_told()
    {
        string good = Write("good", Small);
        Assert.Contains("cannot be read", Rejected(good, Path.Combine(_directory, "nowhere.json")), StringComparison.Ordinal);
        Assert.Contains("cannot be read", Rejected(_directory, good), StringComparison.Ordinal);
        Assert.Contains("argument is missing", Rejected(good), StringComparison.Ordinal);
        Assert.Contains("one argument too many", Rejected(good, good, good), StringComparison.Ordinal);
    }

    [Fact]
    public void A_replay_of_memory_alone_is_no_run_of_a_chip()
    {
        string dram = Path.Combine(_directory, "dram.json");
        Assert.Equal(ExitCode.Passed, EntryPoint.Run(["dram", "--recipe", "seq_read", "-n", "100", "--config", "tiny", "--stats", dram], Stream.Null, TextWriter.Null));
        Assert.Contains("is no statistics of a run", Rejected(dram, dram), StringComparison.Ordinal);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private string Run(string config, string name = "plain")
    {
        ChipRun run = Firmware.Boot(config, Firmware.Hello, null);
        run.Finish();
        string path = Path.Combine(_directory, name + ".json");
        using FileStream file = File.Create(path);
        StatisticsJson.Write(file, run.Statistics(), new HostStatistics(name.Length, 1, "", "", 1));
        return path;
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_directory, name + ".json");
        File.WriteAllText(path, text);
        return path;
    }

    private static string Compare(params string[] arguments)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter();
        Assert.Equal((ExitCode.Passed, ""), (EntryPoint.Run(["compare", .. arguments], output, errors), errors.ToString()));
        return Encoding.UTF8.GetString(output.ToArray());
    }

    private static string Rejected(params string[] arguments)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter();
        Assert.Equal(ExitCode.BadInput, EntryPoint.Run(["compare", .. arguments], output, errors));
        Assert.Equal(0, output.Length);
        return errors.ToString();
    }
}
