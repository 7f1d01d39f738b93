using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

/// <summary>
/// The mutation list of the scalar ISA: each planted bug is killed by the property
/// <see cref="LockstepTests.Chip_retires_random_programs_as_the_reference_does"/>, and its program shrunk.
/// </summary>
public sealed class PlantedBugTests(ITestOutputHelper output)
{
    private const int Programs = 120;
    private const int Handful = 8;

    public static TheoryData<string> Bugs => [.. PlantedBug.All.Keys];

    [Theory]
    [MemberData(nameof(Bugs))]
    public void A_planted_bug_is_found_and_shrunk_to_a_handful_of_instructions(string bug)
    {
        LockstepFinding? finding = LockstepSearch.Find(0, Programs, out _, PlantedBug.All[bug]);
        Assert.True(finding is not null, $"'{bug}' lives through {Programs} programs");
        output.WriteLine(finding.ToString());
        Assert.InRange(finding.Program.Length, 0, Handful);
        Assert.Null(LockstepRun.Difference(LockstepChips.Of(finding.Seed), finding.Program, out _));
    }

    [Fact]
    public void An_interrupt_that_the_core_loses_is_missed_before_the_next_instruction()
    {
        IEnumerable<string?> differences = Enumerable.Range(0, Programs)
            .Select(seed => LockstepRun.Difference(LockstepChips.Of((ulong)seed), ScalarGenerator.Program((ulong)seed), out _, PlantedBug.LosesTimerInterrupts));
        Assert.Contains(differences, d => d?.Contains("interrupt 7 was enabled and pending before this, and is not taken", StringComparison.Ordinal) ?? false);
    }
}
