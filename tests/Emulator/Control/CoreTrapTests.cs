using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;
using static HybridEmu.Emulator.Tests.ProgramBuilder;

namespace HybridEmu.Emulator.Tests;

public class CoreTrapTests
{
    /// <summary>Runs a snippet whose label "here" traps; returns mcause, mtval and whether mepc was "here".</summary>
    private static (uint Cause, uint Value, bool Precise) Trapped(Action<ProgramBuilder> snippet)
    {
        var bench = new CoreBench();
        ProgramBuilder builder = bench.Load(p =>
        {
            p.Handler("handler");
            snippet(p);
            p.Exit();
            p.Align(64).Label("handler").Csrr(A1, Csr.Mcause).Csrr(A2, Csr.Mtval).Csrr(A3, Csr.Mepc).Exit();
        });
        bench.Run();
        Assert.Null(bench.Faults.Pending);
        CoreState state = bench.Cores[0].State;
        return (state.Registers[A1], state.Registers[A2], state.Registers[A3] == builder.AddressOf("here"));
    }

    public static TheoryData<string, uint, uint> Cases => new()
    {
        { "illegal word", 2, 0xFFFF_FFFF },
        { "zero word", 2, 0 },
        { "custom space", 2, 0x0000_700B },
        { "unknown csr", 2, Encoder.Encode(Instruction.Csrrs, T0, 0, 0, 0x180) },
        { "read-only csr", 2, Encoder.Encode(Instruction.Csrrw, 0, T0, 0, Csr.Cycle) },
        { "ecall", 11, 0 },
        { "misaligned lr", 4, 0x8001_0002 },
        { "misaligned sc", 6, 0x8001_0002 },
        { "misaligned amo", 6, 0x8001_0001 },
        { "amo on scratchpad", 7, 0x4000_0000 },
        { "lr on scratchpad", 5, 0x4000_0000 },
        { "misaligned scratchpad load", 4, 0x4000_0002 },
        { "misaligned scratchpad store", 6, 0x4000_0001 },
        { "load past scratchpad", 5, 0x4001_0000 },
        { "store past accumulators", 7, 0x6001_0000 },
        { "load from nothing", 5, 0x3000_0000 },
        { "store to nothing", 7, 0x3000_0000 },
        { "load from streaming memory", 5, 0x8100_0000 },
        { "store to streaming memory", 7, 0x8100_0000 },
        { "split load into streaming memory", 5, 0x8100_0000 },
        { "split store into streaming memory", 7, 0x8100_0000 },
        { "load from a host port hole", 5, 0x1000_0800 },
        { "store to a clint hole", 7, 0x0200_8000 },
        { "byte load from clint", 5, 0x0200_0000 },
        { "misaligned issue", 4, 0x8001_0020 },
        { "issue from streaming memory", 5, 0x8100_0000 },
        { "issue from scratchpad", 5, 0x4000_0000 },
        { "misaligned jalr", 0, 0x8001_0002 },
    };

    [Theory]
    [MemberData(nameof(Cases))]
    public void Exception_is_precise_and_says_why(string name, uint cause, uint value)
    {
        (uint Cause, uint Value, bool Precise) trap = Trapped(p =>
        {
            p.Li(A0, value).Label("here");
            _ = name switch
            {
                "illegal word" or "zero word" or "custom space" or "unknown csr" or "read-only csr" => p.Word(value),
                "ecall" => p.Emit(Instruction.Ecall),
                "misaligned lr" or "lr on scratchpad" => p.Emit(Instruction.LrW, T0, A0),
                "misaligned sc" => p.Emit(Instruction.ScW, T0, A0, T1),
                "misaligned amo" or "amo on scratchpad" => p.Emit(Instruction.AmoaddW, T0, A0, T1),
                "misaligned scratchpad store" or "store past accumulators" or "store to nothing" or "store to streaming memory"
                    or "store to a clint hole" => p.Sw(T0, A0),
                "split load into streaming memory" => p.Lw(T0, A0, -2).Nop(),
                "split store into streaming memory" => p.Sw(T0, A0, -2).Nop(),
                "byte load from clint" => p.Emit(Instruction.Lb, T0, A0),
                "misaligned issue" or "issue from streaming memory" or "issue from scratchpad" => p.Emit(Instruction.HxIssue, 0, A0),
                "misaligned jalr" => p.Emit(Instruction.Jalr, Ra, A0),
                _ => p.Lw(T0, A0),
            };
        });
        Assert.Equal((cause, value, true), trap);
    }

