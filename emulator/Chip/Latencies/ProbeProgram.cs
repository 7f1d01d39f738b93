using System.Globalization;
using System.Text;

namespace HybridEmu.Chip;

/// <summary>
/// Source of a program for hart 0 of an idle chip: pieces of code that each run some times, at first to warm the caches;
/// of each the core writes down counts of cycles, a word each, at <c>results</c>. The other harts sleep.
/// </summary>
/// <param name="rounds">How often a piece runs; the last time counts.</param>
internal sealed class ProbeProgram(int rounds = 2)
{
    private const int ResultBytes = 4;

    /// <summary>Waits for all results of what was probed before, a division among them.</summary>
    private const string Rest = "    or t0, s2, s3\n    or t0, s4, s5\n    or t0, s6, s7\n    or t0, s8, s9\n    or t0, a0, a1\n";

    private readonly StringBuilder _code = new(
        """
            .text
            .globl _start
        _start:
            csrr    t0, mhartid
            bnez    t0, sleep
            la      t0, handler
            csrw    mtvec, t0
            la      gp, results
            j       pieces
        sleep:
            wfi
            j       sleep
            .align  2
        handler:
            csrr    t6, mepc
            addi    t6, t6, 4
            csrw    mepc, t6
            mret
        pieces:

        """);

    private readonly StringBuilder _data = new("    .data\n    .align 6\nword:\n    .zero 4096\nuntouched:\n    .zero 64\n");
    private int _pieces;

    public int Results { get; private set; }

    /// <summary>A descriptor in memory, on a line of its own.</summary>
    public void Descriptor(string label, string text) => _data.Append(CultureInfo.InvariantCulture, $"    .align 6\n{label}:\n    {text}\n");

    /// <summary>Cycles of some code, from the edge after the counter is read to that at which it is read again.</summary>
    /// <returns>Which result it is.</returns>
    public int Time(string setup, string body) =>
        Piece(setup + "\nfence\ncsrr s0, mcycle\n" + body + "\ncsrr s1, mcycle\nsub s1, s1, s0\naddi s1, s1, -1");

    /// <summary>The cycle at which the first instruction of some code executes.</summary>
    public int Begin(string setup, string body) => Piece(setup + "\nfence\ncsrr s0, mcycle\n" + body + "\naddi s1, s0, 1");

    public string Source() =>
        _code + "    li t0, 0x10000008\n    sw zero, 0(t0)\nend:\n    j end\n" + _data + $"    .align 6\nresults:\n    .zero {ResultBytes * Math.Max(1, Results)}\n";

    private int Piece(string lines)
    {
        string label = string.Create(CultureInfo.InvariantCulture, $"piece{_pieces++}");
        _code.Append(CultureInfo.InvariantCulture, $"    li s11, {rounds}\n{label}:\n");
        _code.Append("    li a2, 5\n    li a3, 3\n    la a4, word\n    li a5, 7\n    li a6, 1\n    li a7, 15\n    la s10, untouched\n    la t5, trivial\n");
        _code.Append(Rest);
        foreach (string line in lines.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            _code.Append("    ").Append(line).Append('\n');
        _code.Append(CultureInfo.InvariantCulture, $"    addi s11, s11, -1\n    beqz s11, {label}_end\n    j {label}\n{label}_end:\n    sw s1, 0(gp)\n    addi gp, gp, {ResultBytes}\n");
        return Results++;
    }
}
