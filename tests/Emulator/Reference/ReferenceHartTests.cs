using HybridEmu.Isa;
using HybridEmu.Reference;

namespace HybridEmu.Emulator.Tests;

public sealed class ReferenceHartTests
{
    private const uint Code = 0x8000_0000;

    [Theory]
    [InlineData(Instruction.Div, 7u, 0u, uint.MaxValue)]
    [InlineData(Instruction.Div, 0x8000_0000u, uint.MaxValue, 0x8000_0000u)]
    [InlineData(Instruction.Rem, 0x8000_0000u, uint.MaxValue, 0u)]
    [InlineData(Instruction.Rem, 7u, 0u, 7u)]
    [InlineData(Instruction.Divu, 7u, 0u, uint.MaxValue)]
    [InlineData(Instruction.Remu, 7u, 0u, 7u)]
    [InlineData(Instruction.Mulh, uint.MaxValue, uint.MaxValue, 0u)]
    [InlineData(Instruction.Mulhsu, uint.MaxValue, uint.MaxValue, uint.MaxValue)]
    [InlineData(Instruction.Mulhu, uint.MaxValue, uint.MaxValue, 0xFFFF_FFFEu)]
    [InlineData(Instruction.Sra, 0x8000_0000u, 33u, 0xC000_0000u)]
    [InlineData(Instruction.Sltu, 1u, uint.MaxValue, 1u)]
    [InlineData(Instruction.Slt, 1u, uint.MaxValue, 0u)]
    public void Arithmetic_has_the_values_of_the_manual(Instruction op, uint a, uint b, uint expected)
    {
        ReferenceHart hart = Hart((op, 3, 1, 2, 0));
        hart.Register(1, a);
        hart.Register(2, b);
        ReferenceRetirement record = hart.Step();
        Assert.Equal((3, expected, Code + 4), (record.Rd, record.RdValue, record.NextPc));
        Assert.Equal(expected, hart.Register(3));
    }

    [Fact]
    public void A_misaligned_store_is_split_and_a_misaligned_atomic_traps()
    {
        ReferenceHart hart = Hart((Instruction.Sw, 0, 1, 2, 61), (Instruction.Lw, 3, 1, 0, 61), (Instruction.AmoaddW, 3, 1, 2, 0));
        hart.Register(1, Code + 0x1000);
        hart.Register(2, 0x1122_3344);
        hart.Step();
        Assert.Equal(0x1122_3344u, hart.Hbm.Read(0x1000 + 61, 4));
        Assert.Equal(0x1122_3344u, hart.Step().RdValue);
        hart.Register(1, Code + 0x1002);
        ReferenceRetirement trap = hart.Step();
        Assert.Equal((true, 6u, Code + 0x1002, true), (trap.Trap, trap.TrapCause, trap.TrapValue, trap.Unhandled));
    }

    [Fact]
    public void Scalar_code_may_not_touch_the_streaming_region()
    {
        ReferenceHart hart = Hart((Instruction.Lw, 3, 1, 0, 0), (Instruction.Lw, 3, 1, 0, -2));
        hart.Register(1, 0x8100_0000);
        Assert.Equal(5u, hart.Step().TrapCause);
        hart.Pc = Code + 4;
        ReferenceRetirement split = hart.Step();
        Assert.Equal((5u, 0x8100_0000u), (split.TrapCause, split.TrapValue));
    }

    [Fact]
    public void A_trap_saves_the_machine_state_and_mret_brings_it_back()
    {
        ReferenceHart hart = Hart(
            (Instruction.Csrrw, 0, 1, 0, Csr.Mtvec),
            (Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus),
            (Instruction.Ecall, 0, 0, 0, 0),
            (Instruction.Csrrs, 3, 0, 0, Csr.Mstatus));
        hart.Hbm.Write(0x100, Encoder.Encode(Instruction.Csrrs, 4, 0, 0, Csr.Mepc), 4);
        hart.Hbm.Write(0x104, Encoder.Encode(Instruction.Mret, 0, 0, 0, 0), 4);
        hart.Register(1, Code + 0x100);
        hart.Step();
        hart.Step();
        ReferenceRetirement trap = hart.Step();
        Assert.Equal((true, 11u, Code + 0x100, false), (trap.Trap, trap.TrapCause, trap.NextPc, trap.Unhandled));
        Assert.Equal(Code + 8, hart.Step().RdValue);
        Assert.Equal(Code + 8, hart.Step().NextPc);
        hart.Pc += 4;
        Assert.Equal(0x1888u, hart.Step().RdValue);
    }