    [Fact]
    public void Breakpoint_names_its_own_address()
    {
        (uint cause, uint value, bool precise) = Trapped(p => p.Label("here").Emit(Instruction.Ebreak));
        Assert.Equal((3u, CoreBench.Text + 12, true), (cause, value, precise));
    }

    [Fact]
    public void Jump_to_where_no_code_is_traps_at_the_target()
    {
        CoreBench bench = CoreBench.Running(p => p.Handler("handler").Li(A0, 0x4000_0000).Emit(Instruction.Jalr, 0, A0)
            .Align(64).Label("handler").Csrr(A1, Csr.Mcause).Csrr(A2, Csr.Mtval).Csrr(A3, Csr.Mepc).Exit()).Run();
        CoreState state = bench.Cores[0].State;
        Assert.Equal((1u, 0x4000_0000u, 0x4000_0000u), (state.Registers[A1], state.Registers[A2], state.Registers[A3]));
    }

    [Fact]
    public void Misaligned_branch_traps_only_when_taken()
    {
        Assert.Equal((0u, CoreBench.Text + 14, true), Trapped(p => p.Label("here").Emit(Instruction.Beq, 0, Zero, Zero, 2)));
        CoreBench bench = CoreBench.Running(p => p.Emit(Instruction.Bne, 0, Zero, Zero, 2).Exit()).Run();
        Assert.Null(bench.Faults.Pending);
    }

    [Fact]
    public void Failed_jump_does_not_link()
    {
        CoreBench bench = CoreBench.Running(p => p.Handler("handler").Li(A0, 0x8000_0002).Addi(Ra, Zero, 7).Emit(Instruction.Jalr, Ra, A0)
            .Align(64).Label("handler").Exit(Ra)).Run();
        Assert.Equal(7, bench.SystemSide.ExitCode);
    }

    [Fact]
    public void Trap_without_a_handler_ends_the_run_with_pc_and_trail()
    {
        CoreBench bench = CoreBench.Running(p => p.Nop(10).Word(0)).Run();
        Fault fault = bench.Faults.Pending!;
        Assert.Equal(FaultKind.UnhandledTrap, fault.Kind);
        Assert.Equal("pc 0x80000028", fault.Where);
        Assert.Contains("illegal instruction", fault.Message);
        Assert.Contains("0x80000008 0x8000000c", fault.Message);
        Assert.DoesNotContain("0x80000004", fault.Message);
    }

    [Fact]
    public void Software_interrupt_wakes_a_sleeping_core_and_vectors()
    {
        // With interrupts disabled wfi ends when one is pending; the vector is taken once they are enabled.
        CoreBench bench = CoreBench.Running(p => p.La(T0, "table").Addi(T0, T0, 1).Csrw(Csr.Mtvec, T0).Emit(Instruction.Csrrwi, 0, 8, 0, Csr.Mie)
            .Li(A1, 0x0200_0000).Addi(T1, Zero, 1).Sw(T1, A1).Emit(Instruction.Wfi).Csrr(A2, Csr.Mip).Emit(Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus)
            .Addi(A0, A0, 100).Exit(A0)
            .Align(64).Label("table").Jump("wrong").Jump("wrong").Jump("wrong").Jump("three")
            .Label("wrong").Addi(A0, Zero, 9).Exit(A0)
            .Label("three").Addi(A0, Zero, 3).Sw(Zero, A1).Lw(T1, A1).Nop(100).Emit(Instruction.Mret)).Run();
        Assert.Equal(103, bench.SystemSide.ExitCode);
        Assert.Equal(8u, bench.Cores[0].State.Registers[A2]);
        Assert.Equal(1, bench.Cores[0].State.Interrupts);
    }

