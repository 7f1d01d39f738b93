using HybridEmu.Isa;

namespace HybridEmu.Rtl.Tests;

/// <summary>Random numbers that follow from a seed, the same on every host.</summary>
internal struct Seeded(ulong seed)
{
    private ulong _drawn;

    public int Next(int bound) => (int)(CounterRandom.Bits(seed, _drawn++) % (uint)bound);

    /// <summary>From the first to the last, both included.</summary>
    public int Between(int first, int last) => first + Next(last - first + 1);

    public bool OneIn(int times) => Next(times) == 0;

    public T Of<T>(params ReadOnlySpan<T> choices) => choices[Next(choices.Length)];

    public void Fill(Span<byte> bytes)
    {
        foreach (ref byte b in bytes)
            b = (byte)CounterRandom.Bits(seed, _drawn++);
    }

    /// <summary>Whether something that stalls in so many of a hundred cycles does so at this edge.</summary>
    public static bool Stalls(ulong seed, int percent, long edge) => CounterRandom.Bits(seed, (ulong)edge) % 100 < percent;
}
