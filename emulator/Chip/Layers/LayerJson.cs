using System.Text.Json;

namespace HybridEmu.Chip;

/// <summary>Layers' measures as JSON: the same run gives the same bytes.</summary>
public static class LayerJson
{
    /// <param name="configuration">What the layers ran on.</param>
    /// <param name="type">Of their elements.</param>
    /// <param name="separate">Folds one after another.</param>
    public static void Write(Stream stream, ChipConfiguration configuration, LayerType type, bool separate, IReadOnlyList<LayerResult> results)
    {
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("configuration", configuration.Name);
        json.WriteNumber("seed", configuration.Seed);
        json.WriteNumber("tiles", separate ? 1 : configuration.Tiles);
        json.WriteNumber("rows", configuration.Array.Rows);
        json.WriteNumber("columns", configuration.Array.Columns);
        json.WriteString("type", type.ToString().ToLowerInvariant());
        json.WriteBoolean("overlap", !separate);
        json.WriteStartArray("layers");
        foreach (LayerResult result in results)
        {
            json.WriteStartObject();
            json.WriteString("name", result.Layer.Name);
            json.WriteNumber("m", result.Layer.M);
            json.WriteNumber("n", result.Layer.N);
            json.WriteNumber("k", result.Layer.K);
            Measures(json, result.Measures);
            json.WriteEndObject();
        }

        json.WriteEndArray();
        json.WriteStartObject("total");
        Measures(json, LayerMeasures.Sum("total", [.. results.Select(r => r.Measures)]));
        json.WriteEndObject();
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }

    private static void Measures(Utf8JsonWriter json, LayerMeasures m)
    {
        json.WriteNumber("cycles", m.Cycles);
        json.WriteNumber("setupCycles", m.SetupCycles);
        json.WriteNumber("macs", m.Macs);
        json.WriteNumber("folds", m.Folds);
        json.WriteNumber("utilisationPercent", m.UtilisationPercent);
        json.WriteNumber("mappingPercent", m.MappingPercent);
        json.WriteStartObject("matrixQueueCycles");
        foreach (NamedCount stall in m.Stalls)
            json.WriteNumber(stall.Name, stall.Count);
        json.WriteEndObject();
        json.WriteStartObject("bytes");
        Traffic(json, "hbm", m.Hbm);
        Traffic(json, "scratchpad", m.Scratchpad);
        Traffic(json, "accumulators", m.Accumulators);
        json.WriteEndObject();
        json.WriteNumber("energyPicojoules", m.Picojoules);
    }

    private static void Traffic(Utf8JsonWriter json, string name, TrafficStatistics traffic)
    {
        json.WriteStartObject(name);
        json.WriteNumber("read", traffic.ReadBytes);
        json.WriteNumber("written", traffic.WriteBytes);
        json.WriteEndObject();
    }
}
