using HybridEmu.Units;
using Xunit.Abstractions;

namespace HybridEmu.Emulator.Tests;

public class ThermalNetworkTests(ITestOutputHelper output)
{
    private static readonly Floorplan Die = Floorplan.Parse(HotSpotFigures.Floorplan);

    [Fact]
    public void Steady_states_equal_HotSpots_to_a_twentieth_of_a_kelvin_at_every_node()
    {
        foreach (HotSpotSteady figure in HotSpotFigures.Steady)
        {
            ThermalNetwork network = new(Die, figure.Edge ? ThermalConfig.Edge : new ThermalConfig());
            network.SetSteady(figure.Watts);
            double worst = 0;
            for (int i = 0; i < network.Nodes; i++)
                worst = Math.Max(worst, Math.Abs(network.Temperatures[i] - figure.Kelvin[i]));
            output.WriteLine($"{figure.Name}: worst {worst:F4} K");
            Assert.True(worst < 0.05, $"{figure.Name}: {worst} K off");
        }
    }

    [Fact]
    public void A_step_of_power_heats_the_blocks_as_in_HotSpot()
    {
        ThermalNetwork network = new(Die, new ThermalConfig());
        int next = 0;
        double worst = 0;
        for (int ms = 1; ms <= 100; ms++)
        {
            network.Advance(HotSpotFigures.StepWatts, 1e-3);
            if (HotSpotFigures.Step[next].Millisecond != ms)
                continue;
            for (int i = 0; i < network.Blocks; i++)
                worst = Math.Max(worst, Math.Abs(network.Temperatures[i] - HotSpotFigures.Step[next].Kelvin[i]));
            output.WriteLine($"{ms} ms: worst {worst:F4} K, first {network.Temperatures[0]:F3}");
            next++;
        }

        Assert.Equal(HotSpotFigures.Step.Length, next);
        Assert.True(worst < 0.1, $"{worst} K off");
    }

    [Fact]
    public void Heating_one_block_warms_its_neighbour_more_than_a_far_one()
    {
        ThermalNetwork network = new(Die, new ThermalConfig());
        double[] watts = new double[network.Blocks];
        watts[Die.IndexOf("SRAM0")] = 10;
        network.Advance(watts, 2e-3);
        double own = network.Temperatures[Die.IndexOf("SRAM0")];
        double near = network.Temperatures[Die.IndexOf("SRAM1")];
        double far = network.Temperatures[Die.IndexOf("SRAM7")];
        Assert.True(own > near + 1);
        Assert.True(near > far + 0.05);
        Assert.True(far >= 318.15 - 1e-9);
    }

    [Fact]
    public void Energy_in_equals_energy_stored_and_energy_out()
    {
        ThermalNetwork network = new(Die, ThermalConfig.Edge);
        const double step = 5e-3;
        double entered = 0, left = 0, before = network.OutflowWatts;
        double[] watts = new double[network.Blocks];
        for (int i = 0; i < 4_000; i++)
        {
            watts[i % 7] = i / 1000 * 4;
            foreach (double w in watts)
                entered += w * step;
            network.Advance(watts, step);
            left += (before + network.OutflowWatts) / 2 * step;
            before = network.OutflowWatts;
        }

        Assert.True(left > 0.05 * entered && network.StoredJoules > 0.05 * entered);
        Assert.InRange((network.StoredJoules + left) / entered, 0.9999, 1.0001);
    }

    [Fact]
    public void Steps_of_any_length_reach_the_same_temperatures()
    {
        ThermalNetwork fine = new(Die, new ThermalConfig()), coarse = new(Die, new ThermalConfig());
        for (int i = 0; i < 500; i++)
            fine.Advance(HotSpotFigures.StepWatts, 40e-6);
        coarse.Advance(HotSpotFigures.StepWatts, 20e-3);
        for (int i = 0; i < fine.Nodes; i++)
            Assert.InRange(coarse.Temperatures[i] - fine.Temperatures[i], -1e-3, 1e-3);
    }

    [Fact]
    public void A_long_transient_ends_in_the_steady_state()
    {
        ThermalNetwork network = new(Die, new ThermalConfig()), steady = new(Die, new ThermalConfig());
        for (int i = 0; i < 400; i++)
            network.Advance(HotSpotFigures.StepWatts, 1);
        steady.SetSteady(HotSpotFigures.StepWatts);
        for (int i = 0; i < network.Nodes; i++)
            Assert.InRange(network.Temperatures[i] - steady.Temperatures[i], -1e-3, 1e-3);
    }

    [Fact]
    public void A_floorplan_with_an_overlap_or_a_hole_is_refused()
    {
        Assert.Throws<ArgumentException>(() => new Floorplan([new("a", 1e-3, 1e-3, 0, 0), new("b", 1e-3, 1e-3, 0.5e-3, 0)]));
        Assert.Throws<ArgumentException>(() => new Floorplan([new("a", 1e-3, 1e-3, 0, 0), new("b", 1e-3, 1e-3, 2e-3, 0)]));
        Assert.Equal(5, Floorplan.OfTiles(1, 2e-3).Blocks.Count);
        Assert.Equal(8, Floorplan.OfTiles(2, 2e-3).Blocks.Count);
    }
}
