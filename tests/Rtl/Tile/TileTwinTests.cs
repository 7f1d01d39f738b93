namespace HybridEmu.Rtl.Tests;

/// <summary>Tile.sv against the emulator's units, every channel in every cycle, under random graphs of descriptors.</summary>
public sealed class TileTwinTests
{
    private static readonly string[] s_sources =
    [
        "messages.sv", "dma.sv", "channel.sv", "monitored_channel.sv", "strided_walk.sv", "descriptor_ring.sv", "element_converter.sv", "load_engine.sv",
        "store_engine.sv", "dispatch.sv", "scratchpad.sv", "tile.sv", "tile_top.sv",
    ];

    private static readonly RtlMutant[] s_mutants =
    [
        new("stores come after loads", "scratchpad.sv", "(head[p].write || !DUAL_PORTED ? writing : reading) & touched[p]", "p == 3 ? touched[p] & touched[4] & {BANKS{request_valid[4]}} : writing & touched[p]"),
        new("a post is lost when the load and the store queue report together", "dispatch.sv", "oldest[q].descriptor.post0.count", "q == 1 && done_valid[0] ? 8'd0 : oldest[q].descriptor.post0.count"),
        new("acknowledgements are counted for the oldest descriptor", "load_engine.sv", "acknowledged == 2'(i)", "i == 0"),
        new("a flit is kept for a cycle before it is written", "load_engine.sv", "flit_valid && request_ready", "staged_valid && request_ready"),
    ];

    private static readonly VerilatedModel s_twin = new(
        "tile_top",
        s_sources,
        "twin.cpp",
        ("QUEUE_DEPTH", TileRig.QueueDepth), ("SCRATCHPAD_BYTES", TileRig.ScratchpadBytes), ("BANKS", TileRig.Banks), ("BANK_BYTES", TileRig.BankBytes),
        ("LOADS", TileRig.Loads), ("STORES", TileRig.Stores))
    {
        Mutants = s_mutants,
    };

    [VerilatorFact]
    public void Every_channel_of_a_tile_is_that_of_its_twin_in_every_cycle_whatever_the_graph()
    {
        long performed = 0, issued = 0;
        RandomCases.Check(40, TileCase.Of, c => c.Smaller(), c =>
        {
            TwinBench bench = TileRig.Run(c, hasMatrixTwin: false, out long done);
            performed += done;
            issued += c.Commands.Count(command => command.Command.Operation == Units.DispatchOperation.Issue);
            return bench.Compare(s_twin);
        });
        Assert.True(performed > issued / 2, $"{performed} of {issued} descriptors were performed");
    }

    [VerilatorFact]
    public void Every_bug_planted_in_the_tile_is_found() =>
        RandomCases.AssertKilled(s_mutants, seed => TileRig.Run(TileCase.Of(seed), hasMatrixTwin: false, out _), s_twin);
}