    [Fact]
    public void A_vectored_interrupt_goes_to_its_slot_and_only_when_enabled()
    {
        ReferenceHart hart = Hart((Instruction.Csrrw, 0, 1, 0, Csr.Mtvec), (Instruction.Csrrw, 0, 2, 0, Csr.Mie), (Instruction.Csrrsi, 0, 8, 0, Csr.Mstatus));
        hart.Register(1, Code + 0x101);
        hart.Register(2, 1 << 7);
        hart.Step();
        hart.Step();
        Assert.Throws<InvalidOperationException>(() => hart.Step(new Injection(Interrupt: 7)));
        hart.Step();
        ReferenceRetirement interrupt = hart.Step(new Injection(Interrupt: 7));
        Assert.Equal((0x8000_0007u, Code + 0x100 + 28), (interrupt.TrapCause, interrupt.NextPc));
    }

    [Fact]
    public void A_store_conditional_needs_its_reservation_and_may_fail_when_the_chip_says_so()
    {
        ReferenceHart hart = Hart((Instruction.LrW, 3, 1, 0, 0), (Instruction.ScW, 4, 1, 2, 0), (Instruction.ScW, 4, 1, 2, 0), (Instruction.LrW, 3, 1, 0, 0), (Instruction.ScW, 4, 1, 2, 0));
        hart.Register(1, Code + 0x200);
        hart.Register(2, 77);
        hart.Step();
        Assert.Equal(0u, hart.Step().RdValue);
        Assert.Equal(1u, hart.Step().RdValue);
        hart.Hbm.Write(0x200, 1, 4);
        hart.Step();
        Assert.Equal(1u, hart.Step(new Injection(Value: 1)).RdValue);
        Assert.Equal(1u, hart.Hbm.Read(0x200, 4));
    }

    [Fact]
    public void Writes_to_a_read_only_or_absent_register_trap()
    {
        ReferenceHart hart = Hart((Instruction.Csrrw, 3, 0, 0, Csr.Hxrows), (Instruction.Csrrs, 3, 0, 0, 0x180), (Instruction.Csrrs, 3, 0, 0, Csr.Hxrows));
        Assert.Equal(2u, hart.Step().TrapCause);
        hart.Pc = Code + 4;
        Assert.Equal(2u, hart.Step().TrapCause);
        hart.Pc = Code + 8;
        Assert.Equal(32u, hart.Step().RdValue);
    }

    [Fact]
    public void Retired_instructions_are_counted_and_a_write_replaces_its_own_count()
    {
        ReferenceHart hart = Hart(
            (Instruction.Csrrs, 3, 0, 0, Csr.Instret),
            (Instruction.Csrrs, 3, 0, 0, Csr.Instret),
            (Instruction.Csrrwi, 0, 9, 0, Csr.Minstret),
            (Instruction.Csrrs, 3, 0, 0, Csr.Minstret));
        Assert.Equal([0u, 1u, 0u, 9u], Enumerable.Range(0, 4).Select(_ => hart.Step().RdValue));
    }

    [Fact]
    public void An_issue_brings_the_descriptors_bytes()
    {
        ReferenceHart hart = Hart((Instruction.HxIssue, 0, 1, 0, 0), (Instruction.HxTryissue, 3, 1, 0, 0), (Instruction.HxPoll, 3, 0, 0, 0));
        hart.Register(1, Code + 0x400);
        hart.Hbm.Write(0x400, 0x55, 1);
        Assert.Equal(0x55, hart.Step().Issued![0]);
        ReferenceRetirement refused = hart.Step(new Injection(Value: 0));
        Assert.Null(refused.Issued);
        Assert.Equal(5u, hart.Step(new Injection(Value: 5)).RdValue);
    }

    private static ReferenceHart Hart(params (Instruction Op, int Rd, int Rs1, int Rs2, int Immediate)[] program)
    {
        var config = new ReferenceHartConfig { Constants = new Dictionary<int, uint> { [Csr.Hxrows] = 32 } };
        var hart = new ReferenceHart(config, new ReferenceMemory(1ul << 32), new ReferenceMemory(1 << 20), new ReferenceMemory(1 << 18), Code);
        for (int i = 0; i < program.Length; i++)
        {
            (Instruction op, int rd, int rs1, int rs2, int immediate) = program[i];
            hart.Hbm.Write((ulong)i * 4, Encoder.Encode(op, rd, rs1, rs2, immediate), 4);
        }

        return hart;
    }
}
