using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>Reads the counters of every unit into one record.</summary>
public sealed partial class Chip
{
    private static readonly string[] s_phases = ["other", "forward", "loss", "backward", "update", "data movement", "phase 6", "phase 7"];

    /// <summary>Everything the run has to say, up to now.</summary>
    /// <param name="outcome">passed, failed, running, or the kind of fault.</param>
    /// <param name="exitCode">The firmware's code, if it gave one.</param>
    public ChipStatistics Statistics(string outcome, uint? exitCode)
    {
        long retired = 0, macs = 0, peCycles = 0;
        foreach (Tile tile in _tiles)
        {
            retired += tile.Control.State.Retired;
            macs += tile.Matrix.State.Macs;
            peCycles += tile.Matrix.UsedPeCycles;
        }

        // Phases are what hart 0 marked.
        var phases = new List<NamedCount>();
        for (int p = 0; p < s_phases.Length; p++)
        {
            long cycles = _tiles[0].Control.CyclesInPhase(p);
            if (cycles > 0)
                phases.Add(new NamedCount(s_phases[p], cycles));
        }

        long time = Math.Max(0, TimePs);
        return new ChipStatistics(
            _config.Name, _config.Seed, _core.Megahertz, outcome, exitCode, Cycles, time, retired, phases, UnitStatistics(),
            new MacStatistics(macs, peCycles, Cycles * _config.ProcessingElements),
            [.. Units.Dispatch.QueueNames.Select((name, q) => new NamedCount(name, _tiles.Sum(t => (long)t.Dispatch.State.Queues[q].Performed)))],
            ConflictStatistics(), HbmStatistics(time), FabricStatistics(), EnergyStatistics(),
            new ThermalStatistics(
                _power.ThermalTimeScale, _power.State.Trips, _core.ThrottledCycles, RefreshShare(1), RefreshShare(2),
                [.. _power.Floorplan.Blocks.Select((b, i) => new TemperatureStatistics(b.Name, _power.Celsius(i), _power.PeakCelsius(i)))]))
        {
            BankConflicts = BankConflictStatistics(),
            Settings = _config.Settings,
            Area = AreaEstimate.Of(_config),
            Arrays = [.. _tiles.Select(ArrayStatistics)],
            Traffic = [.. _tiles.SelectMany(TrafficStatistics)],
            Pcie = _pcie is null ? null : PcieStatistics(_pcie.State, time),
            Ecc = _config.Scratchpad.Secded ? [.. _tiles.Select(EccStatistics)] : [],
        };
    }

    private List<UnitStatistics> UnitStatistics()
    {
        var units = new List<UnitStatistics>();
        void Add(string name, ClockDomain domain, string[] causes, ref Ledger ledger)
        {
            ledger.Settle(domain.Edge);
            var counts = new List<NamedCount>();
            for (int cause = 0; cause < causes.Length; cause++)
                counts.Add(new NamedCount(causes[cause], ledger[cause]));
            if (domain.ThrottledCycles > 0)
                counts.Add(new NamedCount("Throttled", domain.ThrottledCycles));
            if (counts.Sum(c => c.Count) != domain.Cycle + 1)
                throw new InvalidOperationException($"{name}: {counts.Sum(c => c.Count)} cycles have a cause, of {domain.Cycle + 1}.");
            units.Add(new UnitStatistics(name, domain.Name, domain.Cycle + 1, counts));
        }

        for (int i = 0; i < _tiles.Length; i++)
        {
            Tile tile = _tiles[i];
            Add($"tile{i}.control", _core, ControlCore.Causes, ref tile.Control.State.Ledger);
            Add($"tile{i}.dispatch", _core, Units.Dispatch.Causes, ref tile.Dispatch.State.Ledger);
            Add($"tile{i}.load", _core, LoadEngine.Causes, ref tile.Load.State.Ledger);
            Add($"tile{i}.store", _core, StoreEngine.Causes, ref tile.Store.State.Ledger);
            Add($"tile{i}.matrix", _core, MatrixUnit.Causes, ref tile.Matrix.State.Ledger);
            Add($"tile{i}.vector", _core, VectorUnit.Causes, ref tile.Vector.State.Ledger);
            Add($"tile{i}.scratchpad", _core, Scratchpad.Causes, ref tile.Scratchpad.State.Ledger);
        }

        foreach (var network in _coherent)
            Add(network.Name, _core, Crossbar<CoherenceFlit, CoherentRoute>.Causes, ref network.State.Ledger);
        Add(_wideRequest.Name, _core, Crossbar<WideFlit, WideRequestRoute>.Causes, ref _wideRequest.State.Ledger);
        Add(_wideResponse.Name, _core, Crossbar<WideFlit, WideResponseRoute>.Causes, ref _wideResponse.State.Ledger);
        foreach (HomeSlice home in _homes)
            Add(home.Name, _core, HomeSlice.Causes, ref home.State.Ledger);
        foreach (StreamPort stream in _streams)
            Add(stream.Name, _core, StreamPort.Causes, ref stream.State.Ledger);
        Add("bridge", _core, HostBridge.Causes, ref _bridge.Ledger);
        if (_pcie is not null)
            Add("pcie", _core, PcieEndpoint.Causes, ref _pcie.State.Ledger);
        foreach (HbmChannel channel in _channels)
            Add(channel.Name, _hbm, HbmChannel.Causes, ref channel.State.Ledger);
        Add("system", _system, SystemUnit.Causes, ref _systemUnit.State.Ledger);
        return units;
    }

