using HybridEmu.Isa;
using HybridEmu.Kernel;
using HybridEmu.Units;
using static HybridEmu.Emulator.Tests.ProgramBuilder;

namespace HybridEmu.Emulator.Tests;

public class CoreDispatchTests
{
    [Fact]
    public void Issue_sends_the_line_as_stored_just_before_it()
    {
        CoreBench bench = CoreBench.Running(p =>
        {
            p.Li(A1, CoreBench.Data);
            for (int i = 0; i < 16; i++)
                p.Addi(T0, Zero, i + 1).Sw(T0, A1, 4 * i);
            p.Label("issue").Emit(Instruction.HxIssue, 0, A1).Exit();
        }).Run();
        DispatchCommand command = Assert.Single(bench.Dispatches[0].Commands);
        Assert.Equal(DispatchOperation.Issue, command.Operation);
        Assert.Equal((ulong)CoreBench.Data, command.DescriptorAddress);
        for (int i = 0; i < 16; i++)
            Assert.Equal((uint)i + 1, command.Descriptor.Word(i));
    }

    [Theory]
    [InlineData(Instruction.HxTryissue, DispatchOperation.TryIssue)]
    [InlineData(Instruction.HxPoll, DispatchOperation.Poll)]
    [InlineData(Instruction.HxSemtry, DispatchOperation.SemaphoreTry)]
    public void Reply_of_a_query_goes_to_the_register(Instruction op, DispatchOperation operation)
    {
        CoreBench bench = CoreBench.Running(p => p.Li(A1, CoreBench.Data).Addi(A2, Zero, 3).Emit(op, A0, A1, op == Instruction.HxSemtry ? A2 : 0).Exit(A0));
        bench.Dispatches[0].Answer = (_, waited) => waited < 20 ? null : 9;
        bench.Run();
        DispatchCommand command = Assert.Single(bench.Dispatches[0].Commands);
        Assert.Equal((operation, CoreBench.Data), (command.Operation, command.Argument));
        Assert.Equal(op == Instruction.HxSemtry ? 3u : 0, command.Count);
        Assert.Equal(9, bench.SystemSide.ExitCode);
    }

    [Theory]
    [InlineData(Instruction.HxSemwait, DispatchOperation.SemaphoreWait, "WaitSemaphore")]
    [InlineData(Instruction.HxDrain, DispatchOperation.Drain, "WaitDrain")]
    public void Blocking_wait_is_charged_to_its_own_cause_and_takes_no_interrupt(Instruction op, DispatchOperation operation, string cause)
    {
        // The timer fires 1000 cycles after the wait began and 1000 before it ends.
        CoreBench bench = CoreBench.Running(p => p.Handler("handler").Li(T0, 1 << 7).Csrw(Csr.Mie, T0).Emit(Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus)
            .Li(A1, 0x0200_4000).Li(T1, 500).Addi(A2, Zero, 4).Sw(Zero, A1, 4).Sw(T1, A1).Emit(op, 0, A2, op == Instruction.HxSemwait ? T1 : 0).Addi(A0, Zero, 1)
            .Label("loop").Jump("loop").Align(64).Label("handler").Csrr(A3, Csr.Mepc).Exit(A3));
        bench.Dispatches[0].Answer = (_, waited) => waited < 3000 ? null : 0;
        bench.Run();
        Assert.Equal(operation, Assert.Single(bench.Dispatches[0].Commands).Operation);
        int index = Array.IndexOf(ControlCore.Causes, cause);
        Assert.InRange(bench.Cores[0].State.Ledger[index], 3000, 3004);
        Retirement before = bench.Retired.First(r => r.NextPc == (uint)bench.SystemSide.ExitCode);
        Assert.Equal(op, Decoder.Decode(before.Word).Op);
    }

    [Fact]
    public void Post_is_sent_after_the_store_buffer_is_empty()
    {
        CoreBench bench = CoreBench.Running(p => p.Li(A1, CoreBench.Data).Addi(T0, Zero, 1).Sw(T0, A1).Emit(Instruction.HxSempost, 0, T0, T0).Exit());
        bool empty = false;
        bench.Dispatches[0].Answer = (_, _) =>
        {
            empty = bench.Cores[0].State.StoreCount == 0;
            return 0;
        };
        bench.Run();
        Assert.True(empty);
    }

    [Fact]
    public void Trace_and_phase_markers_set_state()
    {
        CoreBench bench = CoreBench.Running(p => p.Emit(Instruction.HxTraceon).Addi(T0, Zero, 4).Emit(Instruction.HxMark, 0, T0).Csrw(Csr.Mscratch, T0).Emit(Instruction.HxTraceoff).Exit());
        bench.Run(() => bench.Cores[0].State.Mscratch == 4);
        Assert.Equal((1, 4), (bench.Cores[0].State.TraceOn, bench.Cores[0].State.Phase));
        bench.Run();
        Assert.Equal(0, bench.Cores[0].State.TraceOn);
    }

    [Fact]
    public void Barrier_holds_every_core_until_the_last_arrives()
    {
        CoreBench bench = CoreBench.Running(
            p => p.Csrr(T0, Csr.Mhartid).Branch(Instruction.Beq, T0, Zero, "first").Li(A1, 200).Label("slow").Addi(A1, A1, -1).Branch(Instruction.Bne, A1, Zero, "slow")
                .Csrr(A2, Csr.Mcycle).Label("first").Emit(Instruction.HxBarrier).Csrr(A3, Csr.Mcycle).Emit(Instruction.HxBarrier).Exit(),
            cores: 2).Run();
        uint arrived = bench.Cores[1].State.Registers[A2];
        Assert.True(bench.Cores[0].State.Registers[A3] > arrived);
        Assert.True(bench.Cores[1].State.Registers[A3] > arrived);
        Assert.True(bench.Cores[0].State.Ledger[Array.IndexOf(ControlCore.Causes, "WaitBarrier")] > 500);
        Assert.Equal(2, bench.SystemSide.State.Barriers);
    }
}
