using System.Globalization;
using System.Text.RegularExpressions;
using HybridEmu.Chip;

namespace HybridEmu.Validation.Tests;

/// <summary>Layers and networks that run on whole chips, beside SCALE-Sim and published chips.</summary>
internal static partial class LayerRows
{
    /// <summary>What the README test does not run, as it takes a minute.</summary>
    public const string Published = "TPU v";

    private static readonly (int Side, string Preset)[] s_chips = [(8, "tiny"), (16, "edge"), (32, "hybrid"), (128, "datacenter")];

    // Cycles at 940 MHz of a TPU v3 core, measured: forward products of n x n x n in bf16.
    private static readonly (int Side, long Cycles)[] s_products = [(256, 3101), (512, 9490), (1024, 47099)];

    public static IEnumerable<ValidationRow> Folds()
    {
        long worst = 0;
        int rows = 0;
        foreach (string[] f in Oracle("scalesim.csv"))
        {
            int Number(int column) => int.Parse(f[column], CultureInfo.InvariantCulture);
            ChipConfiguration chip = ConfigurationLoader.Load(s_chips.First(c => c.Side == Number(0)).Preset, []);
            var layer = new Layer(f[1], Number(2), Number(3), Number(4));
            worst = Math.Max(worst, Math.Abs(new LayerRun(chip, layer, LayerType.Int8, separate: true).Finish().Measures.Cycles - (long.Parse(f[5], CultureInfo.InvariantCulture) + 1)));
            rows++;
        }

        yield return new(
            "array, layers without overlap", $"SCALE-Sim v3, weight stationary: {rows} layers on arrays of 8 to 128 rows (`layers --no-overlap`)", $"{worst} cycles",
            ValidationRow.Here);
    }

    public static IEnumerable<ValidationRow> Networks()
    {
        ChipConfiguration chip = ConfigurationLoader.Load("tpuv1", []);
        foreach (string[] f in Oracle("tpuv1.csv"))
        {
            string list = Path.Combine(ReadmeTable.Root, "firmware", "layers", "tpuv1", f[0] + ".csv");
            bool wide = f[0].StartsWith("LSTM", StringComparison.Ordinal);
            IReadOnlyList<Layer> layers = LayerFile.Read(list);
            int batch = layers[0].Image is null ? 1 : int.Parse(f[3], CultureInfo.InvariantCulture);
            Match vector = VectorLayers().Match(f[1]);
            int vectors = vector.Success ? int.Parse(vector.Groups[1].ValueSpan, CultureInfo.InvariantCulture) : 0;
            MatrixBreakdown b = new NetworkRun(chip, layers, wide, vectors, batch: batch).Finish().Breakdown;
            (string Name, long Cycles, string Paper)[] classes = [("active", b.Active, f[4]), ("stall", b.Stall, f[5]), ("shift", b.Shift, f[6]), ("non-matrix", b.NonMatrix, f[7])];
            double[] differences = [.. classes.Select(c => (100.0 * c.Cycles / b.Cycles) - double.Parse(c.Paper, CultureInfo.InvariantCulture))];
            string each = string.Join(", ", classes.Zip(differences, (c, d) => string.Create(CultureInfo.InvariantCulture, $"{c.Name} {d:+0.0;-0.0}")));
            yield return new(
                $"{Published}1, {f[0]}", $"the paper's counters (`make tpuv1`): {each}",
                string.Create(CultureInfo.InvariantCulture, $"{differences.Max(Math.Abs):0.0} points"), ValidationRow.Here);
        }

        ChipConfiguration core = ConfigurationLoader.Load("tpuv4like", ["tiles=2", "core.clock=940 MHz"]);
        LayerMeasures[] products = [.. s_products.Select(p => new LayerRun(core, new Layer("product", p.Side, p.Side, p.Side), LayerType.Bf16, separate: false).Finish().Measures)];
        double[] Percent(Func<LayerMeasures, long> cycles) => [.. products.Zip(s_products, (m, p) => 100.0 * (cycles(m) - p.Cycles) / p.Cycles)];
        static string List(double[] percent) => string.Join(", ", percent.Select(p => string.Create(CultureInfo.InvariantCulture, $"{p:+0;-0} %")));
        double[] whole = Percent(m => m.Cycles);
        yield return new(
            $"{Published}3-like core, bf16 products", $"measured cycles of 256, 512 and 1024: {List(whole)}; without the firmware's set-up {List(Percent(m => m.Cycles - m.SetupCycles))}",
            string.Create(CultureInfo.InvariantCulture, $"{whole.Max(Math.Abs):0} %"), ValidationRow.Here);
    }

    private static IEnumerable<string[]> Oracle(string file) =>
        File.ReadLines(Path.Combine(ReadmeTable.Root, "tests", "Oracles", file)).Where(l => l.Length > 0 && l[0] != '#').Skip(1).Select(l => l.Split(','));

    [GeneratedRegex("([0-9]+) vector")]
    private static partial Regex VectorLayers();
}
