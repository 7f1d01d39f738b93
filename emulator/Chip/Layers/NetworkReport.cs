using System.Globalization;

namespace HybridEmu.Chip;

/// <summary>A streamed network's figures as a page for a person.</summary>
public static class NetworkReport
{
    public static void Write(TextWriter page, NetworkResult result)
    {
        void Line(FormattableString text) => page.Write(text.ToString(CultureInfo.InvariantCulture) + "\n");
        MatrixBreakdown b = result.Breakdown;
        int[] tenths = Percentages.Tenths([b.Active, b.Stall, b.Shift, b.NonMatrix]);
        ChipConfiguration c = result.Configuration;
        Line($"{c.Name}: {c.Array.Rows}x{c.Array.Columns} PEs at {c.Core.ClockMegahertz} MHz, memory {c.PeakHbmBytesPerSecond / 1e9:0.0} GB/s at its peak");
        Line($"{result.Layers.Count} layers, {result.Layers.Sum(l => (long)l.K * l.N) / 1e6:0.0} M weights in {result.Tiles} tiles, batch {result.Layers[0].M}{(result.Wide ? ", 16-bit activations" : "")}, {result.Vectors} elementwise operations");
        Line($"cycles        {b.Cycles:#,##0} ({(double)b.Cycles / result.Tiles:0.0} a tile)");
        Line($"active        {Percentages.Text(tenths[0]),5} %");
        Line($"weight stall  {Percentages.Text(tenths[1]),5} %");
        Line($"weight shift  {Percentages.Text(tenths[2]),5} %");
        Line($"non-matrix    {Percentages.Text(tenths[3]),5} %");
        Line($"TOPS          {result.TeraOperations:0.00} of {result.RoofTeraOperations:0.00} at {result.Intensity:0.0} MACs a byte of weights");
        Line($"memory        {result.Statistics.Hbm.ReadBytes:#,##0} B read, {result.Statistics.Hbm.WriteBytes:#,##0} B written");
    }
}
