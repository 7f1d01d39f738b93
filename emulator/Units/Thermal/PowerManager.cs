using HybridEmu.Isa;
using HybridEmu.Kernel;

namespace HybridEmu.Units;

/// <summary>
/// Turns activity into power and power into temperature, and halves the core clock when a sensor trips. Not a clocked unit:
/// the run loop calls <see cref="Sample"/> at <see cref="NextSamplePs"/>, before any unit is evaluated at that time, so
/// that a sample sees what happened strictly before it and a new divider holds from that time on.
/// </summary>
public sealed class PowerManager
{
    private const double KelvinOfZeroCelsius = 273.15;
    private const double Ln2 = 0.693147180559945309417;

    private readonly PowerConfig _config;
    private readonly ThermalNetwork _network;
    private readonly int _megahertz;
    private readonly PowerSource[] _sources;
    private readonly int[] _sourceBlock;
    private readonly int[] _sensorBlock;
    private readonly int[] _sensorOfTile;
    private readonly double[] _lastPicojoules;
    private readonly double[] _dynamicPicojoules;
    private readonly double[] _staticPicojoules;
    private readonly double[] _watts;
    private readonly double[] _peakKelvin;
    private readonly short[] _quarters;

    /// <summary>Registers and counters.</summary>
    public PowerState State;

