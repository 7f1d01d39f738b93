using HybridEmu.Isa;

namespace HybridEmu.Fuzz;

/// <summary>Sources of firmware/, and small programs that use what those do not.</summary>
internal static class FuzzSources
{
    private static readonly string s_root = FindRoot();

    private static readonly Dictionary<string, string> s_library =
        Directory.EnumerateFiles(Path.Combine(s_root, "firmware", "lib")).ToDictionary(f => Path.GetFileName(f), File.ReadAllText);

    public static IReadOnlyList<string> All { get; } =
    [
        .. Directory.EnumerateFiles(Path.Combine(s_root, "firmware"), "*", SearchOption.AllDirectories)
            .Where(f => f.EndsWith(".s", StringComparison.Ordinal) || f.EndsWith(".inc", StringComparison.Ordinal))
            .Order(StringComparer.Ordinal).Select(File.ReadAllText),
        ".macro twice x, y=4, rest:vararg\n .word \\x, \\y\n .ifnb \\rest\n twice \\rest\n .endif\n.endm\n.text\n_start:\n twice 1\n twice 1, 2, 3\nl\\@: j 1f\n1: beq a0, a1, 1b\n",
        ".data\n.irp r, a0, a1, a2\n.asciz \"\\r\"\n.endr\n.irpc c, abc\n.byte '\\c\n.endr\n.rept 3\n.half 1\n.rept 2\n.byte 2\n.endr\n.endr\n.purgem x\n.exitm\n.end\n",
        ".equ a, b + 1\n.set b, 4\nc = a * b - (a / b) % 3\n.if c > 3 && !d\n.elseif c == 2\n.else\n.endif\n.ifdef a\n.ifc x,y\n.endif\n.endif\n.word a, b, c, . - x\nx: .dword -1, 'a', '\\n'\n",
        ".section .rodata.x,\"a\",@progbits\n.align 3, 0xff, 4\n.balign 64\n.p2align 2\n.org 0x100, 1\n.fill 3, 4, 5\n.zero 4\n.skip 8, 1\n.float 1.5, -2e-3, inf, nan, 3\nf:\n.size f, .-f\n.type f, @function\n.section .bss\nb: .space 64\n",
        ".comm x, 64, 8\n.lcomm y, 4\n.spalloc s, 32*64*2, 64\n.pushsection .stream\n.space 4096\n.popsection\n.previous\n.globl x, y\n.text\n_start: la a0, x\n lui a1, %hi(y)\n addi a1, a1, %lo(y)(a1)\n1: auipc a2, %pcrel_hi(x)\n lw a3, %pcrel_lo(1b)(a2)\n li a4, 0x12345678\n call _start\n tail 1b\n csrrw a0, mstatus, a1\n csrwi mie, 3\n amoadd.w.aqrl a0, a1, (a2)\n fence rw, w\n lr.w a0, (a1)\n",
        ".org e + 4\ne:\n.word e - s\ns:\n.balign 4096\nbeq a0, a1, e\n.space 5000\nbne a0, a1, s\n",
        .. DescriptorTexts(),
    ];

    /// <summary>Names of directives, instructions and operations.</summary>
    public static IReadOnlyList<string> Words { get; } =
    [
        ".macro m", ".endm", ".rept", ".irp", ".endr", ".if", ".else", ".elseif", ".endif", ".include \"hx.inc\"", ".org", ".align", ".balign", ".space", ".fill", ".comm",
        ".float", ".byte", ".dword", ".asciz", ".section", ".text", ".data", ".bss", ".stream", ".equ", ".set", ".spalloc", ".size", ".purgem", ".end", ".exitm", "\\@", "\\x",
        "%hi(", "%lo(", "%pcrel_hi(", "%pcrel_lo(", "1f", "1b", ".", "sp(", "acc(", "hbm(", "a0", "_start", "'a'", "\"text\"", "-", "~", "<<", "/", "%", "&&",
        .. InstructionTable.Rows.ToArray().Select(r => r.Mnemonic),
        .. DescriptorTable.Rows.ToArray().Select(r => r.Mnemonic),
        .. DescriptorTable.Rows.ToArray().SelectMany(r => r.Fields.Select(f => f.Key + "=")).Distinct(),
    ];

    public static string Firmware(string name) => File.ReadAllText(Path.Combine(s_root, "firmware", name, name + ".s"));

    /// <summary>Files of firmware/lib; no others, whatever a damaged name says.</summary>
    public static string? Include(string name) => s_library.GetValueOrDefault(name.StartsWith("../lib/", StringComparison.Ordinal) ? name[7..] : name);

    private static IEnumerable<string> DescriptorTexts() =>
        Isa.Tests.LegalDescriptors.OneEach().Chunk(8).Select(some => ".data\n" + string.Join('\n', some.Select(d => Disassembler.Text(d.Descriptor))) + "\n");

    private static string FindRoot()
    {
        string? directory = AppContext.BaseDirectory;
        while (directory is not null && !File.Exists(Path.Combine(directory, "HybridEmu.sln")))
            directory = Path.GetDirectoryName(directory);
        return directory ?? throw new InvalidOperationException("HybridEmu.sln is in no folder above the tests.");
    }
}
