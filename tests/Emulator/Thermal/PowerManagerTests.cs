using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

public class PowerManagerTests
{
    private static readonly Floorplan Die = Floorplan.OfTiles(2, 2e-3);

    private sealed class Activity
    {
        public double Picojoules { get; set; }
    }

    private static (PowerManager Power, ThermalNetwork Network, Activity Array) Build(PowerConfig config, double leakage = 0.1)
    {
        ThermalNetwork network = new(Die, ThermalConfig.Edge);
        Activity array = new();
        PowerManager power = new(
            config, network, 1000,
            [new PowerSource("tile0.array", () => array.Picojoules, leakage), new PowerSource("hbm", () => 0, 0, 0.4)],
            [new SensorPlace(0, "tile0.array"), new SensorPlace(1, "tile1.array")]);
        return (power, network, array);
    }

    private static void Step(PowerManager power, Activity array, double watts)
    {
        long from = power.State.SampledPs, to = power.NextSamplePs;
        array.Picojoules += watts * (to - from);
        power.Sample(to);
    }

    [Fact]
    public void Samples_lie_on_the_grid_of_the_system_clock()
    {
        PowerConfig config = new() { SampleCycles = 1000 };
        PowerManager power = new(config, new ThermalNetwork(Die, ThermalConfig.Edge), 300, [], []);
        Assert.Equal(1000L * 1_000_000 / 300, power.NextSamplePs);
        power.Sample(power.NextSamplePs);
        Assert.Equal(2000L * 1_000_000 / 300, power.NextSamplePs);
        Assert.Equal(1, power.State.Samples);
    }

    [Fact]
    public void Computed_power_trips_the_clock_and_cooling_gives_it_back()
    {
        (PowerManager power, _, Activity array) = Build(new PowerConfig { ThermalTimeScale = 1_000 });
        int heating = 0, cooling = 0;
        for (; power.Divider == 1; heating++)
            Step(power, array, 15);
        Assert.True(power.SensorQuarters(0) >= 85 * 4);
        Assert.True(heating > 3);
        Assert.Equal(1, power.State.Trips);
        for (; power.Divider == 2; cooling++)
        {
            Assert.True(power.SensorQuarters(0) >= 82 * 4);
            Step(power, array, 0);
        }

        Assert.True(power.SensorQuarters(0) < 82 * 4);
        Assert.Equal(cooling, power.State.ThrottledSamples);
        Assert.True(power.PeakCelsius(Die.IndexOf("tile0.array")) >= 84.8);

        // The other tile got the heat of this one, later and less.
        Assert.InRange(power.SensorQuarters(1), 40 * 4, power.PeakCelsius(Die.IndexOf("tile0.array")) * 4);
    }

    [Fact]
    public void Without_activity_nothing_trips()
    {
        (PowerManager power, _, Activity array) = Build(new PowerConfig { ThermalTimeScale = 10_000 });
        for (int i = 0; i < 300; i++)
            Assert.Equal(1, DividerAfter(power, array));
        Assert.Equal(0, power.State.Trips);

        static int DividerAfter(PowerManager power, Activity array)
        {
            Step(power, array, 0);
            return power.Divider;
        }
    }

    [Fact]
    public void Energies_of_blocks_sum_to_what_the_sources_spent()
    {
        (PowerManager power, _, Activity array) = Build(new PowerConfig { ThermalTimeScale = 100 });
        for (int i = 0; i < 50; i++)
            Step(power, array, i % 3 * 5);
        double dynamic = 0, still = 0;
        for (int i = 0; i < Die.Blocks.Count; i++)
        {
            dynamic += power.DynamicPicojoules(i);
            still += power.StaticPicojoules(i);
        }

        double seconds = power.State.SampledPs * 1e-12;
        Assert.InRange(dynamic / array.Picojoules, 1 - 1e-12, 1 + 1e-12);
        Assert.InRange(power.StaticPicojoules(Die.IndexOf("hbm")) * 1e-12, 0.4 * seconds * 0.999, 0.4 * seconds * 1.001);
        Assert.True(still * 1e-12 > 0.4 * seconds);
    }

