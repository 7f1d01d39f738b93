using FsCheck;
using FsCheck.Fluent;

namespace HybridEmu.Rtl.Tests;

/// <summary>Random cases of a twin against its unit; one that differs is shrunk, and printed with the cycle and the wire.</summary>
internal static class RandomCases
{
    /// <summary>Checks that no case differs.</summary>
    /// <param name="count">Cases, at least.</param>
    /// <param name="make">A case from its seed.</param>
    /// <param name="smaller">Cases that are simpler than one.</param>
    /// <param name="difference">Null, or how the twin differs.</param>
    public static void Check<T>(int count, Func<ulong, T> make, Func<T, IEnumerable<T>> smaller, Func<T, string?> difference)
    {
        Gen<T> gen = Gen.Choose(0, int.MaxValue).Select(seed => make((ulong)seed));
        Prop.ForAll(Arb.From(gen, smaller), c =>
        {
            string? differs = difference(c);
            Assert.True(differs is null, differs);
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(count * Verilator.Factor).WithReplay(7, 11));
    }

    /// <summary>Checks that each planted bug makes a difference in some case, and that none does in the same cases where none is awake.</summary>
    public static void AssertKilled(RtlMutant[] mutants, Func<ulong, TwinBench> run, VerilatedModel twin, int cases = 60)
    {
        var alive = Enumerable.Range(1, mutants.Length).ToHashSet();
        for (ulong seed = 1; seed <= (ulong)cases && alive.Count > 0; seed++)
        {
            TwinBench bench = run(seed);
            Assert.Null(bench.Compare(twin));
            alive.RemoveWhere(number => bench.Compare(twin, number) is not null);
        }

        Assert.True(alive.Count == 0, $"not found: {string.Join("; ", alive.Select(number => mutants[number - 1].Name))}");
    }

    /// <summary>A list without each of its halves, quarters, ... and at last its single elements.</summary>
    public static IEnumerable<T[]> Fewer<T>(T[] all)
    {
        for (int size = (all.Length + 1) / 2; size > 0; size = size == 1 ? 0 : (size + 1) / 2)
        {
            for (int first = 0; first < all.Length; first += size)
                yield return [.. all.Take(first), .. all.Skip(first + size)];
        }
    }
}
