namespace HybridEmu.Rtl.Tests;

/// <summary>Load_engine.sv and store_engine.sv against the emulator's engines, every channel in every cycle.</summary>
public sealed class CopyTwinTests
{
    private static readonly RtlMutant[] s_mutants =
    [
        new("rows that continue each other in memory alone are one run", "strided_walk.sv",
            "first.destination.stride0 == first.run * 32'(first.destination_bytes)", "1'b1"),
        new("a plane begins where its last row does", "strided_walk.sv", "side.plane + extend(side.stride1)", "side.run + extend(side.stride1)"),
        new("a transaction runs past its granule", "descriptor_ring.sv", "run_rest < 32'(granule_rest)", "run_rest < 32'd64"),
        new("a descriptor is reported before its last acknowledgement", "descriptor_ring.sv", "slots[oldest].outstanding == '0", "slots[oldest].outstanding <= 24'd1"),
        new("five descriptors in four slots", "descriptor_ring.sv", "used_present != 3'(SLOTS)", "used != 3'(SLOTS)"),
        new("ties are rounded up", "element_converter.sv", "32'h7FFF + 32'(x[16])", "32'h8000"),
        new("a NaN is shifted like a number", "element_converter.sv", "nan ? 16'h7FC0 : 16'(rounded >> 16)", "16'(rounded >> 16)"),
        new("an entry is free a cycle late", "load_engine.sv", "!entries_next[i].active", "!entries[i].active"),
        new("a beat ends with its flit only", "load_engine.sv", "left < line_rest ? left : line_rest", "left"),
        new("a header leaves a beat early", "store_engine.sv", "entries_next[send_at].arrived == entries_next[send_at].what.scratchpad_bytes",
            "entries_next[send_at].arrived + 11'd64 >= entries_next[send_at].what.scratchpad_bytes"),
        new("a buffer is opened a cycle late", "store_engine.sv", "!entries_next[open_at].active", "!entries[open_at].active"),
        new("reads begin a cycle after their buffer is opened", "store_engine.sv", "unread_next != '0", "unread != '0"),
    ];

    private static readonly VerilatedModel s_twin = new(
        "dma_top",
        [
            "messages.sv", "dma.sv", "channel.sv", "monitored_channel.sv", "strided_walk.sv", "descriptor_ring.sv", "element_converter.sv", "load_engine.sv",
            "store_engine.sv", "dma_top.sv",
        ],
        "twin.cpp",
        ("OUTSTANDING", CopyCase.Outstanding))
    {
        Mutants = s_mutants,
    };

    [VerilatorFact]
    public void Every_port_of_the_load_and_store_engines_is_that_of_its_twin_in_every_cycle() =>
        RandomCases.Check(60, CopyCase.Of, c => c.Smaller(), c => c.Run().Compare(s_twin));

    [VerilatorFact]
    public void Every_bug_planted_in_the_engines_is_found() => RandomCases.AssertKilled(s_mutants, seed => CopyCase.Of(seed).Run(), s_twin);
}