    [Fact]
    public void Leakage_doubles_every_19_kelvin()
    {
        (PowerManager power, ThermalNetwork network, Activity array) = Build(new PowerConfig(), leakage: 1);
        int block = Die.IndexOf("tile0.array");
        double[] heat = new double[network.Blocks];
        foreach (double target in (double[])[45, 64, 83])
        {
            // Steady temperatures are linear in power: two trials find the power for the target.
            heat[block] = 10;
            network.SetSteady(heat);
            heat[block] = 10 * (target - 40) / (power.Celsius(block) - 40);
            network.SetSteady(heat);
            Assert.InRange(power.Celsius(block), target - 1e-6, target + 1e-6);
            Step(power, array, 0);
            double expected = target == 45 ? 1 : target == 64 ? 2 : 4;
            Assert.InRange(power.Watts(block), expected * (1 - 1e-6), expected * (1 + 1e-6));
        }
    }

    [Fact]
    public void A_sensor_shows_quarter_degrees()
    {
        (PowerManager power, ThermalNetwork network, Activity array) = Build(new PowerConfig { ThermalTimeScale = 1000 });
        HashSet<int> seen = [];
        for (int i = 0; i < 200; i++)
        {
            Step(power, array, 10);
            int quarters = power.SensorQuarters(0);
            double exact = network.Temperatures[Die.IndexOf("tile0.array")] - 273.15;
            Assert.InRange(exact - (quarters * 0.25), -0.1250001, 0.1250001);
            seen.Add(quarters);
        }

        Assert.True(seen.Count > 10);
    }

    [Fact]
    public void Sensors_convert_at_the_first_sample_after_their_interval()
    {
        // 10 us a sample at scale 1: the seventh sample is the first with 64 us behind it.
        (PowerManager power, _, Activity array) = Build(new PowerConfig());
        for (int i = 1; i <= 14; i++)
        {
            Step(power, array, 50);
            Assert.Equal(1 + (i / 7), power.State.Conversions);
        }
    }

    [Fact]
    public void Sensor_noise_has_the_stated_spread_and_depends_on_the_seed_only()
    {
        short[] Readings(ulong seed)
        {
            (PowerManager power, _, Activity array) = Build(new PowerConfig { ThermalTimeScale = 10, SensorNoise = 2, Seed = seed }, leakage: 0);
            short[] readings = new short[2000];
            for (int i = 0; i < readings.Length; i++)
            {
                Step(power, array, 0);
                readings[i] = power.SensorQuarters(1);
            }

            return readings;
        }

        short[] first = Readings(3);
        Assert.Equal(first, Readings(3));
        Assert.NotEqual(first, Readings(4));
        double mean = first.Average(q => q * 0.25);
        double deviation = Math.Sqrt(first.Average(q => ((q * 0.25) - mean) * ((q * 0.25) - mean)));
        Assert.InRange(deviation, 1.85, 2.15);
    }

    [Fact]
    public void A_checkpoint_restores_temperatures_and_counters()
    {
        PowerConfig config = new() { ThermalTimeScale = 1000, SensorNoise = 0.25 };
        (PowerManager power, _, Activity array) = Build(config);
        for (int i = 0; i < 40; i++)
            Step(power, array, 20);
        using MemoryStream stream = new();
        power.Walk(StateArchive.ForSave(stream));
        stream.Position = 0;
        (PowerManager other, _, Activity otherArray) = Build(config);
        other.Walk(StateArchive.ForLoad(stream));
        otherArray.Picojoules = array.Picojoules;
        for (int i = 0; i < 40; i++)
        {
            Step(power, array, 5);
            Step(other, otherArray, 5);
        }

        Assert.Equal(Hash(power), Hash(other));

        static ulong Hash(PowerManager manager)
        {
            StateArchive archive = StateArchive.ForHash();
            manager.Walk(archive);
            return archive.Hash;
        }
    }
}
