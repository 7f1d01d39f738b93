using System.Text.Json;
using HybridEmu.Chip;
using HybridEmu.Cli;
using HybridEmu.Kernel;
using HybridEmu.Traces;

namespace HybridEmu.Programs.Tests;

/// <summary>The scratchpad's choices on the whole chip: flips, SECDED, priority, conflicts as faults.</summary>
public sealed class ScratchpadRunTests : IDisposable
{
    // Ends with the word at byte 64 of the scratchpad as its code.
    private const string ReadWord = ".globl _start\n_start:\n    li s0, 0x10000000\n    li t0, 0x40000040\n    li t1, 50\n1:  addi t1, t1, -1\n    bnez t1, 1b\n    lw t1, 0(t0)\n    sw t1, 8(s0)\n2:  j 2b\n";

    private static readonly TrainingCase s_training = new(Count: 77, HeldOutCount: 33, Epochs: 1);

    private readonly string _directory = Directory.CreateTempSubdirectory("hybridemu-sram").FullName;

    public void Dispose() => Directory.Delete(_directory, recursive: true);

    [Fact]
    public void A_flip_at_a_cycle_is_seen_from_that_cycle_on()
    {
        string vcd = Path.Combine(_directory, "w.vcd");
        Assert.Equal(ExitCode.Passed, Run("--vcd", vcd, "--scope", "tile0.scratchpad").Code);
        using StreamReader text = File.OpenText(vcd);
        long granted = VcdReader.Read(text).Changes.First(c => c.Path == "tile0.scratchpad.reads" && c.Value == 1).TimePs / 1000;
        Assert.True(granted > 60);
        foreach (string engine in (string[])["fast", "step"])
        {
            foreach (long cycle in new[] { 0, 3, granted - 1, granted })
                Assert.Contains("code 4", Run("--engine", engine, "--flip", $"scratchpad:0:64:2@{cycle}").Errors, StringComparison.Ordinal);
        }

        foreach (long cycle in new[] { granted + 1, granted + 2 })
            Assert.Equal((ExitCode.Passed, ""), Run("--flip", $"scratchpad:0:0x40:2@{cycle}"));
        (ExitCode code, string errors) = Run("--flip", "scratchpad:0:64:2@0xFFFFFF", "--flip=scratchpad:0:64:2", "--flip", "scratchpad:0:64:2@7");
        Assert.Equal((ExitCode.Passed, true), (code, errors.Contains("before 1 of its flips", StringComparison.Ordinal)));
    }

    [Fact]
    public void With_secded_one_flip_is_corrected_and_counted_and_two_are_a_fault_with_its_place()
    {
        string statistics = Path.Combine(_directory, "s.json");
        string[] secded = ["--set", "scratchpad.ecc=secded", "--flip", "scratchpad:0:64:2"];
        Assert.Equal((ExitCode.Passed, ""), Run([.. secded, "--stats", statistics]));
        Assert.Equal((1, 0, 0), Ecc(statistics));
        (ExitCode code, string errors) = Run([.. secded, "--flip", "scratchpad:0:64:68"]);
        Assert.Equal(ExitCode.Fault, code);
        Assert.Contains("fault: Poison in tile0.scratchpad at address 0x40, cycle ", errors, StringComparison.Ordinal);
        Assert.Contains("core read the word at address 0x40", errors, StringComparison.Ordinal);
        Assert.Equal(ExitCode.Passed, Run([.. secded, "--flip", "scratchpad:0:72:68", "--flip", "scratchpad:0:72:1"]).Code); // nobody reads it

        // Word 8 of the scrubber's round comes at cycle 18, between the two flips: the read finds one of them.
        Assert.Equal((ExitCode.Passed, ""), Run([.. secded, "--flip", "scratchpad:0:64:68@30", "--set", "scratchpad.scrub=2 cycles", "--stats", statistics]));
        Assert.Equal((1, 0, 1), Ecc(statistics));
    }

