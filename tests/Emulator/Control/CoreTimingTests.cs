using HybridEmu.Isa;
using static HybridEmu.Emulator.Tests.ProgramBuilder;

namespace HybridEmu.Emulator.Tests;

public class CoreTimingTests
{
    /// <summary>
    /// Cycle at which each instruction of a snippet retires, counted from the first, once it runs from warm caches: the
    /// second of two rounds, in one or two lines of their own. A1 points to data.
    /// </summary>
    private static long[] Retirements(Action<ProgramBuilder> snippet, int count)
    {
        CoreBench bench = CoreBench.Running(p =>
        {
            p.Li(A1, CoreBench.Data).Li(A2, 2).Handler("handler").Jump("start");
            p.Align(64).Label("start").Nop(4).Label("snippet");
            snippet(p);
            p.Nop(40).Addi(A2, A2, -1).Branch(Instruction.Bne, A2, Zero, "start").Exit();
            p.Align(64).Label("handler").Nop(2).Csrr(S0, Csr.Mepc).Addi(S0, S0, 4).Csrw(Csr.Mepc, S0).Emit(Instruction.Mret);
        }).Run();
        Assert.Null(bench.Faults.Pending);
        uint first = CoreBench.Text + 64;
        int begin = bench.Retired.FindLastIndex(r => r.Pc == first) + 4;
        return [.. bench.Retired.Skip(begin).Take(count).Select(r => r.Cycle - bench.Retired[begin].Cycle)];
    }

    [Theory]
    [InlineData(Instruction.Lw, 2)]
    [InlineData(Instruction.Mul, 3)]
    [InlineData(Instruction.Mulhu, 3)]
    [InlineData(Instruction.Div, 34)]
    [InlineData(Instruction.Remu, 34)]
    public void Result_can_be_used_exactly_after_its_latency(Instruction op, int latency)
    {
        long DependentAt(int fillers) => Retirements(
            p => p.Emit(op, T0, A1, op == Instruction.Lw ? 0 : A2).Nop(fillers).Emit(Instruction.Add, T1, T0, T0), fillers + 2)[^1];

        Assert.Equal(latency, DependentAt(latency - 2)); // would issue at latency - 1: waits one cycle
        Assert.Equal(latency, DependentAt(latency - 1)); // issues at latency: waits none
        Assert.Equal(latency + 1, DependentAt(latency));
    }

    [Fact]
    public void Independent_instructions_issue_one_a_cycle_behind_a_slow_one() =>
        Assert.Equal([0, 1, 2, 3], Retirements(p => p.Emit(Instruction.Div, T0, A1, A2).Nop(3), 4));

    [Fact]
    public void Write_to_a_register_waits_for_the_older_result_to_it() =>
        Assert.Equal([0, 3], Retirements(p => p.Emit(Instruction.Mul, T0, A1, A2).Addi(T0, Zero, 1), 2));

    [Fact]
    public void Csr_constant_is_not_mistaken_for_a_register() =>
        Assert.Equal([0, 1], Retirements(p => p.Emit(Instruction.Div, T0, A1, A2).Emit(Instruction.Csrrwi, 0, T0, 0, Csr.Mscratch), 2));

    [Fact]
    public void Second_division_waits_for_the_divider() =>
        Assert.Equal([0, 34], Retirements(p => p.Emit(Instruction.Div, T0, A1, A2).Emit(Instruction.Div, T1, A1, A2), 2));

    [Fact]
    public void Taken_branch_costs_two_more_cycles_and_untaken_none()
    {
        Assert.Equal([0, 3], Retirements(p => p.Emit(Instruction.Beq, 0, Zero, Zero, 8).Nop(), 2));
        Assert.Equal([0, 1], Retirements(p => p.Emit(Instruction.Bne, 0, Zero, Zero, 8).Nop(), 2));
        Assert.Equal([0, 3], Retirements(p => p.Emit(Instruction.Jal, 0, immediate: 8).Nop(2), 2));
    }

    [Fact]
    public void Csr_access_takes_one_cycle() =>
        Assert.Equal([0, 1, 2], Retirements(p => p.Csrr(T0, Csr.Mscratch).Csrw(Csr.Mscratch, T0).Nop(), 3));

    [Fact]
    public void Handler_starts_three_cycles_after_the_trap()
    {
        // trap record, handler's five instructions, mret, and the instruction after the trapping one two cycles later
        Assert.Equal([0, 3, 4, 5, 6, 7, 8, 11], Retirements(p => p.Emit(Instruction.Ecall).Nop(), 8));
    }

