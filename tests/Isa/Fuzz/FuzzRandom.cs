namespace HybridEmu.Fuzz;

/// <summary>Choices of the fuzzer: splitmix64, started anew for each input so that a seed and a number give it again.</summary>
internal sealed class FuzzRandom(ulong seed, int number)
{
    private ulong _state = seed ^ ((ulong)number * 0xD1342543DE82EF95);

    public ulong Next()
    {
        _state += 0x9E3779B97F4A7C15;
        ulong z = _state;
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB;
        return z ^ (z >> 31);
    }

    /// <summary>0 up to but without the bound; 0 for a bound below 1.</summary>
    public int Below(int bound) => bound < 1 ? 0 : (int)(Next() % (ulong)bound);

    public bool OneIn(int count) => Below(count) == 0;

    public T Of<T>(IReadOnlyList<T> list) => list[Below(list.Count)];
}
