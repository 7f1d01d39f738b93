using HybridEmu.Isa;
using HybridEmu.Units;
using static HybridEmu.Emulator.Tests.ProgramBuilder;

namespace HybridEmu.Emulator.Tests;

/// <summary>What a record says of an instruction: the fields of RVFI.</summary>
public sealed class RetirementLogTests
{
    [Fact]
    public void Sources_are_what_they_held_before_the_result_replaced_one()
    {
        CoreBench bench = CoreBench.Running(p => p.Addi(A0, Zero, 5).Addi(A1, Zero, 7).Emit(Instruction.Add, A0, A0, A1, 0).Exit()).Run();
        Retirement add = Only(bench, Instruction.Add);
        Assert.Equal((A0, A1, 5u, 7u, A0, 12u), (add.Rs1, add.Rs2, add.Rs1Value, add.Rs2Value, add.Rd, add.RdValue));
        Assert.Equal((0, 0, 0), (add.ReadMask, add.WriteMask, add.Intr));
    }

    [Fact]
    public void An_AMO_reads_and_writes_and_a_store_only_writes()
    {
        CoreBench bench = CoreBench.Running(p => p.Li(T0, CoreBench.Data).Addi(A0, Zero, 5).Emit(Instruction.Sh, 0, T0, A0, 2)
            .Emit(Instruction.AmoaddW, A1, T0, A0, 0).Exit()).Run();
        Retirement store = Only(bench, Instruction.Sh), amo = Only(bench, Instruction.AmoaddW);
        Assert.Equal((CoreBench.Data + 2, 0, 3, 5u), (store.MemoryAddress, store.ReadMask, store.WriteMask, store.WriteData));
        Assert.Equal((CoreBench.Data, 15, 15, 0x5_0000u, 0x5_0005u), (amo.MemoryAddress, amo.ReadMask, amo.WriteMask, amo.ReadData, amo.WriteData));
    }

    [Fact]
    public void The_first_record_after_a_trap_is_its_handlers()
    {
        CoreBench bench = CoreBench.Running(p => p.Handler("handler").Emit(Instruction.Ecall).Nop().Label("handler").Csrr(A0, Csr.Mcause).Nop().Exit()).Run();
        int trap = bench.Retired.FindIndex(r => r.Trap != 0);
        Assert.Equal([0, 0, 1, 0], bench.Retired[(trap - 1)..(trap + 3)].Select(r => (int)r.Intr));
        Assert.Equal(0, bench.Retired[trap].Halt);
    }

    [Fact]
    public void A_trap_without_a_handler_is_logged_and_halts()
    {
        CoreBench bench = CoreBench.Running(p => p.Nop().Emit(Instruction.Ecall, 0, 0, 0, 0)).Run();
        Retirement trap = bench.Retired[^1];
        Assert.Equal((1, 1, 11u, trap.Pc), (trap.Trap, trap.Halt, trap.TrapCause, trap.NextPc));
    }

    [Fact]
    public void A_write_that_resolves_queue_faults_is_logged_as_one()
    {
        CoreBench bench = CoreBench.Running(p => p.Emit(Instruction.Csrrwi, 0, 2, 0, Csr.Hxqfault).Exit()).Run();
        Assert.Equal(Csr.Hxqfault, Assert.Single(bench.Retired, r => r.CsrWritten != 0).CsrNumber);
    }

    private static Retirement Only(CoreBench bench, Instruction op) => Assert.Single(bench.Retired, r => Decoder.Decode(r.Word).Op == op);
}
