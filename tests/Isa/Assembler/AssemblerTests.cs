using HybridEmu.Isa;

namespace HybridEmu.Isa.Tests;

public class AssemblerTests
{
    [Fact]
    public void All_mistakes_of_a_file_are_reported_in_order_with_their_columns()
    {
        const string source = """
            _start:
                add a0, a1, b2
                adi a0, a0, 1
                addi a0, a0, 5000
                lw a0, 4(a1, 5
                j nowhere
            _start: nop
                .wrod 3
                csrr a0, mstats
                .byte 300; .half 1 +
                li a0, 0x123456789
                nop ; nop a0
            """;
        IReadOnlyList<Diagnostic> errors = Assembled.Errors(source);
        (int, int)[] places = [(2, 17), (3, 5), (4, 18), (5, 12), (6, 7), (7, 1), (8, 5), (9, 14), (10, 11), (10, 25), (11, 12), (12, 11)];
        Assert.Equal(places, errors.Select(e => (e.Line, e.Column)));
        Assert.Contains("'addi'", errors[1].Hint, StringComparison.Ordinal);
        Assert.Contains("-2048 to 2047", errors[2].Message, StringComparison.Ordinal);
        Assert.Contains("already defined at test.s:1", errors[5].Message, StringComparison.Ordinal);
        Assert.Contains("'.word'", errors[6].Hint, StringComparison.Ordinal);
        Assert.Contains("'mstatus'", errors[7].Hint, StringComparison.Ordinal);
        Assert.StartsWith("test.s:2:17: error: ", errors[0].ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Comments_of_all_kinds_vanish_and_columns_stay()
    {
        uint[] words = Assembled.Words("nop # one; two\nnop // x\n/* a\n b */ nop; /* c */ nop\n.ascii \"# ;/\"");
        Assert.Equal(5, words.Length);
        Diagnostic error = Assembled.Error("nop\n/* a\nb */ bad x");
        Assert.Equal((3, 6), (error.Line, error.Column));
    }

    [Fact]
    public void Macros_take_parameters_defaults_and_a_counter()
    {
        const string source = """
            .macro add3 rd, a, b=5, c:req
                addi \rd, \a, \b
            l\@: addi \rd, \rd, \c
            .endm
                add3 a0, a1, c=7
                add3 a0, a1, 6, 7
            """;
        Assert.Equal(Assembled.Words("addi a0,a1,5; addi a0,a0,7; addi a0,a1,6; addi a0,a0,7"), Assembled.Words(source));
        Diagnostic error = Assembled.Error(".macro m x:req\n addi a0, a0, \\x\n.endm\n m");
        Assert.Contains("'x'", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_mistake_in_a_macro_names_both_places()
    {
        Diagnostic error = Assembled.Error(".macro m x\n  addi a0, a0, \\x\n.endm\nnop\n m 9999");
        Assert.Equal((2, 16), (error.Line, error.Column));
        Assert.Contains("macro 'm' used at test.s:5", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_macro_without_end_and_a_macro_that_uses_itself_are_mistakes()
    {
        Assert.Contains(".endm", Assembled.Error(".macro m\n nop").Message, StringComparison.Ordinal);
        Assert.Contains("nested", Assembled.Error(".macro m\n m\n.endm\n m").Message, StringComparison.Ordinal);
        Assert.Contains(".endif", Assembled.Error(".if 1\n nop").Message, StringComparison.Ordinal);
        Assert.Contains("itself", Assembled.Errors(".equ a, b\n.equ b, a\n.word a")[0].Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Repetitions_and_conditions_choose_statements()
    {
        const string source = """
            .set i, 0
            .rept 3
            .byte i
            .set i, i + 1
            .endr
            .irp v, 10, 20
            .byte \v
            .endr
            .if i == 3
              .ifdef nothing
              .byte 99
              .else
              .byte 1
              .endif
            .elseif 1
              .byte 98
            .else
              .byte 97
            .endif
            .ifndef nothing
            .byte 2
            .endif
            .byte FROM_OUTSIDE
            """;
        var options = new AssemblerOptions { Defines = new Dictionary<string, long> { ["FROM_OUTSIDE"] = 77 } };
        Assert.Equal([0, 1, 2, 10, 20, 1, 2, 77], Assembled.Bytes(Assembled.Image(source, options), 0x8000_0000, 8));
    }

    [Fact]
    public void Includes_come_from_the_resolver_and_errors_name_their_file()
    {
        var options = new AssemblerOptions { IncludeResolver = name => name == "lib.s" ? "nop\n bad\n" : null };
        Diagnostic error = Assert.Single(Assembled.Errors(".include \"lib.s\"\nnop", options));
        Assert.Equal(("lib.s", 2, 2), (error.File, error.Line, error.Column));
        Assert.Contains("cannot find", Assembled.Error(".include \"other.s\"").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Numeric_labels_mean_the_nearest_in_their_direction()
    {
        Assert.Equal(Assembled.Words("j .+4; j .-4; j .+4; nop"), Assembled.Words("j 1f; 1: j 1b-4; j 1f; 1: nop"));
        Assert.Contains("'1b'", Assembled.Error("j 1b").Message, StringComparison.Ordinal);
        Assert.Contains("'1f'", Assembled.Error("1: j 1f").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Expressions_have_the_precedence_of_C()
    {
        const string source = ".word 1 + 2 * 3, (1 + 2) * 3, 1 << 2 + 1, 7 & 3 == 3, 6 | 1 ^ 3, -7 / 2, -7 % 3, !0, ~0 & 0xff, 5 > 4 && 2 < 1, 1 || 0, 'a' + 1";
        Assert.Equal([7, 9, 8, 1, 6, unchecked((uint)-3), unchecked((uint)-1), 1, 255, 0, 1, 98], Assembled.Words(source));
        Assert.Contains("zero", Assembled.Error(".word 1 / 0").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Sections_follow_each_other_on_lines_and_the_stream_has_its_own_place()
    {
        ElfImage image = Assembled.Image("""
            .bss
            b: .space 8
            .data
            d: .word d
            .section .rodata
            r: .word 1
            .stream
            s: .space 0x100000
            .text
            nop
            _start: nop
            .section .stream.data,"aw",@progbits
            w: .word 5
            """);
        uint Value(string name) => image.FindSymbol(name)!.Value;
        Assert.Equal((0x8000_0040u, 0x8000_0080u, 0x8000_00C0u), (Value("r"), Value("d"), Value("b")));
        Assert.Equal(0x8100_0000u, Value("w") & 0xFF00_0000);
        Assert.Equal(0x8100_0000u, Value("s") & 0xFF00_0000);
        Assert.Equal(0x8000_0004u, image.Entry);
        Assert.Empty(image.Check(64 << 20, 0x8100_0000));
        Assert.Equal(0x8000_0000u, Assembled.Image("main: nop").Entry);
    }

    [Fact]
    public void Scratchpad_names_are_given_out_one_after_another()
    {
        ElfImage image = Assembled.Image(".spalloc a, 100\n.spalloc b, 4\n.spalloc c, 8, 16\n.spalloc d, 1\n li a0, sp(c)\n li a1, _sp_end");
        uint[] values = [.. ((string[])["a", "b", "c", "d"]).Select(n => image.FindSymbol(n)!.Value)];
        Assert.Equal([0, 128, 144, 192], values);
        Assert.True(image.FindSymbol("a")!.Absolute);
        Assert.Equal(100u, image.FindSymbol("a")!.SizeBytes);
    }

    [Fact]
    public void A_branch_reaches_4094_bytes_forward_and_4096_back_in_one_word()
    {
        Assert.Equal(4 + 4088, (int)Assembled.Image("_start: beq a0, a1, x\n.space 4088\nx: nop").FindSymbol("x")!.Value & 0xFFFF);
        Assert.Equal(8 + 4092, (int)Assembled.Image("_start: beq a0, a1, x\n.space 4092\nx: nop").FindSymbol("x")!.Value & 0xFFFF);
        Assert.Equal(4096 + 4, (int)Assembled.Image("x: .space 4096\n beq a0, a1, x\nend: nop").FindSymbol("end")!.Value & 0xFFFF);
        Assert.Equal(4100 + 8, (int)Assembled.Image("x: .space 4100\n beq a0, a1, x\nend: nop").FindSymbol("end")!.Value & 0xFFFF);
        Assert.Contains("reach", Assembled.Error("j x\n.space 0x100000\nx: nop").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Content_in_a_section_without_content_is_a_mistake()
    {
        Assert.Contains("nobits", Assembled.Error(".bss\n.word 1").Message, StringComparison.Ordinal);
        Assert.Contains("not executable", Assembled.Error(".data\n nop").Message, StringComparison.Ordinal);
        Assembled.Image("nop\n.bss\n.word 0\n.space 4");
    }

    [Fact]
    public void Equal_source_gives_equal_bytes()
    {
        const string source = "_start: la a0, x\n beqz a0, _start\n.data\nx: .word 1\n.spalloc y, 4\nmx.zero slot=0, m=4, n=4, acc=fp32";
        Assert.Equal(Assembler.Assemble("a.s", source).Bytes, Assembler.Assemble("b.s", source).Bytes);
    }

    [Fact]
    public void Any_text_gives_an_image_or_mistakes()
    {
        ulong seed = 77;
        string[] pieces = ["add ", "a0", ", ", "(", ")", "\"", "'", ".word ", ".macro m x\n", ".endm\n", "\\x", "1:", "1b", "\n", ";", "/*", ".if ", ".endif\n", "%hi(", "mx.zero ", "m=", "0x", "9", "-", ".rept 2\n", ".endr\n", "lw ", "x:", ".align ", ".org ", "=", ".equ x,", "x", ".space "];
        for (int i = 0; i < 3000; i++)
        {
            string text = "";
            for (int n = 0; n < 25; n++)
            {
                seed = seed * 6364136223846793005 + 1442695040888963407;
                text += pieces[(int)(seed >> 40) % pieces.Length];
            }

            AssemblyResult result = Assembler.Assemble("any.s", text);
            Assert.Equal(result.Succeeded, result.Diagnostics.Count == 0);
        }
    }
}
