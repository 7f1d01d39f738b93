using System.IO.Compression;
using System.Text;
using System.Text.Json;
using HybridEmu.Cli;

namespace HybridEmu.Programs.Tests;

/// <summary>The verb dram from arguments to files and exit code.</summary>
public sealed class DramCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-dram").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_report_of_a_recipe_goes_to_stdout()
    {
        (ExitCode code, string output, string errors) = Run("--recipe", "seq_read", "-n", "2000", "--config", "hybrid");
        Assert.Equal((ExitCode.Passed, ""), (code, errors));
        foreach (string part in (string[])["Replay      seq_read on 'hybrid': ", "cycles at 1000 MHz", "2,000 reads, 0 writes of 32 B, at most 8 offered a cycle", "64,000 B read, 0 B written", "% utilisation", "RD 2,000", "  read  ", " ns\n", "Channel ", "  7   ", "Energy      "])
            Assert.Contains(part, output, StringComparison.Ordinal);
        Assert.DoesNotContain("  write ", output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', output);
    }

    [Fact]
    public void Written_commands_pass_the_check_and_those_of_a_faster_memory_do_not()
    {
        string commands = Place("commands.csv.gz");
        Run("--recipe", "rand_mix21", "-n", "3000", "--commands", commands);
        (ExitCode code, string output, string errors) = Run("--check", commands);
        Assert.Equal((ExitCode.Passed, ""), (code, errors));
        Assert.Contains(" 0 violations", output, StringComparison.Ordinal);
        Assert.Matches("tRAS +34 +34 ", output);

        (code, output, _) = Run("--check", commands, "--set", "hbm.timing.ras=35 cycles");
        Assert.Equal(ExitCode.Failed, code);
        Assert.Contains("\nFirst violations\n  tRAS: PRE ch0 ", output, StringComparison.Ordinal);

        (code, output, _) = Run("--check", commands, "--json");
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal((ExitCode.Passed, 0), (code, json.RootElement.GetProperty("violations").GetInt32()));
        Assert.Contains(json.RootElement.GetProperty("rules").EnumerateArray(), r => r.GetProperty("name").GetString() == "tRC" && r.GetProperty("tightest").GetInt32() == 48);
    }

    [Fact]
    public void A_file_that_holds_no_commands_is_told_with_its_line()
    {
        (ExitCode code, _, string errors) = Run("--check", Write("bad.csv", "clk,cmd,ch,pc,bg,ba,row,col\n1,ACT,0,0,0,0,5,0\n2,RDX,0,0,0,0,5,0\n"));
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("bad.csv:3: no command is called \"RDX\"", errors, StringComparison.Ordinal);
        (code, _, errors) = Run("--check", "x.csv", "--recipe", "seq_read");
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("it replays nothing", errors, StringComparison.Ordinal);
    }

    [Fact]
    public void One_channel_has_no_table_of_channels() => Assert.DoesNotContain("Channel ", Run("--recipe", "seq_read", "-n", "200").Output, StringComparison.Ordinal);

    [Fact]
    public void Json_on_stdout_is_the_statistics_file_and_the_same_replay_gives_it_again()
    {
        string file = Place("s.json"), commands = Place("c.csv");
        (ExitCode code, string output, string errors) = Run("--recipe", "rand_mix21", "-n", "3000", "--config", "hybrid", "--stats", file, "--json", "--commands", commands);
        Assert.Equal((ExitCode.Passed, ""), (code, errors));
        Assert.Equal(File.ReadAllText(file), output);
        using JsonDocument json = JsonDocument.Parse(output), again = JsonDocument.Parse(Run("--recipe", "rand_mix21", "-n", "3000", "--config", "hybrid", "--json").Output);
        JsonElement root = json.RootElement;
        Assert.Equal(3000, root.GetProperty("requests").GetInt64());
        Assert.Equal(8, root.GetProperty("channels").GetArrayLength());
        Assert.Equal(root.GetProperty("reads").GetInt64(), root.GetProperty("readLatency").GetProperty("count").GetInt64());
        Assert.Equal(root.GetProperty("hbm").GetProperty("commands").EnumerateObject().Sum(c => c.Value.GetInt64()), File.ReadLines(commands).LongCount() - 1);
        Assert.Equal(root.GetProperty("readLatency").GetProperty("p99Cycles").GetInt64(), root.GetProperty("readLatency").GetProperty("p99Nanoseconds").GetDouble());
        foreach (JsonProperty property in root.EnumerateObject().Where(p => p.Name != "host"))
            Assert.Equal(property.Value.GetRawText(), again.RootElement.GetProperty(property.Name).GetRawText());
    }

    [Fact]
    public void A_trace_gives_the_same_replay_in_each_form_and_packed()
    {
        string[] files =
        [
            Write("a.csv", "stamp,op,addr\n0,R,0x8000\n0,R,0x8020\n0,W,0x10000\n"),
            Write("a.trc", "0x8000 READ 0\n0x8020 READ 0\n0x10000 WRITE 0\n"),
            Write("a.ld", "LD 0x8000\nLD 0x8020\nST 0x10000\n"),
            Place("a.gz"),
        ];
        using (var gzip = new GZipStream(File.Create(files[3]), CompressionLevel.Fastest))
            gzip.Write("R 0x8000\nR 0x8020\nW 0x10000\n"u8);
        IEnumerable<string> reports = files.Select(f => Run(f).Output).Select(o => string.Join('\n', o.Split('\n').Where(l => !l.StartsWith("Replay", StringComparison.Ordinal) && !l.StartsWith("Host", StringComparison.Ordinal))));
        Assert.Contains("2 reads, 1 writes", Assert.Single(reports.Distinct()), StringComparison.Ordinal);
    }

    [Fact]
    public void Commands_are_packed_when_their_file_is_called_so()
    {
        string plain = Place("c.csv"), packed = Place("c.csv.gz");
        foreach (string file in (string[])[plain, packed])
            Assert.Equal(ExitCode.Passed, Run("--recipe", "mix21_3arr_conf", "-n", "5000", "--commands", file).Code);
        using var gzip = new StreamReader(new GZipStream(File.OpenRead(packed), CompressionMode.Decompress));
        string text = File.ReadAllText(plain);
        Assert.Equal(text, gzip.ReadToEnd());
        Assert.StartsWith("clk,cmd,ch,pc,bg,ba,row,col\n1,ACT,0,0,0,0,0,0\n", text, StringComparison.Ordinal);
        Assert.True(text.Length > 1 << 17, "fewer commands than a buffer holds prove nothing");
        Assert.Empty(Directory.GetFiles(_directory, "*.partial"));
    }

    [Fact]
    public void A_limit_ends_a_trace_early() =>
        Assert.Contains("2 reads, 0 writes", Run(Write("a", "LD 0\nLD 32\nLD 64\n"), "-n", "2").Output, StringComparison.Ordinal);

    [Fact]
    public void A_window_of_one_offers_one_request_a_cycle()
    {
        string trace = Write("a", string.Concat(Enumerable.Repeat("LD 0\n", 4)));
        string eight = Run(trace, "--json").Output, one = Run(trace, "--json", "--window", "1").Output;
        double Mean(string json) => JsonDocument.Parse(json).RootElement.GetProperty("readLatency").GetProperty("meanCycles").GetDouble();
        Assert.Equal(32 + (0 + 4 + 8 + 12) / 4.0, Mean(eight)); // tCCDL apart
        Assert.Equal(Mean(eight) - (0 + 1 + 2 + 3) / 4.0, Mean(one)); // accepted a cycle apart
    }

    [Theory]
    [InlineData("give a TRACE or --recipe NAME")]
    [InlineData("there is no such file", "nowhere.trace")]
    [InlineData("either a TRACE or --recipe", "nowhere.trace", "--recipe", "seq_read")]
    [InlineData("--recipe seq_raed: not one of seq_read, ", "--recipe", "seq_raed")]
    [InlineData("did you mean 'seq_read'?", "--recipe", "seq_raed")]
    [InlineData("did you mean '--recipe'", "--recpie", "seq_read")]
    [InlineData("-n 0: must be 1 to", "--recipe", "seq_read", "-n", "0")]
    [InlineData("has the wrong form", "--recipe", "seq_read", "-n", "many")]
    [InlineData("--window 0: must be 1 to 4096", "--recipe", "seq_read", "--window", "0")]
    [InlineData("needs the bytes from one access to the next", "--recipe", "stride")]
    [InlineData("--stride belongs to --recipe stride", "--recipe", "seq_read", "--stride", "64")]
    [InlineData("belong to --recipe NAME", "nowhere.trace", "--seed", "4")]
    [InlineData("neither a preset nor a file", "--recipe", "seq_read", "--config", "nowhere")]
    [InlineData("unknown key; did you mean 'hbm.timing.faw'", "--recipe", "seq_read", "--set", "hbm.timing.fwa=15 cycles")]
    public void Bad_usage_exits_with_2_says_why_and_leaves_earlier_outputs(string message, params string[] args)
    {
        string statistics = Write("s.json", "old statistics"), commands = Write("c.csv", "old commands");
        (ExitCode code, string output, string errors) = Run([.. args, "--stats", statistics, "--commands", commands]);
        Assert.Equal((ExitCode.BadInput, ""), (code, output));
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.Equal(("old statistics", "old commands"), (File.ReadAllText(statistics), File.ReadAllText(commands)));
        Assert.Empty(Directory.GetFiles(_directory, "*.partial"));
    }

    [Theory]
    [InlineData("LD 0x20\nwhat is this\n", "bad.trace:2: 'what is this' is not op address")]
    [InlineData("1,R,0x20\n0,R,0x40\n", "bad.trace:2: stamp 0 comes behind 1")]
    [InlineData("1,R,0x20\n1,R,0x10000000\n", "bad.trace:2: address 0x10000000 is beyond the memory of 0x10000000 bytes")]
    [InlineData("", "bad.trace: holds no accesses")]
    public void A_bad_trace_exits_with_2_and_leaves_earlier_outputs(string text, string message)
    {
        string statistics = Write("s.json", "old statistics"), commands = Write("c.csv", "old commands");
        (ExitCode code, string output, string errors) = Run(Write("bad.trace", text), "--stats", statistics, "--commands", commands);
        Assert.Equal((ExitCode.BadInput, ""), (code, output));
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.Equal(("old statistics", "old commands"), (File.ReadAllText(statistics), File.ReadAllText(commands)));
        Assert.Empty(Directory.GetFiles(_directory, "*.partial"));
    }

    [Theory]
    [InlineData("c.csv")]
    [InlineData("c.csv.gz")]
    public void A_mistake_far_into_a_trace_leaves_earlier_outputs_and_says_where_the_part_is(string name)
    {
        string trace = Write("bad.trace", string.Concat(Enumerable.Range(0, 20_000).Select(i => $"{i * 9},R,{i * 4096L % (1 << 28)}\n")) + "0,R,0\n");
        string statistics = Write("s.json", "old statistics"), commands = Write(name, "old commands");
        (ExitCode code, string output, string errors) = Run(trace, "--stats", statistics, "--commands", commands);
        Assert.Equal((ExitCode.BadInput, ""), (code, output));
        Assert.StartsWith($"{trace}:20001: stamp 0 comes behind 179991", errors, StringComparison.Ordinal);
        Assert.Contains($"{commands} is left as it was; what this run wrote is in {commands}.partial", errors, StringComparison.Ordinal);
        Assert.DoesNotContain("s.json", errors, StringComparison.Ordinal);
        Assert.Equal(("old statistics", "old commands"), (File.ReadAllText(statistics), File.ReadAllText(commands)));
        Assert.Equal([commands + ".partial"], Directory.GetFiles(_directory, "*.partial"));
        using FileStream part = File.OpenRead(commands + ".partial");
        using var text = new StreamReader(name.EndsWith(".gz", StringComparison.Ordinal) ? new GZipStream(part, CompressionMode.Decompress) : part);
        Assert.Equal("clk,cmd,ch,pc,bg,ba,row,col", text.ReadLine());
    }

    [Fact]
    public void An_output_that_is_the_trace_is_refused()
    {
        string trace = Write("a.trace", "LD 0\n");
        (ExitCode code, _, string errors) = Run(trace, "--commands", trace);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("name another file", errors, StringComparison.Ordinal);
        Assert.Equal("LD 0\n", File.ReadAllText(trace));
        Assert.Contains("same name", Run(trace, "--commands", Place("x"), "--stats", Place("x")).Errors, StringComparison.Ordinal);
    }

    private string Place(string name) => Path.Combine(_directory, name);

    private string Write(string name, string text)
    {
        File.WriteAllText(Place(name), text);
        return Place(name);
    }

    private static (ExitCode Code, string Output, string Errors) Run(params string[] args)
    {
        using var output = new MemoryStream();
        using var errors = new StringWriter { NewLine = "\n" };
        string[] configuration = args.Contains("--config") ? [] : ["--config", "tiny"];
        ExitCode code = EntryPoint.Run(["dram", .. args, .. configuration], output, errors);
        return (code, Encoding.UTF8.GetString(output.ToArray()), errors.ToString());
    }
}
