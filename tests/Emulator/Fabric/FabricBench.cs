using HybridEmu.Kernel;

namespace HybridEmu.Emulator.Tests;

/// <summary>A run loop for a few units: every cycle or skipping, in plain or reversed order within an edge.</summary>
internal sealed class FabricBench
{
    private readonly List<(ClockDomain Domain, List<Func<long, long>> Units)> _domains = [];
    private long _nowPs = -1;

    public FabricBench(bool everyCycle = false, bool reversed = false)
    {
        EveryCycle = everyCycle;
        Reversed = reversed;
        Core = AddDomain("core", 1000);
    }

    public ClockDomain Core { get; }

    public bool EveryCycle { get; }

    public bool Reversed { get; }

    /// <summary>Evaluations so far, to see that skipping skips.</summary>
    public long Evaluations { get; private set; }

    public ClockDomain AddDomain(string name, int megahertz)
    {
        var domain = new ClockDomain(name, megahertz);
        _domains.Add((domain, []));
        return domain;
    }

    /// <summary>A run's hash after each edge.</summary>
    public delegate ulong[] HashedRun(bool everyCycle, bool reversed, out long evaluations);

    /// <summary>Neither skipping, which must skip, nor the order of evaluation changes a hash.</summary>
    public static void AssertSameInAnyOrder(HashedRun run)
    {
        ulong[] plain = run(everyCycle: true, reversed: false, out long evaluations);
        Assert.Equal(plain, run(everyCycle: false, reversed: false, out long skipped));
        Assert.Equal(plain, run(everyCycle: true, reversed: true, out _));
        Assert.True(skipped < evaluations);
    }

    /// <summary>Gives the domain's next unit, in the order of registration, its evaluation.</summary>
    public void Attach(ClockDomain domain, Func<long, long> evaluate) =>
        _domains.First(d => d.Domain == domain).Units.Add(evaluate);

    /// <summary>Goes to the next edge of any clock; calls after each.</summary>
    public void Run(long coreEdges, Action? after = null) => RunUntil(() => false, coreEdges, after, mustEnd: false);

    public void RunUntil(Func<bool> end, long coreEdges, Action? after = null, bool mustEnd = true)
    {
        long last = Core.Edge + coreEdges;
        while (Core.Edge < last)
        {
            _nowPs = _domains.Min(d => d.Domain.NextPs);
            foreach ((ClockDomain domain, _) in _domains)
                domain.AdvanceTo(_nowPs);
            foreach ((ClockDomain domain, List<Func<long, long>> units) in _domains)
            {
                if (domain.Ticked)
                    EvaluateReady(domain, units);
            }

            after?.Invoke();
            if (end())
                return;
        }

        Assert.False(mustEnd, $"not at its end after {coreEdges} cycles");
    }

    private void EvaluateReady(ClockDomain domain, List<Func<long, long>> units)
    {
        ulong[] ready = domain.TakeReady(EveryCycle).ToArray();
        for (int i = 0; i < units.Count; i++)
        {
            int unit = Reversed ? units.Count - 1 - i : i;
            if ((ready[unit >> 6] >> (unit & 63) & 1) == 0)
                continue;
            Evaluations++;
            long next = units[unit](domain.Edge);
            Assert.True(next > domain.Edge);
            if (next != Wake.Never)
                domain.WakeAt(unit, next);
        }
    }
}

/// <summary>Random numbers of a test, the same on every host.</summary>
internal struct TestRandom(ulong seed)
{
    private ulong _state = (seed * 0x9E3779B97F4A7C15) | 1;

    public int Next(int below)
    {
        _state ^= _state << 13;
        _state ^= _state >> 7;
        _state ^= _state << 17;
        return (int)((_state >> 11) % (ulong)below);
    }
}
