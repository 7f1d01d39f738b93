using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

/// <summary>Scalar output equals that of GNU as and ld, byte for byte.</summary>
public class GnuComparisonTests
{
    private const string Everything = """
        .globl _start
        .equ N, 40
        .set M, N * 2 + 1
        _start:
        start2: nop
            li a0, 0
            li a1, -1
            li a2, 2047
            li a3, 2048
            li a4, -2048
            li a5, -2049
            li t0, 0x12345678
            li t1, 0xfffff800
            li t2, 0x80000000
            li t3, 0x7fffffff
            li s0, 0x12345000
            li s1, M
            lui a0, %hi(data)
            addi a0, a0, %lo(data)
            lw a1, %lo(data + 4)(a0)
            sw a1, %lo(data + 8)(a0)
        1:  auipc a2, %pcrel_hi(data)
            addi a2, a2, %pcrel_lo(1b)
        1:  auipc a2, %pcrel_hi(word)
            sw a3, %pcrel_lo(1b)(a2)
            la a0, data
            lla a1, word
            lw a2, word
            lbu a3, data
            sw a2, word, t0
            call far
            call t0, far
            tail far
            jump far, t3
            j 1f
            jal 1f
            jal t0, 1f
            jr a0
            jr 4(a0)
            jr a0, 4
            jalr a0
            jalr a0, a1
            jalr a0, 8(a1)
            jalr a0, a1, 8
            jalr 12(a2)
            ret
        1:  mv a0, a1
            not a0, a1
            neg a0, a1
            seqz a0, a1
            snez a0, a1
            sltz a0, a1
            sgtz a0, a1
            sgt a0, a1, a2
            sgtu a0, a1, a2
            zext.b a0, a1
            zext.h a0, a1
            sext.b a0, a1
            sext.h a0, a1
            beqz a0, 1b
            bnez a0, 1b
            blez a0, 1b
            bgez a0, 1b
            bltz a0, 1b
            bgtz a0, 1b
            bgt a0, a1, 1b
            ble a0, a1, 1b
            bgtu a0, a1, 1b
            bleu a0, a1, 1b
            beq a0, a1, start2
            csrr a0, mstatus
            csrw mtvec, a0
            csrs mie, a1
            csrc mip, a2
            csrwi mscratch, 3
            csrsi mie, 8
            csrci mie, 8
            csrw mscratch, 5
            csrrw a0, mepc, a1
            csrrs a0, mcause, 4
            csrrc a0, 0x343, zero
            csrrwi a0, mtval, 31
            rdcycle a0
            rdcycleh a0
            rdtime a0
            rdtimeh a0
            rdinstret a0
            rdinstreth a0
            fence
            fence rw, w
            fence i, o
            fence.i
            unimp
            ecall
            ebreak
            mret
            wfi
            add a0, a1, 5
            and a0, a1, -5
            or a0, a1, 5
            xor a0, a1, 5
            sll a0, a1, 5
            srl a0, a1, 5
            sra a0, a1, 31
            slt a0, a1, 5
            sltu a0, a1, 5
            add x3, fp, s11
            lr.w a0, (a1)
            lr.w.aq a0, (a1)
            sc.w.rl a0, a2, (a1)
            amoadd.w a0, a2, (a1)
            amoswap.w.aqrl a0, a2, 0(a1)
            amomaxu.w.aq a0, a2, (a1)
            mul a0, a1, a2
            mulhsu a0, a1, a2
            remu t6, t5, t4
            lw a0, (sp)
            lw a0, -4(sp)
            sb a0, N(sp)
            .align 4
        far:
            lui a0, 0xfffff
            auipc a0, 1
            .byte 1
            .balign 8
            .half 2
            .p2align 3, 0xff
            .word 1b, data - 4, . - far
            .word 1 + 2 * 3, 10 / 3, 10 % 3, 1 << 4, 0xff & 0x0f, ~0, -(3)
        .data
        data: .byte 1, 2, -1, 255, 'a'
            .half 0x1234, -1
            .balign 4
        word: .word data, word - data, 0x89abcdef
            .dword 0x123456789abcdef0
            .float 1.5, -2.25e-3, 0.1, 3
            .ascii "ab\n\t\"\\", "c"
            .asciz "xyz\x41\101"
            .space 5
            .skip 3, 0xaa
            .zero 2
            .fill 3, 2, 0x1234
            .org data + 160
            .word 7
        .section .rodata
        table: .word 1, 2, 3, far
        .bss
        buffer: .space 100
        """;

