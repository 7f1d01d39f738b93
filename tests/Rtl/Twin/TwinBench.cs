using HybridEmu.Kernel;

namespace HybridEmu.Rtl.Tests;

/// <summary>
/// Units of the emulator among channels that are noted cycle by cycle. What the test pushes and takes is the stimulus that the twin
/// gets in the same cycles; all that is seen at any channel must then be the same in both.
/// </summary>
internal sealed class TwinBench
{
    private readonly List<Wire> _wires = [];
    private readonly List<Func<long, long>> _units = [];
    private readonly List<byte[]> _seen = [], _driven = [];

    public ClockDomain Core { get; } = new("core", 1000);

    public int Cycles => _seen.Count;

    /// <summary>Cycles since something was last pushed or taken anywhere.</summary>
    public int Quiet { get; private set; }

    /// <summary>Adds a channel, in the order in which the twin's top lists them.</summary>
    public Wire<T> Add<T>(string name, WireEnd end, int depth, Layout<T> layout)
        where T : unmanaged
    {
        var channel = new Channel<T>(Core, Unit, Unit, depth);
        return Add(name, end, channel, layout);
    }

    public Wire<T> Add<T>(string name, WireEnd end, Channel<T> channel, Layout<T> layout)
        where T : unmanaged
    {
        var wire = new Wire<T>(name, end, channel, layout);
        _wires.Add(wire);
        return wire;
    }

    /// <summary>A channel that is in no list yet.</summary>
    public Channel<T> Channel<T>(int depth)
        where T : unmanaged => new(Core, Unit, Unit, depth);

    /// <summary>Adds what is evaluated at every edge: a unit, or what the test does.</summary>
    public void Attach(Func<long, long> evaluate) => _units.Add(evaluate);

    public void Step()
    {
        Core.AdvanceTo(Core.NextPs);
        Core.TakeReady(all: true);
        long edge = Core.Edge;
        foreach (Wire wire in _wires)
            wire.Before(edge);
        foreach (Func<long, long> evaluate in _units)
            evaluate(edge);
        BitRecord seen = new(), driven = new();
        bool moved = false;
        foreach (Wire wire in _wires)
            moved |= wire.After(edge, seen, driven);
        Quiet = moved ? 0 : Quiet + 1;
        _seen.Add(seen.ToArray());
        _driven.Add(driven.ToArray());
    }

    /// <summary>Gives the twin the same stimulus.</summary>
    /// <param name="twin">Its verilated top.</param>
    /// <param name="mutant">Number of the planted bug that is awake, 0 for none.</param>
    /// <returns>Null, or the first cycle and wire that differ, and how.</returns>
    public string? Compare(VerilatedModel twin, int mutant = 0)
    {
        byte[] observed = twin.Run([.. _driven.SelectMany(r => r)], mutant);
        int size = _seen[0].Length;
        if (observed.Length != size * _seen.Count)
            return $"the twin saw {observed.Length} bytes where {size} in each of {_seen.Count} cycles were due";
        for (int cycle = 0; cycle < _seen.Count; cycle++)
        {
            ReadOnlySpan<byte> record = observed.AsSpan(cycle * size, size);
            if (!record.SequenceEqual(_seen[cycle]))
                return $"cycle {cycle}, {Difference(_seen[cycle], record)}";
        }

        return null;
    }

    private int Unit => _unit ??= Core.Register("unit");

    private int? _unit;

    private string Difference(ReadOnlySpan<byte> emulator, ReadOnlySpan<byte> twin)
    {
        int first = 0;
        foreach (Wire wire in _wires)
        {
            ReadOnlySpan<byte> one = emulator.Slice(first, wire.SeenBytes), other = twin.Slice(first, wire.SeenBytes);
            if (!one.SequenceEqual(other))
                return wire.Difference(one, other);
            first += wire.SeenBytes;
        }

        return "bits beyond the last wire";
    }
}
