using HybridEmu.Isa;
using HybridEmu.Units;
using static HybridEmu.Emulator.Tests.ProgramBuilder;

namespace HybridEmu.Emulator.Tests;

public class CoreExecutionTests
{
    private static uint Result(Action<ProgramBuilder> program)
    {
        CoreBench bench = CoreBench.Running(p =>
        {
            program(p);
            p.Exit(A0);
        }).Run();
        Assert.Null(bench.Faults.Pending);
        return (uint)bench.SystemSide.ExitCode;
    }

    [Theory]
    [InlineData(Instruction.Div, 7u, 0u, uint.MaxValue)]
    [InlineData(Instruction.Div, 0x80000000u, uint.MaxValue, 0x80000000u)]
    [InlineData(Instruction.Rem, 0x80000000u, uint.MaxValue, 0u)]
    [InlineData(Instruction.Rem, 7u, 0u, 7u)]
    [InlineData(Instruction.Rem, 0xFFFFFFF9u, 2u, uint.MaxValue)]
    [InlineData(Instruction.Divu, 7u, 0u, uint.MaxValue)]
    [InlineData(Instruction.Remu, 9u, 4u, 1u)]
    [InlineData(Instruction.Mulh, 0x80000000u, 2u, uint.MaxValue)]
    [InlineData(Instruction.Mulhsu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFFu)]
    [InlineData(Instruction.Mulhu, 0xFFFFFFFFu, 0xFFFFFFFFu, 0xFFFFFFFEu)]
    [InlineData(Instruction.Sra, 0x80000000u, 33u, 0xC0000000u)]
    [InlineData(Instruction.Srl, 0x80000000u, 33u, 0x40000000u)]
    [InlineData(Instruction.Slt, 0x80000000u, 1u, 1u)]
    [InlineData(Instruction.Sltu, 0x80000000u, 1u, 0u)]
    public void Register_operation_follows_the_manual(Instruction op, uint a, uint b, uint expected) =>
        Assert.Equal(expected, Result(p => p.Li(T0, a).Li(T1, b).Emit(op, A0, T0, T1)));

