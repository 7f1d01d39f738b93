using System.Globalization;
using HybridEmu.Chip;

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
        $"HYBRIDEMU_LOCKSTEP_SEED={Seed} HYBRIDEMU_LOCKSTEP_PROGRAMS=1 finds this again; shrunk in {Tries} runs to\n{Program}first difference: {Difference}");
}

/// <summary>Runs the programs of many seeds on all host cores and shrinks the first that differs.</summary>
internal static class LockstepSearch
{
    private const int MaximumTries = 3000;

    /// <summary>The finding of the lowest seed that has one, or null.</summary>
    /// <param name="configuration">The chip.</param>
    /// <param name="firstSeed">Seed of the first program.</param>
    /// <param name="programs">How many seeds.</param>
    /// <param name="counts">What all runs went through.</param>
    /// <param name="bug">Makes the bug to plant.</param>
    public static LockstepFinding? Find(ChipConfiguration configuration, ulong firstSeed, int programs, out LockstepCounts counts, Func<PlantedBug>? bug = null)
    {
        var total = new LockstepCounts();
        Lock gate = new();
        long lowest = long.MaxValue;
        Parallel.For(0L, programs, (index, loop) =>
        {
            if (Interlocked.Read(ref lowest) < index)
                return;
            string? difference = LockstepRun.Difference(configuration, ScalarGenerator.Program(firstSeed + (ulong)index), out LockstepCounts run, bug?.Invoke());
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
        return lowest == long.MaxValue ? null : Shrink(configuration, firstSeed + (ulong)lowest, bug);
    }

    private static LockstepFinding Shrink(ChipConfiguration configuration, ulong seed, Func<PlantedBug>? bug)
    {
        ScalarProgram smallest = ScalarGenerator.Program(seed);
        string? Difference(ScalarProgram program) => LockstepRun.Difference(configuration, program, out _, bug?.Invoke());
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
