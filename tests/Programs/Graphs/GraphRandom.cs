using HybridEmu.Isa;

namespace HybridEmu.Programs.Tests;

/// <summary>Random draws in order, from a seed: the ISA's counter-based generator.</summary>
internal sealed class GraphRandom(ulong seed)
{
    private ulong _drawn;

    public uint Bits() => CounterRandom.Bits(seed, _drawn++);

    /// <summary>0 to <paramref name="limit"/> - 1.</summary>
    public int Below(int limit) => (int)(((ulong)Bits() * (uint)limit) >> 32);

    /// <summary>From <paramref name="first"/> to <paramref name="last"/>, both included.</summary>
    public int From(int first, int last) => first + Below(last - first + 1);

    public bool Chance(int percent) => Below(100) < percent;

    public T Of<T>(IReadOnlyList<T> values) => values[Below(values.Count)];
}
