using System.Globalization;

namespace HybridEmu.Programs.Tests;

/// <summary>A program that the chip and the reference run differently, made as small as it gets.</summary>
/// <param name="Program">The smallest that was found.</param>
/// <param name="Difference">Its first difference.</param>
/// <param name="Seed">Seed of the program it was shrunk from.</param>
/// <param name="Tries">Programs that were run to shrink it.</param>
internal sealed record LockstepFinding(ScalarProgram Program, string Difference, ulong Seed, int Tries)
{
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"HYBRIDEMU_LOCKSTEP_SEED={Seed} HYBRIDEMU_LOCKSTEP_PROGRAMS=1 finds this again, on {LockstepChips.Name(Seed)}; shrunk in {Tries} runs to\n{Program}first difference: {Difference}");
}

/// <summary>Runs the programs of many seeds on all host cores and shrinks the first that differs.</summary>
internal static class LockstepSearch
{
    private const int MaximumTries = 3000;

    /// <summary>The finding of the lowest seed that has one, or null.</summary>
    /// <param name="firstSeed">Seed of the first program.</param>
    /// <param name="programs">How many seeds.</param>
    /// <param name="counts">What all runs went through.</param>
    /// <param name="bug">Makes the bug to plant.</param>
    public static LockstepFinding? Find(ulong firstSeed, int programs, out LockstepCounts counts, Func<PlantedBug>? bug = null)
    {
        var total = new LockstepCounts();
        Lock gate = new();
        long lowest = long.MaxValue;
        Parallel.For(0L, programs, (index, loop) =>
        {
            if (Interlocked.Read(ref lowest) < index)
                return;
            ulong seed = firstSeed + (ulong)index;
            string? difference = LockstepRun.Difference(LockstepChips.Of(seed), ScalarGenerator.Program(seed), out LockstepCounts run, bug?.Invoke());
            lock (gate)
            {
                total.Add(run);
                if (difference is not null)
                    lowest = Math.Min(lowest, index);
            }

            if (difference is not null)
                loop.Break();
        });
        counts = total;
        return lowest == long.MaxValue ? null : Shrink(firstSeed + (ulong)lowest, bug);
    }

    private static LockstepFinding Shrink(ulong seed, Func<PlantedBug>? bug)
    {
        ScalarProgram smallest = ScalarGenerator.Program(seed);
        string? Difference(ScalarProgram program) => LockstepRun.Difference(LockstepChips.Of(seed), program, out _, bug?.Invoke());
        string difference = Difference(smallest) ?? throw new InvalidOperationException($"Seed {seed} differed, and does no more.");
        int tries = 0;
        bool smaller = true;
        while (smaller && tries < MaximumTries)
        {
            smaller = false;
            foreach (ScalarProgram candidate in smallest.Smaller())
            {
                tries++;
                if (Difference(candidate) is not { } still)
                    continue;
                (smallest, difference, smaller) = (candidate, still, true);
                break;
            }
        }

        return new LockstepFinding(smallest, difference, seed, tries);
    }
}
