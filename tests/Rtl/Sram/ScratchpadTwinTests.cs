namespace HybridEmu.Rtl.Tests;

/// <summary>Scratchpad.sv against the emulator's scratchpad, every channel in every cycle.</summary>
public sealed class ScratchpadTwinTests
{
    private static readonly PortRole[] s_four = [PortRole.Both, PortRole.Both, PortRole.Both, PortRole.Both];

    private static readonly ScratchpadShape s_single = new(4096, 16, 8, false, 64, s_four, [64, 64, 64, 64]);
    private static readonly ScratchpadShape s_dual = new(4096, 32, 4, true, 64, s_four, [64, 64, 64, 64]);

    private static readonly ScratchpadShape s_wide = new(
        8192, 8, 32, false, 256, [PortRole.Reads, PortRole.Both, PortRole.Writes, PortRole.Reads, PortRole.Both], [256, 64, 128, 64, 64]);

    private static readonly RtlMutant[] s_mutants =
    [
        new("no room, and yet a part in it", "scratchpad.sv", "request_valid[p] && response_ready[p]", "request_valid[p]"),
        new("a read waits for writes, and not for reads", "scratchpad.sv", "(head[p].write || !DUAL_PORTED ? writing : reading)", "writing"),
        new("an access holds the banks that it did not get", "scratchpad.sv", "granted[p] && (head[p].write || !DUAL_PORTED)", "request_valid[p] && head[p].write"),
        new("a later port sees what was there before", "scratchpad.sv", "read_row == write_row && writer < reader", "1'b0"),
        new("the last chunk of a line is never waited for", "scratchpad.sv", "{request.head.length, 3'b000}", "{request.head.length - 10'd1, 3'b000}"),
    ];

    private static readonly VerilatedModel s_dualTwin = s_dual.Twin(s_mutants);

    /// <summary>Dual-ported; single-ported and with wide ports too where more time is given, as each is a program of its own.</summary>
    public static TheoryData<string> Shapes => Verilator.Factor > 1 ? ["dual-ported", "single-ported", "wide ports"] : ["dual-ported"];

    [VerilatorTheory]
    [MemberData(nameof(Shapes))]
    public void Every_port_of_a_scratchpad_is_that_of_its_twin_in_every_cycle(string shape)
    {
        if (shape == "dual-ported")
            Check(s_dual, s_dualTwin);
        else if (shape == "single-ported")
            Check(s_single, s_single.Twin());
        else
            Check(s_wide, s_wide.Twin());
    }

    [VerilatorFact]
    public void Every_bug_planted_in_the_scratchpad_is_found() =>
        RandomCases.AssertKilled(s_mutants, seed => s_dual.Run(ScratchpadCase.Of(seed, s_dual)), s_dualTwin);

    private static void Check(ScratchpadShape shape, VerilatedModel twin) =>
        RandomCases.Check(40, seed => ScratchpadCase.Of(seed, shape), c => c.Smaller(), c => shape.Run(c).Compare(twin));
}
