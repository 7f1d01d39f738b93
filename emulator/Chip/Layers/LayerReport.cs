using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>Layers' measures as a page for a person, and as comma-separated values.</summary>
public static class LayerReport
{
    private const string Total = "total";

    /// <param name="configuration">What the layers ran on.</param>
    /// <param name="type">Of their elements.</param>
    /// <param name="separate">Folds one after another.</param>
    public static void Write(TextWriter page, ChipConfiguration configuration, LayerType type, bool separate, IReadOnlyList<LayerResult> results)
    {
        void Line(FormattableString text) => page.Write(text.ToString(CultureInfo.InvariantCulture) + "\n");
        string arrays = string.Create(CultureInfo.InvariantCulture, $"{(separate ? 1 : configuration.Tiles)} x {configuration.Array.Rows}x{configuration.Array.Columns}");
        Line($"{configuration.Name}: {arrays} PEs, {type.ToString().ToLowerInvariant()}, seed {configuration.Seed}{(separate ? "; cycles are the array's, folds one after another" : "")}");
        int width = Math.Max(10, results.Max(r => r.Layer.Name.Length));
        Line($"\n{"layer".PadRight(width)} {"M",8} {"N",8} {"K",8} {"cycles",13} {"set-up",9} {"util %",7} {"map %",7} {"energy uJ",12} {"HBM rd",13} {"HBM wr",13} {"scratch rd",14} {"scratch wr",14} {"accum rd",14} {"accum wr",14}");
        List<LayerMeasures> all = [.. results.Select(r => r.Measures)];
        for (int i = 0; i < all.Count; i++)
        {
            Layer layer = results[i].Layer;
            Row(all[i], string.Create(CultureInfo.InvariantCulture, $"{layer.M,8} {layer.N,8} {layer.K,8}"));
        }

        Row(LayerMeasures.Sum(Total, all), new string(' ', 26));

        void Row(LayerMeasures m, string sizes)
        {
            Line($"{m.Name.PadRight(width)} {sizes} {N(m.Cycles),13} {N(m.SetupCycles),9} {m.UtilisationPercent,7:0.00} {m.MappingPercent,7:0.00} {m.Picojoules / 1e6,12:0.000} {N(m.Hbm.ReadBytes),13} {N(m.Hbm.WriteBytes),13} {N(m.Scratchpad.ReadBytes),14} {N(m.Scratchpad.WriteBytes),14} {N(m.Accumulators.ReadBytes),14} {N(m.Accumulators.WriteBytes),14}");
            Line($"{"".PadRight(width)} MX {Stalls(m.Stalls)}");
        }
    }

    /// <summary>Shares of the cycles of queue MX; they sum to 100, the largest first.</summary>
    public static string Stalls(IReadOnlyList<NamedCount> causes)
    {
        int[] tenths = Percentages.Tenths([.. causes.Select(c => c.Count)]);
        return string.Join(", ", causes.Select((c, i) => (c.Name, Share: tenths[i])).Where(c => c.Share > 0).OrderByDescending(c => c.Share)
            .Select(c => $"{c.Name} {Percentages.Text(c.Share)} %"));
    }

    /// <summary>A header, a line a layer, and the total.</summary>
    public static void WriteCsv(TextWriter file, IReadOnlyList<LayerResult> results)
    {
        List<LayerMeasures> all = [.. results.Select(r => r.Measures)];
        string stalls = string.Join(",", all[0].Stalls.Select(s => "mx_" + s.Name));
        file.Write($"layer,m,n,k,cycles,setup_cycles,macs,folds,utilisation_percent,mapping_percent,hbm_read_bytes,hbm_write_bytes,scratchpad_read_bytes,scratchpad_write_bytes,accumulator_read_bytes,accumulator_write_bytes,energy_picojoules,{stalls}\n");
        for (int i = 0; i < all.Count; i++)
        {
            Layer layer = results[i].Layer;
            Row(all[i], Field(layer.Name), string.Create(CultureInfo.InvariantCulture, $"{layer.M},{layer.N},{layer.K}"));
        }

        Row(LayerMeasures.Sum(Total, all), Total, ",,");

        void Row(LayerMeasures m, string name, string sizes) => file.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{name},{sizes},{m.Cycles},{m.SetupCycles},{m.Macs},{m.Folds},{m.UtilisationPercent:0.0000},{m.MappingPercent:0.0000},{m.Hbm.ReadBytes},{m.Hbm.WriteBytes},{m.Scratchpad.ReadBytes},{m.Scratchpad.WriteBytes},{m.Accumulators.ReadBytes},{m.Accumulators.WriteBytes},{m.Picojoules:0.###},{string.Join(",", m.Stalls.Select(s => s.Count))}\n"));
    }

    /// <summary>A name as a field of comma-separated values.</summary>
    internal static string Field(string name) => name.AsSpan().ContainsAny('"', ',') ? "\"" + name.Replace("\"", "\"\"", StringComparison.Ordinal) + "\"" : name;

    private static string N(long value) => value.ToString("#,##0", CultureInfo.InvariantCulture);
}
