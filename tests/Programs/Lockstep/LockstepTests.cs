using HybridEmu.Chip;
using HybridEmu.Isa;
using Xunit.Abstractions;

namespace HybridEmu.Programs.Tests;

public sealed class LockstepTests(ITestOutputHelper output)
{
    private const int QuickPrograms = 150;

    /// <summary>HYBRIDEMU_LOCKSTEP_PROGRAMS asks for more than the quick suite's number, HYBRIDEMU_LOCKSTEP_SEED for other ones.</summary>
    private static int Programs => int.TryParse(Environment.GetEnvironmentVariable("HYBRIDEMU_LOCKSTEP_PROGRAMS"), out int programs) ? programs : QuickPrograms;

    private static ulong FirstSeed => ulong.TryParse(Environment.GetEnvironmentVariable("HYBRIDEMU_LOCKSTEP_SEED"), out ulong seed) ? seed : 0;

    [Fact]
    [Trait("Depth", "Deep")]
    public void Chip_retires_random_programs_as_the_reference_does()
    {
        LockstepFinding? finding = LockstepSearch.Find(FirstSeed, Programs, out LockstepCounts counts);
        Assert.True(finding is null, finding?.ToString());
        output.WriteLine($"{Programs} programs from seed {FirstSeed}: {counts.Records} records compared, {counts.Interrupts} interrupts, "
            + $"sc.w stored {counts.StoresDone} of {counts.StoresAllowed} times that it might");
        for (int cause = 0; cause < counts.Causes.Length; cause++)
        {
            if (counts.Causes[cause] != 0)
                output.WriteLine($"    {(cause < 32 ? $"exception {cause}" : $"interrupt {cause - 32}")}: {counts.Causes[cause]}");
        }

        if (Programs >= QuickPrograms)
            ReachesEverything(counts);
    }

    [Fact]
    public void Random_programs_access_every_CSR_in_every_form()
    {
        HashSet<(Instruction, int)> seen = [];
        for (ulong seed = 0; seed < 1500; seed++)
        {
            foreach (uint word in ScalarGenerator.Program(seed).Words())
            {
                DecodedInstruction i = Decoder.Decode(word);
                if (i.Op is >= Instruction.Csrrw and <= Instruction.Csrrci && CsrTable.Find(i.Immediate) is not null)
                    seen.Add((i.Op, i.Immediate));
            }
        }

        IEnumerable<string> missing =
            from row in CsrTable.Rows.ToArray()
            from form in InstructionTable.Rows.ToArray().Where(r => r.Operands.Contains(OperandKind.Csr))
            where !seen.Contains((form.Op, row.Number))
            where row.Number != Csr.Hxwindow || form.Op is Instruction.Csrrw or Instruction.Csrrwi or Instruction.Csrrs or Instruction.Csrrsi
            select $"{form.Mnemonic} {row.Name}";
        Assert.Empty(missing);
    }

    [Fact]
    public void Same_seed_makes_the_same_program()
    {
        Assert.Equal(ScalarGenerator.Program(7).Words(), ScalarGenerator.Program(7).Words());
        Assert.NotEqual(ScalarGenerator.Program(7).Words(), ScalarGenerator.Program(8).Words());
    }

    [Theory]
    [InlineData("tiny", 1u)]
    [InlineData("tiny", 2u)]
    [InlineData("hybrid", 3u)]
    public void Running_ahead_alone_changes_no_state_and_no_cycle(string preset, uint seed)
    {
        ScalarProgram program = ScalarGenerator.Program(seed);
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

    /// <summary>Enough programs retire every scalar row, take every trap and both interrupts, and see sc.w succeed and fail.</summary>
    private static void ReachesEverything(LockstepCounts counts)
    {
        foreach (int cause in (int[])[0, 1, 2, 3, 4, 5, 6, 7, 11, 32 + 3, 32 + 7])
            Assert.True(counts.Causes[cause] > 0, $"no trap of cause {cause}");
        foreach (InstructionRow row in InstructionTable.Rows)
        {
            bool traps = row.Op is Instruction.Illegal or Instruction.Ecall or Instruction.Ebreak;
            bool ours = row.Section == "Xhx" && row.Op is not (Instruction.HxMark or Instruction.HxTraceon or Instruction.HxTraceoff or Instruction.HxClean or Instruction.HxInval);
            Assert.True(counts.Instructions[(int)row.Op] > 0 || traps || ours, $"{row.Mnemonic} did not retire");
        }

        Assert.True(counts.StoresAllowed > 0 && counts.StoresDone > counts.StoresAllowed / 2, "sc.w seldom stores though its reservation holds");
        Assert.True(counts.Instructions[(int)Instruction.ScW] > counts.StoresDone, "sc.w never fails");
    }
}
