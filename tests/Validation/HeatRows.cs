using System.Globalization;
using HybridEmu.Units;

namespace HybridEmu.Validation.Tests;

/// <summary>Temperatures against HotSpot's block model.</summary>
internal static class HeatRows
{
    private const double Millisecond = 1e-3;

    public static IEnumerable<ValidationRow> Measure()
    {
        Floorplan die = Floorplan.Parse(HotSpotFigures.Floorplan);
        double steady = 0;
        foreach (HotSpotSteady figure in HotSpotFigures.Steady)
        {
            ThermalNetwork network = new(die, figure.Edge ? ThermalConfig.Edge : new ThermalConfig());
            network.SetSteady(figure.Watts);
            for (int i = 0; i < network.Nodes; i++)
                steady = Math.Max(steady, Math.Abs(network.Temperatures[i] - figure.Kelvin[i]));
        }

        yield return Row("heat, steady", $"HotSpot 6 block mode: {HotSpotFigures.Steady.Length} steady states of {HotSpotFigures.Steady[0].Kelvin.Length} nodes", steady);

        ThermalNetwork heated = new(die, new ThermalConfig());
        double transient = 0;
        int done = 0;
        foreach ((int millisecond, double[] kelvin) in HotSpotFigures.Step)
        {
            for (; done < millisecond; done++)
                heated.Advance(HotSpotFigures.StepWatts, Millisecond);
            for (int i = 0; i < heated.Blocks; i++)
                transient = Math.Max(transient, Math.Abs(heated.Temperatures[i] - kelvin[i]));
        }

        yield return Row("heat, a step of power", $"HotSpot 6 block mode: {die.Blocks.Count} blocks over {done} ms", transient);
    }

    private static ValidationRow Row(string unit, string against, double kelvin) =>
        new(unit, against, string.Create(CultureInfo.InvariantCulture, $"{kelvin:0.000} K"), ValidationRow.Here);
}
