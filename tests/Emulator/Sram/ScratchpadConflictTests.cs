using HybridEmu.Kernel;
using HybridEmu.Units;

namespace HybridEmu.Emulator.Tests;

/// <summary>Conflicts by bank, and conflicts that must not be.</summary>
public class ScratchpadConflictTests
{
    private static readonly ScratchpadConfig s_single = new(1 << 14, 16, 32, DualPorted: false);
    private static readonly ScratchpadConfig s_error = s_single with { ConflictsFault = true };

    [Fact]
    public void A_cycle_lost_is_charged_to_the_lowest_bank_lost_and_who_waited()
    {
        var bench = new SramBench(s_single, 3);
        bench.At(5, 0, 3 * 32, 1);
        bench.At(5, 1, 3 * 32, 1);
        bench.At(5, 2, 2 * 32, 64);
        bench.Run.Run(12);
        Assert.Equal([7, 8, 9], Enumerable.Range(0, 3).Select(p => bench.Answers(p)[0].Edge));
        var charged = new List<(int Bank, int Port, long Cycles)>();
        for (int bank = 0; bank < bench.Unit.Banks; bank++)
        {
            for (int port = 0; port < 3; port++)
            {
                if (bench.Unit.BankConflicts(bank, port) is > 0 and long cycles)
                    charged.Add((bank, port, cycles));
            }
        }

        Assert.Equal([(3, 1, 1), (3, 2, 2)], charged);
        Assert.Equal(bench.Unit.State.Conflicts, charged.Sum(c => c.Cycles));
    }

    [Theory]
    [InlineData(4, 6, false)] // granted the cycle before, and the cycle after
    [InlineData(5, 5, true)]
    [InlineData(6, 4, false)]
    public void Where_conflicts_are_errors_the_first_cycle_of_one_is_a_fault_and_the_next_bank_and_cycle_are_none(long first, long second, bool faults)
    {
        foreach (uint bank in new uint[] { 3, 4 })
        {
            var bench = new SramBench(s_error, 2);
            bench.At(first, 0, 3 * 32);
            bench.At(second, 1, bank * 32);
            bench.Run.Run(12);
            if (!faults || bank != 3)
            {
                Assert.Null(bench.Faults.Pending);
                continue;
            }

            Fault fault = bench.Faults.Pending!;
            Assert.Equal((FaultKind.BankConflict, "tile0.scratchpad", "bank 3", 6), (fault.Kind, fault.Unit, fault.Where, fault.Edge));
            Assert.Contains("p1 wants bank 3, which p0 has", fault.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Where_conflicts_wait_there_is_no_fault()
    {
        var bench = new SramBench(s_single, 2);
        bench.At(5, 0, 0);
        bench.At(5, 1, 0);
        bench.Run.Run(12);
        Assert.Equal(1, bench.Unit.State.Conflicts);
        Assert.Null(bench.Faults.Pending);
    }

    [Fact]
    public void A_requester_that_waits_for_its_own_word_to_be_written_back_makes_no_fault()
    {
        var bench = new SramBench(s_error with { Secded = true }, 1);
        bench.At(5, 0, 4, 1, write: true);
        bench.At(5, 0, 5, 1, write: true);
        bench.Run.Run(12);
        Assert.Equal([7, 9], bench.Answers(0).Select(a => a.Edge));
        Assert.Null(bench.Faults.Pending);
    }
}
