using System.Numerics;
using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Chip;

/// <summary>The run loop: which domain's edge is next, which units want it, and what ends a run.</summary>
public sealed partial class Chip
{
    private const int FarAhead = 1 << 20; // edges; further wakes are left to the timed ones
    private const int AheadEdges = 4096;  // edges that a core does within itself at once

    private int[] _coreOrder = [];
    private TraceLatch? _trace;

    /// <summary>Off: every unit is evaluated at every edge, and nothing is done before its edge. Changes no state; for tests.</summary>
    public bool Skipping
    {
        get;
        set
        {
            Rejoin(_core.Edge);
            field = value;
            LetGoAhead();
        }
    }

    /// <summary>Time of the last step, in picoseconds.</summary>
    public long TimePs { get; private set; } = -1;

    /// <summary>Core cycles so far, skipped edges included.</summary>
    public long Cycles => _core.Cycle + 1;

    /// <summary>
    /// Brings units that are ahead of the present, or behind, to where stepping would have them. Whoever looks at the chip from outside
    /// does so first, and what changes the pace of a clock.
    /// </summary>
    /// <param name="coreEdge">The last edge of the core domain at which units have been evaluated.</param>
    internal void Rejoin(long coreEdge)
    {
        foreach (Tile tile in _tiles)
            tile.Rejoin(coreEdge);
        EndTrains(coreEdge);
        foreach (StreamPort stream in _streams)
            stream.Rejoin(coreEdge);
        foreach (HbmChannel channel in _channels)
        {
            channel.Settle(_hbm.Edge);
            channel.Rejoin();
        }
    }

    /// <summary>Ends the trains of bursts, which there are only while core and HBM tick together.</summary>
    private void EndTrains(long coreEdge)
    {
        long edge = _hbm.Edge - (_core.Edge - coreEdge);
        foreach (HbmChannel channel in _channels)
            channel.EndTrain(edge);
    }

    /// <summary>What is between stream ports and memory may go ahead while core and HBM tick together; a tile's engines may fall behind.</summary>
    private void LetGoAhead()
    {
        foreach (Tile tile in _tiles)
            tile.MayFallBehind = Skipping && _coreOrder.Length == 0;
        bool together = Skipping && _core.Divider == 1 && _core.Megahertz == _hbm.Megahertz;
        foreach (StreamPort stream in _streams)
            stream.MayGoAhead = together;
    }

    /// <summary>Evaluates the core domain's units in another order, given as a permutation; changes no state.</summary>
    public void Shuffle(ReadOnlySpan<int> order)
    {
        if (order.Length != _coreSlots.Length)
            throw new ArgumentException($"The core domain has {_coreSlots.Length} units.", nameof(order));
        Rejoin(_core.Edge);
        _coreOrder = order.ToArray();
        LetGoAhead();
    }

    /// <summary>Units of the core domain, for <see cref="Shuffle"/>.</summary>
    public int CoreUnits => _coreSlots.Length;

    /// <summary>Moves to the next time at which anything can happen, but not past <paramref name="limitPs"/>.</summary>
    /// <returns>False when only background events are left: the chip is deadlocked.</returns>
    public bool Step(long limitPs)
    {
        bool foreground = false;
        long next = limitPs;
        if (Skipping)
        {
            // A domain whose next edge is no earlier has nothing to add but that the chip is alive.
            next = Math.Min(next, _core.NextWorkPs(ref foreground));
            if (!foreground || _hbm.NextPs < next)
                next = Math.Min(next, _hbm.NextWorkPs(ref foreground));
            if (!foreground || _system.NextPs < next)
                next = Math.Min(next, _system.NextWorkPs(ref foreground));
            if (!foreground)
                return false;
        }
        else
        {
            next = Math.Min(next, Math.Min(_core.NextPs, Math.Min(_hbm.NextPs, _system.NextPs)));
        }

        next = Math.Min(next, _power.NextSamplePs);
        TimePs = next;
        bool core = _core.AdvanceTo(next), hbm = _hbm.AdvanceTo(next), system = _system.AdvanceTo(next);
        if (next == _power.NextSamplePs)
            SamplePower();
        if (core && (!Skipping || _core.IsDueNow))
            EvaluateCore();
        if (hbm && (!Skipping || _hbm.IsDueNow))
            EvaluateHbm();
        if (system && (!Skipping || _system.IsDueNow))
            EvaluateSystem();
        return true;
    }

