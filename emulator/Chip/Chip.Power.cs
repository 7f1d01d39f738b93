using System.Numerics;
using System.Runtime.CompilerServices;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>From activity counters to heat, and from heat to the core clock.</summary>
public sealed partial class Chip
{
    private const double ZeroCelsiusKelvin = 273.15;
    private const double Ln2 = 0.693147180559945309417;
    private const int FusedStepsOfFunction = 6; // multiply-adds of one exp, log or rsqrt by isa/Numerics
    private const int CoherentFlitBytes = 16, WideFlitBytes = 64, WordBytes = 4;

    private const string MemoryBlock = "hbm_phy";

    private readonly List<EnergySource> _energy = [];
    private RefreshRateState _refresh;

    [InlineArray(3)]
    private struct RefreshTimes
    {
        private long _first;
    }

    /// <summary>How often memory refreshes, and for how long it did so at 1, 2 and 4 times the standard rate.</summary>
    private struct RefreshRateState
    {
        public RefreshTimes ElapsedPs;
        public long SincePs;

        /// <summary>Doublings: in force, and what heat alone asks for.</summary>
        public byte Shift, Heat;
    }

    /// <summary>Heat, sensors and throttling.</summary>
    public PowerManager Power => _power;

    /// <summary>Accounts for the last part of an interval; after it the run is over.</summary>
    internal void CloseBooks()
    {
        SettleForSample(_core.Edge);
        _power.Sample(TimePs);
        SetRefreshRate();
    }

    private PowerManager BuildPower()
    {
        _refresh.Shift = (byte)BitOperations.Log2((uint)_config.Hbm.Controller.RefreshRate);
        ThermalConfiguration t = _config.Thermal;
        EnergyConfiguration e = _config.Energy;
        double core = e.VoltageFactor(_config.Core.ClockMegahertz);
        var sensors = new List<SensorPlace>();
        for (int i = 0; i < _tiles.Length; i++)
        {
            Tile tile = _tiles[i];
            int number = i;
            void Add(string unit, Func<double> picojoules) =>
                _energy.Add(new EnergySource($"tile{number}.{unit}", t.BlockOf(number, unit), () => core * picojoules()));
            Add("array", () =>
                (tile.Matrix.State.MacsBf16 * e.MacBf16) +
                ((tile.Matrix.State.MacsInt8 + tile.Matrix.State.MacsInt16) * e.MacInt8) +
                (tile.Matrix.State.MacsInt4 * e.MacInt4));
            Add("accumulators", () => (tile.Matrix.AccumulatorReads + tile.Matrix.AccumulatorWrites) * WordBytes * e.AccumulatorByte);
            Add("scratchpad", () => (tile.Scratchpad.State.ReadBytes + tile.Scratchpad.State.WriteBytes) * e.ScratchpadByte);
            // An activation on the way out of a drain is an exp and a quotient, as in the vector unit.
            Add("vector", () => (tile.Vector.State.LaneOperations * e.OperationFp32) +
                ((tile.Vector.State.Transcendentals + (2 * tile.Matrix.State.Functions)) * FusedStepsOfFunction * e.MacFp32));
            Add("control", () =>
                (tile.Control.State.Retired * (e.Instruction + (WordBytes * e.L1Byte))) +
                ((tile.Control.State.Loads + tile.Control.State.StoresRetired) * WordBytes * e.L1Byte));
            sensors.Add(new SensorPlace(i, t.Floorplan[t.BlockOf(i, "array")].Name));
        }

        _energy.Add(new EnergySource("fabric", t.BlockOf(0, "fabric"), () => core * e.Fabric * FabricBytes()));
        if (_pcie is not null)
            _energy.Add(new EnergySource("pcie", t.BlockOf(0, "host"), () => (_pcie.State.OutboundBytes + _pcie.State.InboundBytes) * e.PcieByte));
        _energy.Add(new EnergySource("hbm", t.BlockOf(0, MemoryBlock), () => HbmPicojoules(e)));

        var sources = new List<PowerSource>();
        foreach (EnergySource source in _energy)
            sources.Add(new PowerSource(t.Floorplan[source.Block].Name, source.Picojoules, 0));
        foreach (FloorplanBlock block in t.Floorplan)
            sources.Add(new PowerSource(block.Name, () => 0, block.Area * e.Leakage));

        return new PowerManager(
            new PowerConfig
            {
                SampleCycles = (int)Math.Max(1, t.SampleIntervalPs * _config.System.ClockMegahertz / 1_000_000),
                ThermalTimeScale = t.TimeScale,
                LeakageDoublingKelvin = Ln2 / t.LeakageExponent,
                LeakageReferenceCelsius = e.LeakageAt,
                ConversionSeconds = t.SensorConversionPs * 1e-12,
                SensorStep = t.SensorStep,
                SensorOffset = t.SensorOffset,
                SensorNoise = t.SensorNoise,
                Seed = _config.Seed,
                TripCelsius = t.Trip,
                ReleaseCelsius = t.Release,
                CriticalCelsius = t.Critical,
            },
            new ThermalNetwork(new Floorplan(t.Floorplan), PackageOf(t)),
            _config.System.ClockMegahertz,
            sources,
            sensors);
    }

