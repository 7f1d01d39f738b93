using HybridEmu.Chip;

namespace HybridEmu.Programs.Tests;

/// <summary>Two runs of the same, looked at side by side.</summary>
internal static class Looks
{
    /// <summary>Runs both to the end, and compares the state of the whole chip at looks that are up to so many cycles apart, every other time up to forty.</summary>
    public static void Compare(ChipRun one, ChipRun other, Random random, int mostCycles, string what)
    {
        bool running = true;
        for (int looks = 0; running; looks++)
        {
            long stride = 1 + random.Next(random.Next(2) == 0 ? Math.Min(40, mostCycles) : mostCycles);
            running = one.Advance(stride) == RunResult.Running;
            other.Advance(stride);
            Assert.True(one.Chip.StateHash() == other.Chip.StateHash(), $"Differs after {one.Cycles} cycles, look {looks}, {what}");
        }

        Assert.Equal((one.Cycles, one.ExitCode), (other.Cycles, other.ExitCode));
    }
}
