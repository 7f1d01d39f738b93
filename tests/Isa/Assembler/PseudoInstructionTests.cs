using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>A pseudo-instruction gives the same words as what it stands for. GNU as is asked in GnuComparisonTests.</summary>
public class PseudoInstructionTests
{
    [Theory]
    [InlineData("nop", "addi x0, x0, 0")]
    [InlineData("li a0, 5", "addi a0, x0, 5")]
    [InlineData("li a0, 0x12345000", "lui a0, 0x12345")]
    [InlineData("li a0, 0x12345fff", "lui a0, 0x12346; addi a0, a0, -1")]
    [InlineData("li a0, -1", "addi a0, x0, -1")]
    [InlineData("li a0, 0xffffffff", "addi a0, x0, -1")]
    [InlineData("li a0, later; .equ later, 5", "lui a0, 0; addi a0, a0, 5")]
    [InlineData("li a0, sp(64)", "lui a0, 0x40000; addi a0, a0, 64")]
    [InlineData("la a0, 1f; 1:", "auipc a0, 0; addi a0, a0, 8")]
    [InlineData("lla a0, 1f; 1:", "auipc a0, 0; addi a0, a0, 8")]
    [InlineData("call 1f; 1:", "auipc ra, 0; jalr ra, 8(ra)")]
    [InlineData("tail 1f; 1:", "auipc t1, 0; jalr x0, 8(t1)")]
    [InlineData("lw a0, 1f; 1:", "auipc a0, 0; lw a0, 8(a0)")]
    [InlineData("sw a0, 1f, t0; 1:", "auipc t0, 0; sw a0, 8(t0)")]
    [InlineData("j .+8", "jal x0, .+8")]
    [InlineData("jal .+8", "jal ra, .+8")]
    [InlineData("jr a0", "jalr x0, 0(a0)")]
    [InlineData("jalr a0", "jalr ra, 0(a0)")]
    [InlineData("jalr a0, a1, 4", "jalr a0, 4(a1)")]
    [InlineData("ret", "jalr x0, 0(ra)")]
    [InlineData("mv a0, a1", "addi a0, a1, 0")]
    [InlineData("not a0, a1", "xori a0, a1, -1")]
    [InlineData("neg a0, a1", "sub a0, x0, a1")]
    [InlineData("seqz a0, a1", "sltiu a0, a1, 1")]
    [InlineData("snez a0, a1", "sltu a0, x0, a1")]
    [InlineData("sltz a0, a1", "slt a0, a1, x0")]
    [InlineData("sgtz a0, a1", "slt a0, x0, a1")]
    [InlineData("zext.b a0, a1", "andi a0, a1, 0xff")]
    [InlineData("beqz a0, .", "beq a0, x0, .")]
    [InlineData("bnez a0, .", "bne a0, x0, .")]
    [InlineData("blez a0, .", "bge x0, a0, .")]
    [InlineData("bgez a0, .", "bge a0, x0, .")]
    [InlineData("bltz a0, .", "blt a0, x0, .")]
    [InlineData("bgtz a0, .", "blt x0, a0, .")]
    [InlineData("bgt a0, a1, .", "blt a1, a0, .")]
    [InlineData("ble a0, a1, .", "bge a1, a0, .")]
    [InlineData("bgtu a0, a1, .", "bltu a1, a0, .")]
    [InlineData("bleu a0, a1, .", "bgeu a1, a0, .")]
    [InlineData("csrr a0, mcycle", "csrrs a0, mcycle, x0")]
    [InlineData("csrw mtvec, a0", "csrrw x0, mtvec, a0")]
    [InlineData("csrs mie, a0", "csrrs x0, mie, a0")]
    [InlineData("csrc mie, a0", "csrrc x0, mie, a0")]
    [InlineData("csrwi mie, 8", "csrrwi x0, mie, 8")]
    [InlineData("csrsi mie, 8", "csrrsi x0, mie, 8")]
    [InlineData("csrci mie, 8", "csrrci x0, mie, 8")]
    [InlineData("rdcycle a0", "csrrs a0, 0xc00, x0")]
    [InlineData("rdtimeh a0", "csrrs a0, 0xc81, x0")]
    [InlineData("rdinstret a0", "csrrs a0, 0xc02, x0")]
    [InlineData("fence", "fence iorw, iorw")]
    [InlineData("add a0, a1, 3", "addi a0, a1, 3")]
    public void A_pseudo_instruction_is_what_it_stands_for(string pseudo, string real) =>
        Assert.Equal(Assembled.Words(real), Assembled.Words(pseudo));

    [Fact]
    public void Unimp_is_the_word_every_toolchain_agrees_on() => Assert.Equal([0xC0001073u], Assembled.Words("unimp"));

    [Fact]
    public void Chip_instructions_and_registers_go_by_their_names()
    {
        uint[] words = Assembled.Words("hx.issue a0\n hx.tryissue a1, a0\n hx.semtry a2, a0, a1\n hx.barrier\n hx.inval a0, a1\n csrr a0, hxtiles");
        Instruction[] expected = [Instruction.HxIssue, Instruction.HxTryissue, Instruction.HxSemtry, Instruction.HxBarrier, Instruction.HxInval, Instruction.Csrrs];
        Assert.Equal(expected, words.Select(w => Decoder.Decode(w).Op));
        Assert.Equal(10, Decoder.Decode(words[0]).Rs1);
        Assert.Equal(0xFC8, Decoder.Decode(words[5]).Immediate & 0xFFF);
    }
}