    [GnuFact]
    public void Every_form_assembles_to_the_bytes_of_GNU_as()
    {
        Compare(Everything);
    }

    [GnuFact]
    public void Branches_on_both_sides_of_their_reach_take_the_form_GNU_as_takes()
    {
        foreach (int gap in (int[])[4084, 4088, 4092, 4096, 4100])
        {
            Compare($"_start:\n.globl _start\n beq a0, a1, 2f\n 1: .space {gap}\n bltu a0, a1, 1b\n 2: bgez a0, 1b\n bnez a2, 3f\n .space {gap}\n 3: nop\n");
            // One long branch pushes the next out of reach.
            Compare($"_start:\n.globl _start\n blt a0, a1, 9f\n bge a0, a1, 9f\n beq a0, a1, 8f\n .space {gap - 8}\n 8: nop\n 9: nop\n .align 3\n nop\n");
        }
    }

    [GnuFact]
    [Trait("Depth", "Deep")]
    public void Generated_programs_assemble_to_the_bytes_of_GNU_as()
    {
        for (ulong seed = 1; seed <= GeneratedSource.Programs; seed++)
            Compare(GeneratedSource.Text(seed));
    }

    private static void Compare(string source)
    {
        ElfImage ours = Assembled.Image(source);
        string[] addresses = ["-Ttext=0x80000000", .. SectionAddresses(source)];
        ElfImage theirs = ElfImage.Read(GnuAssembler.Assemble(source, addresses)).Image!;
        foreach (ElfSymbol symbol in ours.Symbols)
        {
            ElfSymbol other = theirs.FindSymbol(symbol.Name)!;
            if (other.Value != symbol.Value) Assert.Fail($"{symbol.Name} is at 0x{symbol.Value:x8}, GNU ld has 0x{other.Value:x8}");
        }

        foreach (ElfSegment segment in ours.Segments.Where(s => !s.Bytes.IsEmpty))
        {
            for (uint i = 0; i < segment.Bytes.Length; i++)
            {
                uint address = segment.Address + i;
                ElfSegment other = theirs.Segments.Single(s => s.Address <= address && address < s.End);
                byte expected = other.Bytes.Span[(int)(address - other.Address)];
                if (expected != segment.Bytes.Span[(int)i])
                {
                    // The whole word names the instruction.
                    int word = (int)(i & ~3u), otherWord = (int)((address & ~3u) - other.Address);
                    string mine = Convert.ToHexString(segment.Bytes.Span.Slice(word, 4)), gnu = Convert.ToHexString(other.Bytes.Span.Slice(otherWord, 4));
                    Assert.Fail($"bytes at 0x{address & ~3u:x8} are {mine}, GNU as has {gnu}");
                }
            }
        }

        Assert.Equal(theirs.Entry, ours.Entry);
    }

    /// <summary>Our section addresses, as options for ld.</summary>
    private static IEnumerable<string> SectionAddresses(string source)
    {
        byte[] file = Assembler.Assemble("test.s", source).Bytes!;
        string path = Path.GetTempFileName();
        File.WriteAllBytes(path, file);
        foreach (string line in GnuAssembler.Run("objdump", "-h", path).Split('\n'))
        {
            string[] columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length > 4 && columns[1] is ".rodata" or ".data" or ".bss") yield return $"--section-start={columns[1]}=0x{columns[3]}";
        }

        File.Delete(path);
    }
}