    private static ThermalConfig PackageOf(ThermalConfiguration t)
    {
        PackageConfiguration p = t.Package;
        return new ThermalConfig
        {
            ChipThickness = p.Chip.Thickness,
            ChipConductivity = p.Chip.Conductivity,
            ChipHeatCapacity = p.Chip.HeatCapacity,
            InterfaceThickness = p.Interface.Thickness,
            InterfaceConductivity = p.Interface.Conductivity,
            InterfaceHeatCapacity = p.Interface.HeatCapacity,
            SpreaderSide = p.Spreader.Side,
            SpreaderThickness = p.Spreader.Thickness,
            SpreaderConductivity = p.Spreader.Conductivity,
            SpreaderHeatCapacity = p.Spreader.HeatCapacity,
            SinkSide = p.Sink.Side,
            SinkThickness = p.Sink.Thickness,
            SinkConductivity = p.Sink.Conductivity,
            SinkHeatCapacity = p.Sink.HeatCapacity,
            ConvectionResistance = p.ConvectionResistance,
            ConvectionCapacity = p.ConvectionCapacitance,
            AmbientKelvin = t.Ambient + ZeroCelsiusKelvin,
            InitialKelvin = t.Initial + ZeroCelsiusKelvin,
            CapacityFactor = t.CapacitanceFactor,
        };
    }

    // Rule P-1: a sample sees what was committed before its time, and its new divider holds from that time on.
    private void SamplePower()
    {
        long edge = _core.Ticked ? _core.Edge - 1 : _core.Edge;
        SettleForSample(edge);
        if (_power.Sample(TimePs))
        {
            Rejoin(edge);
            _core.Throttle(_power.Divider);
            if (_pcie is not null)
                _core.WakeNext(_pcieId); // the link keeps its pace: its next time is another edge now
            LetGoAhead();
        }

        SetRefreshRate();
        for (int i = 0; i < _tiles.Length; i++)
            _systemUnit.SetSensor(i, _power.SensorQuarters(i), _power.State.Critical != 0, _power.State.Throttled != 0, (int)_power.State.Trips);
    }

    private void SettleForSample(long edge)
    {
        EndTrains(edge);
        foreach (Tile tile in _tiles)
        {
            tile.Rejoin(edge);
            tile.Matrix.Settle(edge);
        }
    }

    private double FabricBytes()
    {
        long coherent = 0;
        foreach (var network in _coherent)
            coherent += network.State.FlitHops;
        return ((double)coherent * CoherentFlitBytes) + ((double)(_wideRequest.State.FlitHops + _wideResponse.State.FlitHops) * WideFlitBytes);
    }

    private double HbmPicojoules(EnergyConfiguration e)
    {
        SumMemory(out HbmPseudoChannelState sum, out HbmStandbyCycles standby);
        return HbmTotals.Picojoules(e, _config.Hbm.Controller, _hbm.Megahertz, in sum, in standby);
    }

    /// <summary>Counters of all channels, up to the memory's current edge.</summary>
    private void SumMemory(out HbmPseudoChannelState sum, out HbmStandbyCycles standby)
    {
        sum = default;
        standby = default;
        foreach (HbmChannel channel in _channels)
        {
            channel.Settle(_hbm.Edge);
            HbmTotals.Add(ref sum, in channel.State);
            HbmTotals.Add(ref standby, in channel.State);
        }
    }

    // Rule PWR-4. The floorplan has no block for the stack itself: its PHY on the die stands for it.
    private void SetRefreshRate()
    {
        _refresh.ElapsedPs[_refresh.Shift] += TimePs - _refresh.SincePs;
        _refresh.SincePs = TimePs;
        RefreshHeat heat = _config.Hbm.Heat;
        if (!heat.Follows)
            return;
        _refresh.Heat = (byte)heat.Shift(_power.Celsius(_config.Thermal.BlockOf(0, MemoryBlock)), _refresh.Heat);
        _refresh.Shift = (byte)Math.Max(_refresh.Heat, BitOperations.Log2((uint)_config.Hbm.Controller.RefreshRate));
        foreach (HbmChannel channel in _channels)
            channel.State.RefreshShift = _refresh.Shift;
    }

    /// <summary>Share of the time up to the last sample, 0 to 1, at 2^shift times the standard refresh rate.</summary>
    private double RefreshShare(int shift) => _refresh.SincePs > 0 ? (double)_refresh.ElapsedPs[shift] / _refresh.SincePs : 0;
}