    [Theory]
    [InlineData(Instruction.AmoswapW, 3u, 9u, 9u)]
    [InlineData(Instruction.AmoaddW, 3u, 9u, 12u)]
    [InlineData(Instruction.AmoxorW, 3u, 9u, 10u)]
    [InlineData(Instruction.AmoandW, 3u, 9u, 1u)]
    [InlineData(Instruction.AmoorW, 3u, 9u, 11u)]
    [InlineData(Instruction.AmominW, 0xFFFFFFFFu, 1u, 0xFFFFFFFFu)]
    [InlineData(Instruction.AmomaxW, 0xFFFFFFFFu, 1u, 1u)]
    [InlineData(Instruction.AmominuW, 0xFFFFFFFFu, 1u, 1u)]
    [InlineData(Instruction.AmomaxuW, 0xFFFFFFFFu, 1u, 0xFFFFFFFFu)]
    public void Amo_returns_the_old_word_and_leaves_the_new(Instruction op, uint old, uint operand, uint expected)
    {
        void Program(ProgramBuilder p) => p.Li(A1, CoreBench.Data).Li(T0, old).Li(T1, operand).Sw(T0, A1).Emit(op, A2, A1, T1);
        Assert.Equal(old, Result(p => { Program(p); p.Addi(A0, A2, 0); }));
        Assert.Equal(expected, Result(p => { Program(p); p.Lw(A0, A1); }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(61)]
    [InlineData(63)]
    public void Misaligned_word_is_stored_and_loaded_whole_across_words_and_lines(int offset)
    {
        Assert.Equal(0xA1B2C3D4u, Result(p => p.Li(A1, CoreBench.Data).Li(T0, 0xA1B2C3D4).Sw(T0, A1, offset).Lw(A0, A1, offset)));
        Assert.Equal(0xA1B2C3D4u, Result(p => p.Li(A1, CoreBench.Data).Li(T0, 0xA1B2C3D4).Sw(T0, A1, offset).Emit(Instruction.Fence).Lw(A0, A1, offset)));
        Assert.Equal(0xFFFFC3D4u, Result(p => p.Li(A1, CoreBench.Data).Li(T0, 0xA1B2C3D4).Sw(T0, A1, offset).Emit(Instruction.Lh, A0, A1, 0, offset)));
    }

    [Fact]
    public void Load_takes_each_byte_from_the_youngest_store_that_wrote_it()
    {
        var bench = new CoreBench();
        bench.Poke(CoreBench.Data, 0x11223344);
        bench.Load(p => p.Li(A1, CoreBench.Data).Lw(T0, A1).Li(T0, 0xAAAA).Emit(Instruction.Sh, 0, A1, T0, 1).Li(T1, 0xBB)
            .Emit(Instruction.Sb, 0, A1, T1, 2).Lw(A0, A1).Exit(A0));
        bench.Run();
        Assert.Equal(0x11BBAA44, bench.SystemSide.ExitCode);
    }

    [Fact]
    public void Sc_succeeds_once_after_lr_and_fails_without()
    {
        Assert.Equal(0u, Result(p => p.Li(A1, CoreBench.Data).Emit(Instruction.LrW, T0, A1).Emit(Instruction.ScW, A0, A1, A1)));
        Assert.Equal(1u, Result(p => p.Li(A1, CoreBench.Data).Emit(Instruction.ScW, A0, A1, A1)));
        Assert.Equal(1u, Result(p => p.Li(A1, CoreBench.Data).Emit(Instruction.LrW, T0, A1).Emit(Instruction.ScW, T1, A1, A1).Emit(Instruction.ScW, A0, A1, A1)));
        Assert.Equal(1u, Result(p => p.Li(A1, CoreBench.Data).Emit(Instruction.LrW, T0, A1).Addi(A2, A1, 64).Emit(Instruction.ScW, A0, A2, A1)));
        Assert.Equal(0u, Result(p => p.Li(A1, CoreBench.Data).Emit(Instruction.ScW, A2, A1, A1).Lw(A0, A1)));
    }

    [Fact]
    public void New_code_is_seen_only_after_fence_i()
    {
        uint Run(bool fence) => Result(p =>
        {
            p.La(A1, "patch").Li(T0, Encoder.Encode(Instruction.Addi, A0, Zero, 0, 2)).Addi(A2, Zero, 2);
            p.Label("again").Align(64).Label("patch").Addi(A0, Zero, 1).Sw(T0, A1).Emit(Instruction.Fence);
            p.Emit(fence ? Instruction.FenceI : Instruction.Fence).Addi(A2, A2, -1).Branch(Instruction.Bne, A2, Zero, "again");
        });
        Assert.Equal(1u, Run(false));
        Assert.Equal(2u, Run(true));
    }

    [Fact]
    public void Scratchpad_stores_and_loads_are_in_order_uncached_and_sized()
    {
        CoreBench bench = CoreBench.Running(p => p.Li(A1, 0x4000_0100).Li(T0, 0x12345678).Sw(T0, A1).Emit(Instruction.Sb, 0, A1, T0, 3)
            .Lw(A0, A1).Emit(Instruction.Lhu, A2, A1, 0, 2).Li(A1, 0x6000_0000).Sw(A2, A1).Lw(A3, A1).Emit(Instruction.Add, A0, A0, A3).Exit(A0)).Run();
        Assert.Equal(0x78345678 + 0x7834, bench.SystemSide.ExitCode);
        Assert.Equal(0x78345678, BitConverter.ToInt32(bench.Scratchpads[0], 0x100));
    }

    [Fact]
    public void Window_shows_another_page_of_memory()
    {
        Assert.Equal(77u, Result(p => p.Li(A1, CoreBench.Data).Addi(T0, Zero, 77).Sw(T0, A1).Emit(Instruction.Csrrwi, 0, 0, 0, Csr.Hxwindow)
            .Li(A2, 0xF000_0000 + (CoreBench.Data - 0x8000_0000)).Lw(A0, A2)));
    }

    [Fact]
    public void Counters_count_cycles_and_instructions_and_can_be_written_and_stopped()
    {
        Assert.Equal(4u, Result(p => p.Align(64).Nop(16).Csrr(T0, Csr.Mcycle).Nop(3).Csrr(T1, Csr.Mcycle).Emit(Instruction.Sub, A0, T1, T0)));
        Assert.Equal(4u, Result(p => p.Csrr(T0, Csr.Instret).Nop(3).Csrr(T1, Csr.Instret).Emit(Instruction.Sub, A0, T1, T0)));
        Assert.Equal(100u, Result(p => p.Addi(T0, Zero, 100).Csrw(Csr.Minstret, T0).Csrr(A0, Csr.Minstret)));
        Assert.Equal(100u, Result(p => p.Addi(T0, Zero, 100).Emit(Instruction.Csrrwi, 0, 5, 0, Csr.Mcountinhibit).Csrw(Csr.Mcycle, T0).Nop(5).Csrr(A0, Csr.Mcycle)));
        Assert.Equal(0u, Result(p => p.Li(T0, uint.MaxValue).Csrw(Csr.Minstret, T0).Nop().Csrr(A0, Csr.Minstret)));
    }

    [Theory]
    [InlineData(0, 4u)]
    [InlineData(24, 4u)]
    [InlineData(1, 4u)]
    [InlineData(4, 1u)]
    [InlineData(5, 1u)]
    public void Write_of_mcountinhibit_counts_itself_unless_it_stops_the_counter(int inhibit, uint counted)
    {
        Assert.Equal(counted, Result(p => p.Csrr(T0, Csr.Minstret).Emit(Instruction.Csrrwi, 0, inhibit, 0, Csr.Mcountinhibit).Nop(2)
            .Csrr(T1, Csr.Minstret).Emit(Instruction.Sub, A0, T1, T0)));
    }

    [Theory]
    [InlineData(Csr.Mcycle)]
    [InlineData(Csr.Minstret)]
    public void Record_of_a_counter_write_holds_what_was_written(int counter)
    {
        CoreBench bench = CoreBench.Running(p => p.Addi(T0, Zero, 100).Csrw(counter, T0).Exit()).Run();
        Assert.Equal(100u, Assert.Single(bench.Retired, r => r.CsrWritten != 0).CsrValue);
    }

    [Theory]
    [InlineData(Csr.Hxversion, 0x10003u)]
    [InlineData(Csr.Mimpid, 0x10003u)]
    [InlineData(Csr.Hxfeatures, DescriptorTable.AllFeatures)]
    [InlineData(Csr.Hxseed, 5u)]
    [InlineData(Csr.Hxstream, 0x8100_0000u)]
    [InlineData(Csr.Misa, 0x4000_1101u)]
    [InlineData(Csr.Mstatus, 0x1800u)]
    [InlineData(Csr.Hxwindow, 7u)]
    [InlineData(Csr.Tselect, 0u)]
    [InlineData(Csr.Tdata1, 0u)]
    [InlineData(Csr.Tdata2, 0u)]
    public void Discovery_registers_read_what_was_built(int csr, uint expected) => Assert.Equal(expected, Result(p => p.Csrr(A0, csr)));

    [Fact]
    public void Dirty_bytes_exist_only_in_the_cache_until_they_are_written_back()
    {
        CoreBench bench = CoreBench.Running(p => p.Li(A1, CoreBench.Data).Addi(T0, Zero, 42).Sw(T0, A1).Emit(Instruction.Fence)
            .Csrw(Csr.Mscratch, T0).Li(T1, 64).Emit(Instruction.HxClean, 0, A1, T1).Exit());
        bench.Run(() => bench.Cores[0].State.Mscratch == 42);
        Assert.Equal(42u, bench.Coherent(CoreBench.Data));
        Span<byte> word = stackalloc byte[4];
        bench.Memory.Read(CoreBench.Data - 0x8000_0000, word);
        Assert.Equal(0, word[0]);
        bench.Run();
        bench.Memory.Read(CoreBench.Data - 0x8000_0000, word);
        Assert.Equal(42, word[0]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Program_larger_than_the_cache_is_right_and_a_lost_write_back_breaks_it(bool loseWrites)
    {
        // Writes 512 lines (32 KiB, twice the L1D), then adds them up.
        CoreBench bench = CoreBench.Running(p => p.Li(A1, CoreBench.Data).Addi(A2, Zero, 512).Addi(A0, Zero, 0)
            .Label("write").Sw(A2, A1).Addi(A1, A1, 64).Addi(A2, A2, -1).Branch(Instruction.Bne, A2, Zero, "write")
            .Li(A1, CoreBench.Data).Addi(A2, Zero, 512)
            .Label("read").Lw(T0, A1).Emit(Instruction.Add, A0, A0, T0).Addi(A1, A1, 64).Addi(A2, A2, -1).Branch(Instruction.Bne, A2, Zero, "read").Exit(A0));
        foreach (BenchMemory memory in bench.Memories)
            memory.LosesWrites = loseWrites;
        bench.Run(limitCycles: 500_000);
        Assert.True(bench.Cores[0].DataCache.State.Writebacks >= 256);
        Assert.Equal(!loseWrites, bench.SystemSide.ExitCode == 512 * 513 / 2);
    }
}