    [Fact]
    public void With_secded_one_flip_of_memory_is_corrected_and_two_are_a_fault_with_its_place()
    {
        // The first instruction: without ECC it is another one.
        Assert.Equal(ExitCode.Fault, Run("--flip", "hbm:0:0").Code);
        string statistics = Path.Combine(_directory, "s.json");
        string[] secded = ["--set", "hbm.ecc=secded", "--flip", "hbm:0:0"];
        Assert.Equal((ExitCode.Passed, ""), Run([.. secded, "--stats", statistics]));
        Assert.Contains("\"eccCorrected\": 1", File.ReadAllText(statistics), StringComparison.Ordinal);
        (ExitCode code, string errors) = Run([.. secded, "--flip", "hbm:0:70"]);
        Assert.Equal(ExitCode.Fault, code);
        Assert.Contains("fault: Poison in hbm0 at address 0x0", errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("accumulators:0:0:0", "'accumulators' has no bits to flip")]
    [InlineData("scratchpad:0:0", "a flip is scratchpad:TILE:ADDRESS:BIT[@CYCLE]")]
    [InlineData("scratchpad:0:0:0:0", "a flip is scratchpad:")]
    [InlineData("scratchpad:0:0:0@1@2", "a flip is scratchpad:")]
    [InlineData("scratchpad:1:0:0", "tile 1 is out of range: 0 to 0")]
    [InlineData("scratchpad:0:-8:0", "'-8' is no address")]
    [InlineData("scratchpad:0:x:0", "'x' is no address")]
    [InlineData("scratchpad:0:4:0", "address 4 is not a multiple of 8")]
    [InlineData("scratchpad:0:0x100000000:0", "address 0x100000000 is out of range")]
    [InlineData("scratchpad:0:0:72", "bit 72 is out of range: 0 to 71")]
    [InlineData("scratchpad:0:0:64", "bit 64 is a check bit, and there are none while scratchpad.ecc is off")]
    [InlineData("scratchpad:0:0:0@", "'' is no cycle")]
    [InlineData("hbm:0:0:0", "a flip is scratchpad:")]
    [InlineData("hbm:0:64", "bit 64 is a check bit, and there are none while hbm.ecc is off")]
    [InlineData("hbm:0x10000000:0", "address 0x10000000 is out of range: 0 to 268435455")]
    [InlineData("", "a flip is scratchpad:")]
    public void A_flip_of_a_bad_form_gives_2_and_says_why(string flip, string words)
    {
        (ExitCode code, string errors) = Run("--flip", flip);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(words, errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("scratchpad.scrub=5 cycles", "has no effect, as scratchpad.ecc is off")]
    [InlineData("scratchpad.priority=dma", "'dma' is not a choice")]
    [InlineData("scratchpad.ecc=parity", "not a choice")]
    [InlineData("scratchpad.bank_width=4 B scratchpad.ecc=secded", "a word and its check byte lie in one bank")]
    public void A_configuration_that_cannot_be_gives_2(string settings, string words)
    {
        string[] sets = settings.Split(" scratchpad");
        (ExitCode code, string errors) = Run([.. sets.SelectMany((s, i) => (string[])["--set", i == 0 ? s : "scratchpad" + s])]);
        Assert.Equal(ExitCode.BadInput, code);
        Assert.Contains(words, errors, StringComparison.Ordinal);
    }

    [Fact]
    public void With_dma_first_no_load_or_store_waits_for_compute_and_with_compute_first_the_other_way_round()
    {
        foreach (string priority in (string[])["compute-first", "dma-first"])
        {
            ChipRun run = s_training.Boot($"tiny scratchpad.banks=2 scratchpad.ports=single scratchpad.priority={priority}");
            s_training.CheckAgainstPlainLoop(run);
            ChipStatistics statistics = run.Statistics();
            long moves = 0, computes = 0;
            foreach (ConflictStatistics conflict in statistics.Conflicts)
            {
                bool winner = conflict.Winner is "ld" or "st", loser = conflict.Waiting is "ld" or "st";
                moves += loser && !winner && conflict.Winner != "core" ? conflict.Cycles : 0;
                computes += winner && !loser && conflict.Waiting != "core" ? conflict.Cycles : 0;
            }

            Assert.Equal(priority == "dma-first", moves == 0);
            Assert.Equal(priority == "compute-first", computes == 0);
            Assert.Equal(statistics.Conflicts.Sum(c => c.Cycles), statistics.BankConflicts.Sum(c => c.Cycles));
            Assert.All(statistics.BankConflicts, c => Assert.InRange(c.Bank, 0, 1));
        }
    }

    [Fact]
    public void Where_conflicts_are_errors_a_run_ends_at_its_first_and_names_both()
    {
        ChipRun run = s_training.Boot("tiny scratchpad.banks=2 scratchpad.ports=single scratchpad.conflicts=error");
        while (run.Advance(10_000) == RunResult.Running)
        {
        }

        Assert.Equal(FaultKind.BankConflict, run.Fault?.Kind);
        Assert.Equal(ExitCode.Fault, Outcome.Of(run.Fault, run.ExitCode));
        Assert.Matches("^[a-z.]+ wants bank [01], which [a-z.]+ has[.]$", run.Fault!.Message);
        Assert.Equal(1, run.Statistics().Conflicts.Sum(c => c.Cycles));
        Assert.Equal(run.Cycles - 1, run.Fault.Edge);
    }

    [Theory]
    [InlineData("tiny scratchpad.ecc=secded scratchpad.scrub=3_cycles")]
    [InlineData("tiny scratchpad.ecc=secded scratchpad.ports=single scratchpad.banks=2")]
    [InlineData("hybrid scratchpad.ecc=secded scratchpad.priority=dma-first")]
    public void Secded_changes_no_bit_of_training(string config) => s_training.CheckAgainstPlainLoop(config);

    [Fact]
    public void Flips_that_come_one_at_a_time_change_no_bit_and_neither_skipping_nor_the_length_of_a_step_a_cycle()
    {
        const string Config = "tiny scratchpad.ecc=secded scratchpad.scrub=5_cycles";
        BitFlip[] flips = [.. Enumerable.Range(0, 300).Select(i => new BitFlip(0, i * 264 % 65536, i * 7 % 72, i * 101))];
        ChipRun run = s_training.Boot(Config, new RunOptions { Flips = flips }), every = s_training.Boot(Config, new RunOptions { Flips = flips, Skipping = false });
        s_training.CheckAgainstPlainLoop(run);
        while (every.Advance(777) == RunResult.Running)
        {
        }

        Assert.Equal(run.Cycles, every.Cycles);
        Assert.Equal(run.Chip.StateHash(), every.Chip.StateHash());
        EccStatistics ecc = Assert.Single(run.Statistics().Ecc);
        Assert.Equal(ecc, Assert.Single(every.Statistics().Ecc));
        Assert.Equal(0, ecc.Detected);
        Assert.True(ecc.Scrubbed > 100 && ecc.ScrubReads > run.Cycles / 10, ecc.ToString());
    }

    [Fact]
    public void The_report_names_the_worst_banks_and_what_secded_did()
    {
        ChipRun run = s_training.Boot("tiny scratchpad.banks=2 scratchpad.ports=single scratchpad.ecc=secded scratchpad.scrub=9_cycles", new RunOptions { Flips = [new(0, 8, 1, 0)] });
        run.Finish();
        var text = new StringWriter();
        ChipStatistics statistics = run.Statistics();
        StatisticsReport.Write(text, statistics);
        BankConflictStatistics worst = statistics.BankConflicts.MaxBy(c => c.Cycles)!;
        Assert.Contains(string.Create(System.Globalization.CultureInfo.InvariantCulture, $"  worst banks      {worst.Waiting} at tile0 bank {worst.Bank} {worst.Cycles:#,##0}"), text.ToString(), StringComparison.Ordinal);
        Assert.Contains("\nECC         0 words corrected when used, 1 by the scrubber, 0 not correctable\n", text.ToString(), StringComparison.Ordinal);
        using var json = new MemoryStream();
        StatisticsJson.Write(json, statistics);
        using JsonDocument document = JsonDocument.Parse(json.ToArray());
        Assert.Equal(statistics.BankConflicts.Count, document.RootElement.GetProperty("scratchpadBankConflicts").GetArrayLength());
    }

    private static (int Corrected, int Detected, int Scrubbed) Ecc(string path)
    {
        using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
        JsonElement ecc = document.RootElement.GetProperty("scratchpadEcc")[0];
        return (ecc.GetProperty("corrected").GetInt32(), ecc.GetProperty("detected").GetInt32(), ecc.GetProperty("scrubbed").GetInt32());
    }

    private (ExitCode Code, string Errors) Run(params string[] options)
    {
        string source = Path.Combine(_directory, "program.s");
        File.WriteAllText(source, ReadWord);
        using var output = new MemoryStream();
        using var errors = new StringWriter { NewLine = "\n" };
        ExitCode code = EntryPoint.Run(["run", source, "--config", "tiny", "--quiet", .. options], output, errors);
        return (code, errors.ToString());
    }
}