    /// <summary>
    /// While a control core is the only unit of the whole chip with anything to do, as in most scalar code, evaluates it
    /// edge by edge (leaving out those it sleeps through) without asking every domain and unit each time. Does what
    /// <see cref="Step"/> would do, and leaves to it every time at which something else is due.
    /// </summary>
    /// <param name="limitPs">As for <see cref="Step"/>, but not moved to when nothing happens there.</param>
    /// <param name="evaluations">At most that many.</param>
    /// <returns>Evaluations done; 0 when this is not such a time.</returns>
    public int StepAlone(long limitPs, int evaluations)
    {
        int unit = Skipping ? _core.OnlyNext() : -1;
        if (unit < 0 || _coreSlots[unit].Kind != UnitKind.Control)
            return 0;
        bool foreground = true;
        long others = Math.Min(Math.Min(_hbm.NextWorkPs(ref foreground), _system.NextWorkPs(ref foreground)), _power.NextSamplePs);
        ControlCore control = _tiles[_coreSlots[unit].Index].Control;
        _core.TakeOnly(unit);
        long due = _core.Edge + 1;
        int done = 0;
        while (done < evaluations && due != Wake.Never && !_core.IsDueBy(due) && due - _core.Edge < FarAhead)
        {
            long at = _core.TimeOfEdge(due);
            if (at >= others || at > limitPs)
                break;
            _core.MoveTo(due, at);
            TimePs = at;

            // The core's crossings go to the system domain: when it asks for an edge there, the others' time is no longer known.
            if (_system.NextPs <= at)
                _system.AdvanceTo(at);
            due = control.Evaluate(due);
            done++;
            if (_system.IsDueSoon || _trace is { Switched: true })
                break;

            // What the core does within itself needs no clock to have moved.
            long untilPs = Math.Min(Math.Min(others - 1, limitPs), _core.TimeOfEdge(_core.Edge + AheadEdges));
            long last = _core.Edge, end = Math.Min(_core.EdgeAtOrBefore(untilPs) + 1, _core.DueEdge);
            int left = evaluations - done;
            control.RunAhead(ref due, end, ref left, ref last);
            if (last == _core.Edge)
                continue;
            done = evaluations - left;
            at = _core.TimeOfEdge(last);
            _core.MoveTo(last, at);
            TimePs = at;
            if (_system.NextPs <= at)
                _system.AdvanceTo(at);
        }

        if (due != Wake.Never)
            _core.WakeAt(unit, due);
        if (done > 0)
            _hbm.AdvanceTo(TimePs);
        return done;
    }

    /// <summary>
    /// While nothing of the system domain is due, moves from one time at which core or HBM has work to the next, without
    /// asking everything else each time. Does what <see cref="Step"/> would do, and leaves every other time to it.
    /// </summary>
    /// <param name="limitPs">As for <see cref="Step"/>.</param>
    /// <param name="steps">At most that many.</param>
    /// <returns>Steps done; 0 when this is not such a time.</returns>
    public int StepTogether(long limitPs, int steps)
    {
        if (!Skipping || _system.IsDueSoon)
            return 0;
        bool foreground = true;
        long end = Math.Min(Math.Min(_system.NextWorkPs(ref foreground), _power.NextSamplePs), limitPs + 1);
        int done = 0;
        while (done < steps && Faults.Pending is null && _trace is not { Switched: true })
        {
            foreground = false;
            long at = _core.NextWorkPs(ref foreground);
            if (!foreground || _hbm.NextPs < at)
                at = Math.Min(at, _hbm.NextWorkPs(ref foreground));
            if (!foreground || at >= end)
                break;
            TimePs = at;
            bool core = _core.AdvanceTo(at), hbm = _hbm.AdvanceTo(at);
            if (_system.NextPs <= at)
                _system.AdvanceTo(at);
            if (core && _core.IsDueNow)
                EvaluateCore();
            if (hbm && _hbm.IsDueNow)
                EvaluateHbm();
            done++;
            if (_system.IsDueSoon)
                break;
        }

        return done;
    }

