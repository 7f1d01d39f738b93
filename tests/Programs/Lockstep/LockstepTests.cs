using FsCheck;
using FsCheck.Fluent;
using HybridEmu.Chip;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

public sealed class LockstepTests(ITestOutputHelper output)
{
    private static readonly ChipConfiguration s_tiny = ConfigurationLoader.Load("tiny");

    /// <summary>HYBRIDEMU_LOCKSTEP_PROGRAMS asks for more than the quick suite's number.</summary>
    private static int Programs =>
        int.TryParse(Environment.GetEnvironmentVariable("HYBRIDEMU_LOCKSTEP_PROGRAMS"), out int programs) ? programs : 100;

    [Fact]
    public void Chip_retires_random_programs_as_the_reference_does()
    {
        Gen<ScalarProgram> programs =
            from seed in Gen.Choose(0, int.MaxValue)
            from size in Gen.Choose(1, 150)
            select ScalarGenerator.Program((ulong)seed, size);
        long compared = 0, interrupts = 0;
        Prop.ForAll(Arb.From(programs, Smaller), program =>
        {
            string? difference = LockstepRun.Difference(s_tiny, program, out (long Retirements, long Interrupts) run);
            compared += run.Retirements;
            interrupts += run.Interrupts;
            return (difference is null).Label(difference ?? "");
        }).Check(Config.QuickThrowOnFailure.WithMaxTest(Programs));
        output.WriteLine($"{compared} retirements and traps compared, {interrupts} of them interrupts");
        Assert.True(compared > 10 * Programs);
        Assert.True(interrupts > Programs);
    }

    [Fact]
    public void Same_seed_makes_the_same_program()
    {
        Assert.Equal(ScalarGenerator.Program(7, 50).Words(), ScalarGenerator.Program(7, 50).Words());
        Assert.NotEqual(ScalarGenerator.Program(7, 50).Words(), ScalarGenerator.Program(8, 50).Words());
    }

    [Theory]
    [InlineData("tiny", 1u)]
    [InlineData("tiny", 2u)]
    [InlineData("hybrid", 3u)]
    public void Running_ahead_alone_changes_no_state_and_no_cycle(string preset, uint seed)
    {
        ScalarProgram program = ScalarGenerator.Program(seed, 60);
        ChipConfiguration configuration = ConfigurationLoader.Load(preset);
        ChipRun Start(bool skipping) =>
            new(configuration, program.Image(), [(ScalarProgram.Data, program.InitialData())], new RunOptions { Skipping = skipping });
        ChipRun ahead = Start(true), everyEdge = Start(false);
        while (!everyEdge.Finished)
        {
            Assert.Equal(everyEdge.Advance(137), ahead.Advance(137));
            Assert.Equal(everyEdge.Cycles, ahead.Cycles);
            Assert.Equal(everyEdge.Chip.StateHash(), ahead.Chip.StateHash());
        }
    }

    private static IEnumerable<ScalarProgram> Smaller(ScalarProgram program) =>
        Piece.Shrink(program.Pieces).Select(pieces => program with { Pieces = pieces });
}