    [Fact]
    public void Fence_waits_for_the_store_buffer_and_a_store_to_an_owned_line_drains_next_cycle()
    {
        Assert.Equal([0, 1, 2], Retirements(p => p.Sw(A2, A1).Emit(Instruction.Fence, immediate: 0xFF).Nop(), 3));
        Assert.Equal([0, 1, 2, 3], Retirements(p => p.Sw(A2, A1).Sw(A2, A1, 4).Emit(Instruction.Fence, immediate: 0xFF).Nop(), 4));
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 2)]
    [InlineData(2, 2)]
    [InlineData(3, 2)]
    [InlineData(62, 2)]
    public void Load_across_a_word_takes_one_cycle_more(int offset, int cycles) =>
        Assert.Equal([0, cycles, cycles + 1], Retirements(p => p.Nop().Lw(T0, A1, offset).Nop(), 3));

    [Fact]
    public void Forwarded_load_has_the_latency_of_a_hit() =>
        Assert.Equal([0, 1, 3], Retirements(p => p.Sw(A2, A1).Lw(T0, A1).Addi(T0, T0, 1), 3));

    [Fact]
    public void Cache_range_operation_looks_at_one_set_a_cycle() =>
        Assert.Equal([0, 65, 66], Retirements(p => p.Nop().Emit(Instruction.HxClean, 0, A1, A2).Nop(), 3));

    /// <summary>What csrr reads of a counter in code that retires an instruction a cycle.</summary>
    private static uint[] Counted(int counter, Action<ProgramBuilder> code)
    {
        CoreBench bench = CoreBench.Running(p =>
        {
            p.Addi(T0, Zero, 100).Jump("start").Align(64).Label("start").Nop();
            code(p);
            p.Exit();
        }).Run();
        List<HybridEmu.Units.Retirement> read = bench.Retired.FindAll(r => r.Rd != 0 && (r.Word >> 20) == counter);
        int first = bench.Retired.IndexOf(read[0]), last = bench.Retired.IndexOf(read[^1]);
        Assert.Equal(last - first, bench.Retired[last].Cycle - bench.Retired[first].Cycle);
        return [.. read.Select(r => r.RdValue)];
    }

    [Theory]
    [InlineData(Csr.Mcycle, 1)]
    [InlineData(Csr.Minstret, 4)]
    public void Write_of_mcountinhibit_stops_and_starts_a_counter_at_its_own_edge(int counter, int bit)
    {
        // Read at N - 1, stopped at N, read at N + 1 and N + 2, started at N + 3, read at N + 4 and N + 5.
        uint[] own = Counted(counter, p => p
            .Csrr(T1, counter).Emit(Instruction.Csrrwi, 0, bit, 0, Csr.Mcountinhibit).Csrr(T1, counter).Csrr(T1, counter)
            .Emit(Instruction.Csrrwi, 0, 0, 0, Csr.Mcountinhibit).Csrr(T1, counter).Csrr(T1, counter));
        Assert.Equal([0u, 1, 1, 2, 3], own.Select(v => v - own[0]));

        // The other counter's bit changes nothing.
        uint[] other = Counted(counter, p => p
            .Csrr(T1, counter).Emit(Instruction.Csrrwi, 0, 5 - bit, 0, Csr.Mcountinhibit).Csrr(T1, counter)
            .Emit(Instruction.Csrrwi, 0, 0, 0, Csr.Mcountinhibit).Csrr(T1, counter));
        Assert.Equal([0u, 2, 4], other.Select(v => v - other[0]));
    }

    [Theory]
    [InlineData(Csr.Mcycle)]
    [InlineData(Csr.Minstret)]
    public void Written_counter_is_read_at_the_next_edge_and_counts_on(int counter) =>
        Assert.Equal([100u, 101, 102], Counted(counter, p => p.Csrw(counter, T0).Csrr(T1, counter).Csrr(T1, counter).Csrr(T1, counter)));

    [Fact]
    public void Ninth_store_to_an_absent_line_waits_and_the_eighth_does_not()
    {
        CoreBench bench = CoreBench.Running(p =>
        {
            p.Li(A1, CoreBench.Data).Jump("start").Align(64).Label("start");
            for (int i = 0; i < 9; i++)
                p.Sw(A1, A1, 4 * i);
            p.Exit();
        }).Run();
        long[] cycles = [.. bench.Retired.Where(r => r.IsWrite != 0 && r.MemoryAddress >= CoreBench.Data).Select(r => r.Cycle)];
        Assert.Equal(7, cycles[7] - cycles[0]);
        Assert.True(cycles[8] - cycles[7] > 20, "the ninth store must wait for the line");
    }

    [Fact]
    public void Every_cycle_has_one_cause_and_one_phase()
    {
        CoreBench bench = CoreBench.Running(p =>
        {
            p.Li(A1, CoreBench.Data).Addi(T1, Zero, 3).Emit(Instruction.HxMark, 0, T1).Lw(T0, A1).Emit(Instruction.Div, T1, T0, T0).Addi(T1, T1, 0);
            p.Addi(T1, Zero, 1).Emit(Instruction.HxMark, 0, T1).Exit();
        }).Run();
        bench.Hash();
        HybridEmu.Units.ControlCore core = bench.Cores[0];
        long sum = 0;
        for (int cause = 0; cause < HybridEmu.Kernel.Ledger.MaximumCauses; cause++)
            sum += core.State.Ledger[cause];
        Assert.Equal(bench.Core.Edge + 1, sum);
        Assert.Equal(core.State.Retired, core.State.Ledger[HybridEmu.Kernel.Ledger.Busy]);
        Assert.Equal(bench.Core.Cycle + 1, Enumerable.Range(0, 8).Sum(core.CyclesInPhase));
        Assert.True(core.CyclesInPhase(3) > 34);
        Assert.True(core.CyclesInPhase(1) > 0);
    }
}
