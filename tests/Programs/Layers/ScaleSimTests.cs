using System.Globalization;
using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>Array cycles of folds one after another, as the chip measures them, beside SCALE-Sim's.</summary>
public sealed class ScaleSimTests
{
    private static readonly (int Side, string Preset)[] s_chips = [(8, "tiny"), (16, "edge"), (32, "hybrid"), (128, "datacenter")];

    /// <summary>Rows of tests/Oracles/scalesim.csv.</summary>
    public static TheoryData<int, string, int, int, int, long, double> Rows
    {
        get
        {
            var rows = new TheoryData<int, string, int, int, int, long, double>();
            foreach (string line in File.ReadLines(Path.Combine(Firmware.Root, "tests", "Oracles", "scalesim.csv")).Where(l => l.Length > 0 && char.IsAsciiDigit(l[0])))
            {
                string[] f = line.Split(',');
                int Number(int column) => int.Parse(f[column], CultureInfo.InvariantCulture);
                rows.Add(Number(0), f[1], Number(2), Number(3), Number(4), Number(5), double.Parse(f[7], CultureInfo.InvariantCulture));
            }

            return rows;
        }
    }

    [Fact]
    public void All_forty_rows_are_there() => Assert.Equal(40, Rows.Count);

    [Theory]
    [MemberData(nameof(Rows))]
    public void Folds_one_after_another_take_SCALE_Sim_s_cycles(int side, string name, int m, int n, int k, long lastCycle, double mappingPercent)
    {
        ChipConfiguration chip = Firmware.Configuration(s_chips.First(c => c.Side == side).Preset);
        Assert.Equal((side, side, 1), (chip.Array.Rows, chip.Array.Columns, chip.Array.Int8Packing));
        LayerMeasures measures = new LayerRun(chip, new Layer(name, m, n, k), LayerType.Int8, separate: true).Finish().Measures;
        Assert.Equal(lastCycle + 1, measures.Cycles);
        Assert.Equal(mappingPercent, Math.Round(measures.MappingPercent, 4));
    }
}
