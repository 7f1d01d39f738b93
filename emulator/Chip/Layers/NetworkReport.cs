using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>A streamed network's figures as a page for a person, and as comma-separated values.</summary>
public static class NetworkReport
{
    public static void Write(TextWriter page, NetworkResult result)
    {
        void Line(FormattableString text) => page.Write(text.ToString(CultureInfo.InvariantCulture) + "\n");
        MatrixBreakdown b = result.Breakdown;
        int[] tenths = Percentages.Tenths([b.Active, b.Stall, b.Shift, b.NonMatrix]);
        ChipConfiguration c = result.Configuration;
        Line($"{c.Name}: {c.Array.Rows}x{c.Array.Columns} PEs at {c.Core.ClockMegahertz} MHz, memory {c.PeakHbmBytesPerSecond / 1e9:0.0} GB/s at its peak");
        Line($"{result.Layers.Count} layers, {result.Weights / 1e6:0.0} M weights in {result.Tiles} tiles{(result.FetchedTiles > result.Tiles ? $", fetched {result.FetchedTiles} times in all" : "")}, batch {result.Batch}{(result.Wide ? ", 16-bit activations" : "")}, {result.Vectors} elementwise operations");
        Line($"cycles        {b.Cycles:#,##0} ({(double)b.Cycles / result.FetchedTiles:0.0} a tile)");
        Line($"active        {Percentages.Text(tenths[0]),5} %");
        Line($"weight stall  {Percentages.Text(tenths[1]),5} %");
        Line($"weight shift  {Percentages.Text(tenths[2]),5} %");
        Line($"non-matrix    {Percentages.Text(tenths[3]),5} %");
        Line($"TOPS          {result.TeraOperations:0.00} of {result.RoofTeraOperations:0.00} at {result.Intensity:0.0} MACs a byte of weights");
        Line($"memory        {result.Statistics.Hbm.ReadBytes:#,##0} B read, {result.Statistics.Hbm.WriteBytes:#,##0} B written");
    }

    /// <summary>A header, and the network's line.</summary>
    /// <param name="name">The network's.</param>
    public static void WriteCsv(TextWriter file, string name, NetworkResult result)
    {
        MatrixBreakdown b = result.Breakdown;
        file.Write("network,configuration,layers,weights,weight_tiles,batch,activation_bits,elementwise_operations,macs,cycles,active,weight_stall,weight_shift,non_matrix,macs_per_weight_byte,roof_tops,tops,achieved_percent,read_bytes,written_bytes,energy_picojoules\n");
        file.Write(string.Create(
            CultureInfo.InvariantCulture,
            $"{LayerReport.Field(name)},{LayerReport.Field(result.Configuration.Name)},{result.Layers.Count},{result.Weights},{result.Tiles},{result.Batch},{(result.Wide ? 16 : 8)},{result.Vectors},{result.Macs},{b.Cycles},{b.Active},{b.Stall},{b.Shift},{b.NonMatrix},{result.Intensity:0.0000},{result.RoofTeraOperations:0.0000},{result.TeraOperations:0.0000},{result.AchievedPercent:0.0000},{result.Statistics.Hbm.ReadBytes},{result.Statistics.Hbm.WriteBytes},{result.Statistics.TotalPicojoules:0.###}\n"));
    }
}