    [Fact]
    public void Timer_interrupt_arrives_at_its_time_and_a_sleeping_core_is_skipped()
    {
        CoreBench bench = CoreBench.Running(p => p.Handler("handler").Li(T0, 1 << 7).Csrw(Csr.Mie, T0).Emit(Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus)
            .Li(A1, 0x0200_4000).Li(T1, 10_000).Sw(Zero, A1, 4).Sw(T1, A1).Label("sleep").Emit(Instruction.Wfi).Jump("sleep")
            .Align(64).Label("handler").Csrr(A2, Csr.Time).Csrr(A3, Csr.Mcause).Exit(A2)).Run();
        Assert.Equal(0x8000_0007u, bench.Cores[0].State.Registers[A3]);
        Assert.InRange(bench.SystemSide.ExitCode, 10_000, 10_060);
        Assert.True(bench.Cores[0].State.Ledger[Ledger.Idle] > 35_000);
        Assert.True(bench.Evaluations < bench.Core.Cycle, "most of a sleep must be skipped");
    }

    [Fact]
    public void Interrupts_come_in_order_of_priority()
    {
        CoreBench bench = CoreBench.Running(p => p.Handler("handler").Li(T0, (1 << 3) | (1 << 7) | (1 << 16) | (1 << 17)).Csrw(Csr.Mie, T0)
            .Li(A1, 0x0200_0000).Addi(T1, Zero, 1).Sw(T1, A1).Li(A2, 0x0200_4000).Sw(Zero, A2, 4).Sw(Zero, A2).Nop(200)
            .Csrw(Csr.Hxtemphigh, Zero).Emit(Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus).Nop(4)
            .Align(64).Label("handler").Csrr(S0, Csr.Mcause).Emit(Instruction.Slli, A3, A3, 0, 8).Emit(Instruction.Andi, S0, S0, 0, 255)
            .Emit(Instruction.Or, A3, A3, S0).Addi(T0, Zero, 1).Emit(Instruction.Sll, T0, T0, S0).Emit(Instruction.Csrrc, 0, T0, 0, Csr.Mie)
            .Csrr(T0, Csr.Mie).Branch(Instruction.Beq, T0, Zero, "end").Emit(Instruction.Mret).Label("end").Exit(A3));
        bench.Dispatches[0].Notices.Enqueue(new DispatchNotice { Cause = 0, Queue = 2 });
        bench.Run();
        Assert.Equal(0x03071011, bench.SystemSide.ExitCode);
    }

    [Fact]
    public void Queue_fault_without_its_interrupt_enabled_ends_the_run()
    {
        CoreBench bench = CoreBench.Running(p => p.Label("loop").Jump("loop"));
        bench.Dispatches[0].Notices.Enqueue(new DispatchNotice { Cause = (byte)QueueFaultCause.Aliasing, Queue = 2, Address = 0x8100_0000, DescriptorAddress = 0x8001_0000 });
        bench.Run();
        Fault fault = bench.Faults.Pending!;
        Assert.Equal(FaultKind.QueueFault, fault.Kind);
        Assert.Equal("queue MX, descriptor 0x80010000", fault.Where);
        Assert.Contains("Aliasing", fault.Message);
    }

    [Fact]
    public void Queue_fault_is_handled_through_its_registers()
    {
        CoreBench bench = CoreBench.Running(p => p.Handler("handler").Li(T0, 1 << 16).Csrw(Csr.Mie, T0).Emit(Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus)
            .Label("loop").Jump("loop").Align(64).Label("handler").Csrr(A0, Csr.Hxqfault).Csrr(A1, Csr.Hxqfaultaddr).Csrr(A2, Csr.Hxqfaultdesc)
            .Addi(T0, Zero, 2).Emit(Instruction.Csrrw, A3, T0, 0, Csr.Hxqfault).Csrr(A4, Csr.Hxqfault).Exit(A0));
        bench.Dispatches[0].NoticesFrom = 2000;
        bench.Dispatches[0].Notices.Enqueue(new DispatchNotice { Cause = (byte)QueueFaultCause.Size, Queue = 3, Address = 0x1234, DescriptorAddress = 0x8001_0000 });
        bench.Run();
        CoreState state = bench.Cores[0].State;
        Assert.Equal(0x300 | (int)QueueFaultCause.Size, bench.SystemSide.ExitCode);
        Assert.Equal((0x1234u, 0x8001_0000u, state.Registers[A0], 0u), (state.Registers[A1], state.Registers[A2], state.Registers[A3], state.Registers[A4]));
        DispatchCommand command = Assert.Single(bench.Dispatches[0].Commands);
        Assert.Equal((DispatchOperation.ResolveFault, 3u, 1u), (command.Operation, command.Argument, command.Count));
        Assert.Equal(0u, state.Pending);
    }
}