    private List<ConflictStatistics> ConflictStatistics()
    {
        var conflicts = new List<ConflictStatistics>();
        for (int t = 0; t < _tiles.Length; t++)
        {
            Scratchpad scratchpad = _tiles[t].Scratchpad;
            for (int winner = 0; winner < scratchpad.Ports.Count; winner++)
            {
                for (int loser = 0; loser < scratchpad.Ports.Count; loser++)
                {
                    long cycles = scratchpad.Conflicts(winner, loser);
                    if (cycles > 0)
                        conflicts.Add(new ConflictStatistics($"tile{t}", scratchpad.Ports[winner].Name, scratchpad.Ports[loser].Name, cycles));
                }
            }
        }

        return conflicts;
    }

    private List<BankConflictStatistics> BankConflictStatistics()
    {
        var conflicts = new List<BankConflictStatistics>();
        for (int t = 0; t < _tiles.Length; t++)
        {
            Scratchpad scratchpad = _tiles[t].Scratchpad;
            for (int bank = 0; bank < scratchpad.Banks; bank++)
            {
                for (int loser = 0; loser < scratchpad.Ports.Count; loser++)
                {
                    if (scratchpad.BankConflicts(bank, loser) is > 0 and long cycles)
                        conflicts.Add(new BankConflictStatistics($"tile{t}", bank, scratchpad.Ports[loser].Name, cycles));
                }
            }
        }

        return conflicts;
    }

    private static ArrayStatistics ArrayStatistics(Tile tile, int number)
    {
        ref MatrixUnitState state = ref tile.Matrix.State;
        return new ArrayStatistics($"tile{number}.array", state.ArrayCycles, state.WavefrontCycles, state.Folds, state.XRows, state.WeightRows);
    }

    private static IEnumerable<TrafficStatistics> TrafficStatistics(Tile tile, int number) =>
    [
        new($"tile{number}.scratchpad", tile.Scratchpad.State.ReadBytes, tile.Scratchpad.State.WriteBytes),
        new($"tile{number}.accumulators", tile.Matrix.AccumulatorReads * WordBytes, tile.Matrix.AccumulatorWrites * WordBytes),
    ];

    private EccStatistics EccStatistics(Tile tile, int number)
    {
        tile.Scratchpad.Settle(_core.Edge);
        ref ScratchpadState state = ref tile.Scratchpad.State;
        return new EccStatistics($"tile{number}", state.Corrected, state.Detected, state.Scrubbed, state.ScrubReads);
    }

    private HbmStatistics HbmStatistics(long time)
    {
        SumMemory(out HbmPseudoChannelState sum, out HbmStandbyCycles standby);
        return HbmTotals.Statistics(
            in sum, in standby, _config.PeakHbmBytesPerSecond, time,
            [
                new("ACT", sum.Activates), new("PRE", sum.Precharges), new("RD", sum.Reads), new("WR", sum.Writes), new("REFab", sum.Refreshes),
                new("REFpb", sum.BankRefreshes),
            ]);
    }

    private PcieStatistics PcieStatistics(in PcieState state, long time) => new(
        state.ReadBytes, state.WriteBytes, state.OutboundBytes, state.InboundBytes,
        Share(state.InboundBytes, time), Share(state.OutboundBytes, time));

    /// <summary>Percent of what a direction of the link could have carried.</summary>
    private double Share(long bytes, long time) => time == 0 ? 0 : 100.0 * bytes / (_config.Pcie.BytesPerSecond * (time * 1e-12));

    // A packet's flits all make one hop: source to destination through one router.
    private List<FabricStatistics> FabricStatistics()
    {
        var fabric = new List<FabricStatistics>();
        foreach (var network in _coherent)
            fabric.Add(new FabricStatistics(network.Name, network.State.Packets, network.State.FlitHops, network.State.FlitHops));
        fabric.Add(new FabricStatistics(_wideRequest.Name, _wideRequest.State.Packets, _wideRequest.State.FlitHops, _wideRequest.State.FlitHops));
        fabric.Add(new FabricStatistics(_wideResponse.Name, _wideResponse.State.Packets, _wideResponse.State.FlitHops, _wideResponse.State.FlitHops));
        return fabric;
    }

    private List<EnergyStatistics> EnergyStatistics()
    {
        var energy = _energy.Select(source => new EnergyStatistics(source.Name, source.Picojoules())).ToList();
        double leakage = 0;
        for (int block = 0; block < _power.Floorplan.Blocks.Count; block++)
            leakage += _power.StaticPicojoules(block);
        energy.Add(new EnergyStatistics("leakage", leakage));
        return energy;
    }
}
