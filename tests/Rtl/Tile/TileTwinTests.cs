namespace HybridEmu.Rtl.Tests;

/// <summary>Tile.sv against the emulator's units, every channel in every cycle, under random graphs of descriptors.</summary>
public sealed class TileTwinTests
{
    private static readonly string[] s_sources =
    [
        "messages.sv", "dma.sv", "channel.sv", "monitored_channel.sv", "strided_walk.sv", "descriptor_ring.sv", "element_converter.sv", "load_engine.sv",
        "store_engine.sv", "dispatch.sv", "scratchpad.sv", "tile.sv", "multiply_accumulate.sv", "systolic_array.sv", "fold_walk.sv", "transposer.sv",
        "operand_stream.sv", "fold_sequencer.sv", "accumulators.sv", "fp32_add.sv", "fp32_multiply.sv", "drain_column.sv", "range_reader.sv",
        "drain_sequencer.sv", "matrix_order.sv", "matrix_unit.sv", "tile_top.sv",
    ];

    private static readonly RtlMutant[] s_mutants =
    [
        new("loads and stores take banks that compute has", "scratchpad.sv", "(head[p].write || !DUAL_PORTED ? writing : reading)", "p >= 3 ? '0 : writing"),
        new("posts of the matrix queue are lost", "dispatch.sv", "oldest[q].descriptor.post0.count", "q == 2 ? 8'd0 : oldest[q].descriptor.post0.count"),
        new("acknowledgements are counted for the oldest descriptor", "load_engine.sv", "acknowledged == 2'(i)", "i == 0"),
        new("a flit is kept for a cycle before it is written", "load_engine.sv", "flit_valid && request_ready", "staged_valid && request_ready"),
        new("a load waits for the stream before it", "matrix_order.sv", "at_work && !stays[newest].load", "1'b0"),
        new("a stream follows while rows of the one before enter", "matrix_order.sv", "rows_in && tokens_in", "tokens_in"),
    ];

    private static readonly TileSize s_square = new(4, 4, 8, 16, false, 4, 6, 2), s_odd = new(3, 5, 32, 4, true, 8, 2, 3);

    private static readonly VerilatedModel s_squareTwin = Twin(s_square, s_mutants);

    /// <summary>A square array; another tile too where more time is given, as each is a program of its own.</summary>
    public static TheoryData<string> Sizes => Verilator.Factor > 1 ? ["square", "odd sizes"] : ["square"];

    [VerilatorTheory]
    [MemberData(nameof(Sizes))]
    public void Every_channel_of_a_tile_is_that_of_its_twin_in_every_cycle_whatever_the_graph(string size)
    {
        if (size == "square")
            Check(s_square, s_squareTwin);
        else
            Check(s_odd, Twin(s_odd, []));
    }

    [VerilatorFact]
    public void Every_bug_planted_in_the_tile_is_found() =>
        RandomCases.AssertKilled(s_mutants, seed => TileRig.Run(s_square, TileCase.Of(seed), out _), s_squareTwin);

    private static VerilatedModel Twin(TileSize size, RtlMutant[] mutants) => new("tile_top", s_sources, "twin.cpp", size.Parameters) { Mutants = mutants };

    private static void Check(TileSize size, VerilatedModel twin)
    {
        long performed = 0, issued = 0;
        RandomCases.Check(10, TileCase.Of, c => c.Smaller(), c =>
        {
            TwinBench bench = TileRig.Run(size, c, out long done);
            performed += done;
            issued += c.Commands.Count(command => command.Command.Operation == Units.DispatchOperation.Issue);
            return bench.Compare(twin);
        });
        Assert.True(performed > issued / 2, $"{performed} of {issued} descriptors were performed");
    }
}
