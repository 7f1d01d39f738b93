using System.Text;
using System.Text.Json;
using HybridEmu.Cli;

namespace HybridEmu.Programs.Tests;

/// <summary>The verb layers from arguments to files and exit code.</summary>
public sealed class LayersCommandTests : IDisposable
{
    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-layers").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void The_table_names_every_layer_its_stalls_and_the_total()
    {
        (ExitCode code, string output, string errors) = Run("a,4,10,20\nb,6,6,3,3,2,5,1,\n");
        Assert.Equal((ExitCode.Passed, ""), (code, errors));
        foreach (string part in (string[])["tiny: 1 x 8x8 PEs, int8, seed 1\n", "util %", "\na  ", "\nb  ", "\ntotal ", " MX ", "Idle "])
            Assert.Contains(part, output, StringComparison.Ordinal);
        Assert.DoesNotContain('\r', output);
    }

    [Fact]
    public void Csv_and_json_have_the_table_s_figures_and_shares_of_queue_MX_are_all_its_cycles()
    {
        string csv = Place("out.csv"), file = Place("out.json");
        (ExitCode code, string output, _) = Run("a,4,10,20\nb,6,6,3,3,2,5,1,\n", "--csv", csv, "--json", "-", "--type", "bf16");
        Assert.Equal(ExitCode.Passed, code);
        Assert.Equal(ExitCode.Passed, Run("a,4,10,20\nb,6,6,3,3,2,5,1,\n", "--json", file, "--type", "bf16").Code);
        Assert.Equal(File.ReadAllText(file), output);
        using JsonDocument json = JsonDocument.Parse(output);
        string[][] lines = [.. File.ReadLines(csv).Select(l => l.Split(','))];
        Assert.Equal(["layer", "a", "b", "total"], lines.Select(l => l[0]));
        Assert.All(lines, l => Assert.Equal(lines[0].Length, l.Length));
        JsonElement total = json.RootElement.GetProperty("total");
        Assert.Equal(lines[3][4], total.GetProperty("cycles").GetRawText());
        Assert.Equal(total.GetProperty("cycles").GetInt64(), total.GetProperty("matrixQueueCycles").EnumerateObject().Sum(c => c.Value.GetInt64()));
        Assert.Equal((4 * 10 * 20) + (16 * 5 * 18), total.GetProperty("macs").GetInt64());
        Assert.Equal("bf16", json.RootElement.GetProperty("type").GetString());
    }

    [Fact]
    public void No_overlap_counts_the_cycles_of_the_array()
    {
        (_, string output, _) = Run("a,10,16,16\n", "--no-overlap", "--json", "-");
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(4 * ((2 * 8) + 8 + 10 - 2), json.RootElement.GetProperty("total").GetProperty("cycles").GetInt64());
        Assert.False(json.RootElement.GetProperty("overlap").GetBoolean());
    }

    [Fact]
    public void A_streamed_network_s_csv_and_json_have_its_classes_of_cycles_and_its_roofline_point()
    {
        string csv = Place("out.csv"), file = Place("out.json");
        string[] sides = ["--set", "array.rows=16", "--set", "array.columns=16", "--stream"];
        (ExitCode code, string output, _) = Run("a,6,40,20\nb,6,33,40\n", [.. sides, "--csv", csv, "--json", "-"]);
        Assert.Equal(ExitCode.Passed, code);
        Assert.Equal(ExitCode.Passed, Run("a,6,40,20\nb,6,33,40\n", [.. sides, "--json", file]).Code);
        Assert.Equal(File.ReadAllText(file), output);
        using JsonDocument json = JsonDocument.Parse(output);
        JsonElement root = json.RootElement, roofline = root.GetProperty("roofline");
        string[][] lines = [.. File.ReadLines(csv).Select(l => l.Split(','))];
        Assert.Equal(2, lines.Length);
        Dictionary<string, string> row = lines[0].Zip(lines[1]).ToDictionary(f => f.First, f => f.Second);
        Assert.Equal(("layers", "tiny"), (row["network"], row["configuration"]));
        foreach ((string column, string property) in ((string, string)[])[("cycles", "cycles"), ("macs", "macs"), ("weights", "weights"), ("weight_tiles", "weightTiles"), ("batch", "batch")])
            Assert.Equal(row[column], root.GetProperty(property).GetRawText());
        Assert.Equal(root.GetProperty("cycles").GetInt64(), root.GetProperty("matrixCycles").EnumerateObject().Sum(c => c.Value.GetInt64()));
        Assert.Equal((20 * 40) + (40 * 33), root.GetProperty("weights").GetInt64());
        Assert.Equal(6.0, roofline.GetProperty("macsPerWeightByte").GetDouble());
        double tops = 2.0 * 6 * ((20 * 40) + (40 * 33)) * root.GetProperty("clockMegahertz").GetDouble() / root.GetProperty("cycles").GetInt64() / 1e6;
        Assert.Equal(tops, roofline.GetProperty("teraOperations").GetDouble(), 1e-9);
        Assert.Equal(100 * tops / roofline.GetProperty("roofTeraOperations").GetDouble(), roofline.GetProperty("achievedPercent").GetDouble(), 1e-9);
    }

