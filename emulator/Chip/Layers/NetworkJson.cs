using System.Text.Json;

namespace HybridEmu.Chip;

/// <summary>A streamed network's figures as JSON: the same run gives the same bytes.</summary>
public static class NetworkJson
{
    /// <param name="name">The network's.</param>
    public static void Write(Stream stream, string name, NetworkResult result)
    {
        ChipConfiguration c = result.Configuration;
        MatrixBreakdown b = result.Breakdown;
        using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true, NewLine = "\n" });
        json.WriteStartObject();
        json.WriteString("network", name);
        json.WriteString("configuration", c.Name);
        json.WriteNumber("seed", c.Seed);
        json.WriteNumber("rows", c.Array.Rows);
        json.WriteNumber("columns", c.Array.Columns);
        json.WriteNumber("clockMegahertz", c.Core.ClockMegahertz);
        json.WriteNumber("memoryBytesPerSecond", c.PeakHbmBytesPerSecond);
        json.WriteNumber("layers", result.Layers.Count);
        json.WriteNumber("weights", result.Weights);
        json.WriteNumber("weightTiles", result.Tiles);
        json.WriteNumber("fetchedWeightTiles", result.FetchedTiles);
        json.WriteNumber("batch", result.Batch);
        json.WriteNumber("activationBits", result.Wide ? 16 : 8);
        json.WriteNumber("elementwiseOperations", result.Vectors);
        json.WriteNumber("macs", result.Macs);
        json.WriteNumber("cycles", b.Cycles);
        json.WriteStartObject("matrixCycles");
        json.WriteNumber("active", b.Active);
        json.WriteNumber("weightStall", b.Stall);
        json.WriteNumber("weightShift", b.Shift);
        json.WriteNumber("nonMatrix", b.NonMatrix);
        json.WriteEndObject();
        json.WriteStartObject("roofline");
        json.WriteNumber("macsPerWeightByte", result.Intensity);
        json.WriteNumber("roofTeraOperations", result.RoofTeraOperations);
        json.WriteNumber("teraOperations", result.TeraOperations);
        json.WriteNumber("achievedPercent", result.AchievedPercent);
        json.WriteEndObject();
        json.WriteStartObject("bytes");
        json.WriteNumber("read", result.Statistics.Hbm.ReadBytes);
        json.WriteNumber("written", result.Statistics.Hbm.WriteBytes);
        json.WriteEndObject();
        json.WriteNumber("energyPicojoules", result.Statistics.TotalPicojoules);
        json.WriteEndObject();
        json.Flush();
        stream.WriteByte((byte)'\n');
    }
}