    private void EvaluateCore()
    {
        ReadOnlySpan<ulong> ready = _core.TakeReady(!Skipping);
        if (_coreOrder.Length > 0)
        {
            foreach (int unit in _coreOrder)
            {
                if ((ready[unit >> 6] >> (unit & 63) & 1) != 0)
                    EvaluateCore(unit);
            }

            return;
        }

        // Tiles come first in the schedule: each takes all its units at once.
        long edge = _core.Edge;
        int first = 0;
        foreach (Tile tile in _tiles)
        {
            uint units = Slice(ready, first) & ((1 << TileIds.Count) - 1);
            if (units != 0)
                tile.Evaluate(units, edge);
            first += TileIds.Count;
        }

        ulong beyond = ulong.MaxValue << (first & 63);
        for (int word = first >> 6; word < ready.Length; word++)
        {
            for (ulong rest = ready[word] & beyond; rest != 0; rest &= rest - 1)
                EvaluateCore((word * 64) + BitOperations.TrailingZeroCount(rest));
            beyond = ulong.MaxValue;
        }
    }

    /// <summary>32 bits of a set from any bit on.</summary>
    private static uint Slice(ReadOnlySpan<ulong> set, int first)
    {
        int word = first >> 6, shift = first & 63;
        ulong low = set[word] >> shift;
        return (uint)(shift > 32 && word + 1 < set.Length ? low | (set[word + 1] << (64 - shift)) : low);
    }

    private void EvaluateCore(int unit)
    {
        long wake = Evaluate(_coreSlots[unit], _core.Edge);
        if (wake != Wake.Never)
            _core.WakeAt(unit, wake);
    }

    private long Evaluate(UnitSlot slot, long edge) => slot.Kind switch
    {
        UnitKind.Control => _tiles[slot.Index].Control.Evaluate(edge),
        UnitKind.Dispatch => _tiles[slot.Index].Dispatch.Evaluate(edge),
        UnitKind.Load => _tiles[slot.Index].Load.Evaluate(edge),
        UnitKind.Store => _tiles[slot.Index].Store.Evaluate(edge),
        UnitKind.Matrix => _tiles[slot.Index].Matrix.Evaluate(edge),
        UnitKind.Vector => _tiles[slot.Index].Vector.Evaluate(edge),
        UnitKind.Scratchpad => _tiles[slot.Index].Scratchpad.Evaluate(edge),
        UnitKind.Coherent => _coherent[slot.Index].Evaluate(edge),
        UnitKind.WideRequest => _wideRequest.Evaluate(edge),
        UnitKind.WideResponse => _wideResponse.Evaluate(edge),
        UnitKind.Home => _homes[slot.Index].Evaluate(edge),
        UnitKind.Stream => _streams[slot.Index].Evaluate(edge),
        UnitKind.Bridge => _bridge.Evaluate(edge),
        UnitKind.Pcie => _pcie!.Evaluate(edge),
        _ => throw new InvalidOperationException($"{slot.Kind} is not in the core domain."),
    };

    private void EvaluateHbm()
    {
        long edge = _hbm.Edge;
        ReadOnlySpan<ulong> ready = _hbm.TakeReady(!Skipping);
        for (ulong rest = ready[0]; rest != 0; rest &= rest - 1)
        {
            int unit = BitOperations.TrailingZeroCount(rest);
            long wake = _channels[unit].Evaluate(edge);
            if (wake != Wake.Never)
                _hbm.WakeAt(unit, wake);
        }
    }

    private void EvaluateSystem()
    {
        if (_system.TakeReady(!Skipping)[0] == 0)
            return;
        long wake = _systemUnit.Evaluate(_system.Edge);
        if (wake != Wake.Never)
            _system.WakeAt(0, wake);
    }
}