    [Fact]
    public void A_batch_of_images_multiplies_what_each_weight_does()
    {
        string[] options = ["--set", "array.rows=16", "--set", "array.columns=16", "--stream", "--json", "-"];
        (ExitCode code, string output, _) = Run("a,6,7,3,3,20,9,1\nb,6,7,3,3,9,16,1\n", [.. options, "--batch", "3"]);
        Assert.Equal(ExitCode.Passed, code);
        using JsonDocument json = JsonDocument.Parse(output);
        Assert.Equal(3, json.RootElement.GetProperty("batch").GetInt32());
        Assert.Equal(3 * 4 * 5, json.RootElement.GetProperty("roofline").GetProperty("macsPerWeightByte").GetDouble());
    }

    [Theory]
    [InlineData("--stream", "--no-overlap")]
    [InlineData("--stream", "--type", "bf16")]
    [InlineData("--stream", "--vectors", "-1")]
    [InlineData("--wide")]
    [InlineData("--vectors", "3")]
    [InlineData("--batch", "3")]
    [InlineData("--stream", "--batch", "0")]
    [InlineData("--stream", "--batch", "2", "--set", "array.rows=16", "--set", "array.columns=16")] // of products
    public void Options_that_mean_nothing_together_are_refused(params string[] options)
    {
        (ExitCode code, string output, string errors) = Run("a,6,16,16\n", options);
        Assert.Equal((ExitCode.BadInput, ""), (code, output));
        Assert.Contains("--", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("a,1,2\n", "layers.csv:1:6: has 3 fields")]
    [InlineData("", "layers.csv: is empty")]
    [InlineData("a,1,1,1\n", "must be int8 or bf16", "--type", "fp32")]
    [InlineData("a,1,1,1\n", "is a memory alone", "--config", "hbm2-best")]
    [InlineData("a,1,1,1\n", "--threads", "--threads", "0")]
    [InlineData("a,16384,16384,16\n", "of streaming memory", "--config", "tiny")]
    public void Bad_input_is_told_and_leaves_outputs_whole(string text, string message, params string[] more)
    {
        string csv = Place("out.csv");
        File.WriteAllText(csv, "before");
        (ExitCode code, string output, string errors) = Run(text, ["--csv", csv, .. more]);
        Assert.Equal((ExitCode.BadInput, ""), (code, output));
        Assert.Contains(message, errors, StringComparison.Ordinal);
        Assert.Equal("before", File.ReadAllText(csv));
        Assert.Empty(Directory.GetFiles(_directory, "*.partial"));
    }

    [Fact]
    public void An_output_may_not_be_the_input()
    {
        (ExitCode code, _, string errors) = Run("a,1,1,1\n", "--csv", Place("layers.csv"));
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains("is read by this run", errors, StringComparison.Ordinal);
    }

    private string Place(string name) => Path.Combine(_directory, name);

    private (ExitCode Code, string Output, string Errors) Run(string text, params string[] args)
    {
        File.WriteAllText(Place("layers.csv"), text);
        using var output = new MemoryStream();
        using var errors = new StringWriter { NewLine = "\n" };
        string[] configuration = args.Contains("--config") ? [] : ["--config", "tiny"];
        ExitCode code = EntryPoint.Run(["layers", Place("layers.csv"), .. args, .. configuration], output, errors);
        return (code, Encoding.UTF8.GetString(output.ToArray()), errors.ToString());
    }
}