    /// <param name="config">Sampling, sensors, thresholds.</param>
    /// <param name="network">The die and its package, at its starting temperatures.</param>
    /// <param name="systemMegahertz">Frequency of the system clock, which samples are counted in.</param>
    /// <param name="sources">What draws power; several may name one block.</param>
    /// <param name="sensors">One a tile, tiles 0 and up.</param>
    public PowerManager(
        PowerConfig config, ThermalNetwork network, int systemMegahertz, IReadOnlyList<PowerSource> sources, IReadOnlyList<SensorPlace> sensors)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(config.SampleCycles, 1);
        if (!(config.ReleaseCelsius < config.TripCelsius))
            throw new ArgumentException("The release temperature must lie below the trip temperature.", nameof(config));
        _config = config;
        _network = network;
        _megahertz = systemMegahertz;
        _sources = [.. sources];
        _sourceBlock = [.. sources.Select(source => network.Floorplan.IndexOf(source.Block))];
        _sensorBlock = [.. sensors.Select(sensor => network.Floorplan.IndexOf(sensor.Block))];
        _sensorOfTile = new int[sensors.Count];
        for (int i = 0; i < sensors.Count; i++)
            _sensorOfTile[sensors[i].Tile] = i;
        _lastPicojoules = new double[_sources.Length];
        _dynamicPicojoules = new double[network.Blocks];
        _staticPicojoules = new double[network.Blocks];
        _watts = new double[network.Blocks];
        _peakKelvin = new double[network.Blocks];
        _quarters = new short[sensors.Count];
        Peak();
        Convert();
        State.Conversions = 1;
        NextSamplePs = BoundaryPs(1);
    }

    /// <summary>Time of the next sample: the grid edge that ends the current interval of system cycles.</summary>
    public long NextSamplePs { get; private set; }

    /// <summary>The core clock's divider that the run loop should set: 1, or 2 while throttled.</summary>
    public int Divider => State.Throttled != 0 ? 2 : 1;

    /// <summary>Thermal seconds for each emulated one.</summary>
    public double ThermalTimeScale => _config.ThermalTimeScale;

    /// <summary>The last conversion of a tile's sensor in quarter degrees Celsius, as CSR hxtemp shows it.</summary>
    public short SensorQuarters(int tile) => _quarters[_sensorOfTile[tile]];

    /// <summary>True temperature of a block, in degrees Celsius.</summary>
    public double Celsius(int block) => _network.Temperatures[block] - KelvinOfZeroCelsius;

    /// <summary>Highest true temperature of a block at any sample.</summary>
    public double PeakCelsius(int block) => _peakKelvin[block] - KelvinOfZeroCelsius;

    /// <summary>Power of a block over the last interval.</summary>
    public double Watts(int block) => _watts[block];

    /// <summary>Energy of a block's events up to the last sample, in emulated picojoules.</summary>
    public double DynamicPicojoules(int block) => _dynamicPicojoules[block];

    /// <summary>Leakage and standby energy of a block up to the last sample, in emulated picojoules.</summary>
    public double StaticPicojoules(int block) => _staticPicojoules[block];

    public Floorplan Floorplan => _network.Floorplan;

    /// <summary>
    /// Accounts for the time since the last sample: power, heat, sensors, trip. Power is constant over the interval, with
    /// leakage at the temperature it began with.
    /// </summary>
    /// <param name="timePs">
    /// Now: <see cref="NextSamplePs"/>; or earlier to close the books at the end of a run, after which the run cannot go on as if
    /// it had not been stopped.
    /// </param>
    /// <returns>Whether <see cref="Divider"/> changed.</returns>
    public bool Sample(long timePs)
    {
        long elapsedPs = timePs - State.SampledPs;
        if (elapsedPs <= 0)
            return false;
        bool boundary = timePs == NextSamplePs;
        Charge(elapsedPs);
        // Boundaries are whole picoseconds: their distances may differ by one, the steps of the network do not.
        bool whole = boundary && State.SampledPs == BoundaryPs(State.Samples);
        double seconds = whole ? _config.SampleCycles * 1e-6 / _megahertz : elapsedPs * 1e-12;
        double thermalSeconds = seconds * _config.ThermalTimeScale;
        _network.Advance(_watts, thermalSeconds);
        Peak();
        State.SampledPs = timePs;
        if (boundary)
        {
            State.Samples++;
            NextSamplePs = BoundaryPs(State.Samples + 1);
        }

        State.SinceConversion += thermalSeconds;
        bool changed = false;
        if (State.SinceConversion >= _config.ConversionSeconds)
        {
            State.SinceConversion = 0;
            Convert();
            State.Conversions++;
            changed = Trip();
        }

        State.ThrottledSamples += boundary ? State.Throttled : 0;
        return changed;
    }

    public void Walk(StateArchive archive)
    {
        archive.Value("state", ref State);
        archive.Array("lastPicojoules", _lastPicojoules);
        archive.Array("dynamic", _dynamicPicojoules);
        archive.Array("static", _staticPicojoules);
        archive.Array("watts", _watts);
        archive.Array("peak", _peakKelvin);
        archive.Array("quarters", _quarters);
        _network.Walk(archive);
        NextSamplePs = BoundaryPs(State.Samples + 1);
    }

    public void Describe(SignalMap map)
    {
        map.Scope("power", scope =>
        {
            scope.Add("throttled", 1, () => State.Throttled);
            scope.Add("critical", 1, () => State.Critical);
            scope.Add("trips", 32, () => (ulong)State.Trips);
            for (int i = 0; i < _quarters.Length; i++)
            {
                int tile = i;
                scope.Add($"tile{tile}.temperature_quarters", 16, () => (ushort)SensorQuarters(tile));
            }
        });
    }

    private long BoundaryPs(long sample) => sample * _config.SampleCycles * 1_000_000 / _megahertz;

    private void Charge(long elapsedPs)
    {
        _watts.AsSpan().Clear();
        for (int i = 0; i < _sources.Length; i++)
        {
            PowerSource source = _sources[i];
            int block = _sourceBlock[i];
            double now = source.Picojoules();
            double dynamic = now - _lastPicojoules[i];
            _lastPicojoules[i] = now;
            double above = _network.Temperatures[block] - KelvinOfZeroCelsius - _config.LeakageReferenceCelsius;
            double still = source.StaticWatts + (source.LeakageWatts * FunctionsD.Exp(above * Ln2 / _config.LeakageDoublingKelvin));
            _watts[block] += still + (dynamic / elapsedPs); // 1 pJ in 1 ps is 1 W
            _dynamicPicojoules[block] += dynamic;
            _staticPicojoules[block] += still * elapsedPs;
        }
    }

    private void Peak()
    {
        for (int i = 0; i < _peakKelvin.Length; i++)
            _peakKelvin[i] = Math.Max(_peakKelvin[i], _network.Temperatures[i]);
    }

    private void Convert()
    {
        for (int i = 0; i < _quarters.Length; i++)
        {
            double celsius = Celsius(_sensorBlock[i]) + _config.SensorOffset + (_config.SensorNoise * Noise(i));

            // Round half up; a sensor reads -128 to +255.75 degrees.
            double stepped = Math.Floor((celsius / _config.SensorStep) + 0.5) * _config.SensorStep * 4;
            _quarters[i] = (short)Math.Clamp(stepped, -512, 1023);
        }
    }

    /// <summary>Nearly normal, variance 1: twelve uniform numbers less 6, keyed by sensor and conversion.</summary>
    private double Noise(int sensor)
    {
        if (_config.SensorNoise == 0)
            return 0;
        double sum = -6;
        ulong first = (((ulong)State.Conversions * (ulong)_quarters.Length) + (ulong)sensor) * 12;
        for (int i = 0; i < 12; i++)
            sum += CounterRandom.Bits(_config.Seed, first + (ulong)i) * (1.0 / 4294967296.0);
        return sum;
    }

    private bool Trip()
    {
        bool hot = false, cool = true;
        foreach (short quarters in _quarters)
        {
            double celsius = quarters * 0.25;
            hot |= celsius >= _config.TripCelsius;
            cool &= celsius < _config.ReleaseCelsius;
            if (celsius >= _config.CriticalCelsius)
                State.Critical = 1;
        }

        byte before = State.Throttled;
        if (hot && !Hot)
            State.Trips++;
        Hot = hot || (Hot && !cool);
        State.Throttled = (byte)(Hot && _config.Throttle ? 1 : 0);
        return State.Throttled != before;
    }

    private bool Hot
    {
        get => State.Tripped != 0;
        set => State.Tripped = (byte)(value ? 1 : 0);
    }
}
