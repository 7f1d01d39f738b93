namespace HybridEmu.Rtl.Tests;

/// <summary>Bugs as people make them, each in one expression of the matrix unit's SystemVerilog.</summary>
internal static class MatrixMutants
{
    /// <summary>Number of the bug that the test of shrinking wakes.</summary>
    public const int Shrinking = 1;

    public static readonly RtlMutant[] All =
    [
        new("a fold does not wait for sums in flight", "fold_sequencer.sv", "launch_k_first != 16'd0 && 32'(recent) >= 32'(blocks)", "1'b0"),
        new("a fold waits for one over other columns", "fold_sequencer.sv", "32'(recent) >= 32'(blocks)", "32'(recent) + 32'd1 >= 32'(blocks) && recent != '0"),
        new("a late row does not freeze the array", "fold_sequencer.sv", "(in_flight != '0 && !frozen)", "in_flight != '0"),
        new("a frozen array still takes a token", "fold_sequencer.sv", "folds_to_shift && !frozen && (!shadow_full || launch)", "folds_to_shift && (launch || !shadow_full)"),
        new("the first token waits until the switch token is past", "fold_sequencer.sv", "(!shadow_full || launch)", "!shadow_full"),
        new("a row beyond k takes weights", "fold_sequencer.sv", "ROWS - 1 - 32'(tokens) < 32'(shift_k)", "ROWS - 1 - 32'(tokens) <= 32'(shift_k)"),
        new("accumulate is forgotten", "fold_sequencer.sv", "accumulate_q || launch_k_first != 16'd0", "launch_k_first != 16'd0"),
        new("a matmul ends when its rows are in", "fold_sequencer.sv", "active && !folds_to_launch && !inside_fold && in_flight == '0", "active && !folds_to_launch && !inside_fold"),
        new("columns beyond n are written", "accumulators.sv", "step && writer.valid && c < 32'(writer.columns)", "step && writer.valid"),
        new("sums are written a step early", "accumulators.sv", "passed[c + ROWS]", "passed[c + ROWS - 1]"),
        new("the place of a row that is taken is free an edge late", "operand_stream.sv", "claimed - COUNT_BITS'(row_take) < COUNT_BITS'(DEPTH)", "claimed < COUNT_BITS'(DEPTH)"),
        new("a row is cut at 32 bytes", "operand_stream.sv", "32'(PORT_BYTES) - 32'(address[PORT_BITS-1:0])", "32'd32 - 32'(address[4:0])"),
        new("weights come first row first", "operand_stream.sv", "32'(k_first) + 32'(fold_k) - 32'd1 - 32'(walked)", "32'(k_first) + 32'(walked)"),
        new("the end of a cut row overwrites its beginning", "operand_stream.sv", "{arrived, 3'd0}", "19'd0"),
        new("transposed weights come first column first", "operand_stream.sv", "emit_k - 16'd1 - emitted", "emitted"),
        new("a third block of a transposer is asked for", "operand_stream.sv", "blocks - 2'(block_emitted) < 2'd2", "blocks - 2'(block_emitted) < 2'd3"),
        new("a transposer reads the block that is being filled", "transposer.sv", "fill_block ^ blocks[0]", "fill_block"),
        new("a drain rounds half up", "drain_column.sv", "(active + 32'h7FFF + 32'(active[16])) >> 16", "(active + 32'h8000) >> 16"),
        new("relu lets -0 pass", "drain_column.sv", "relu && biased_word[31]", "relu && biased_word[31] && biased_word[30:0] != 31'd0"),
        new("a drain that scales forgets the bias", "drain_column.sv", "biased ? sum : scaled_word", "biased && !scaled ? sum : scaled_word"),
        new("a bias is asked for again from its start", "range_reader.sv", "address + 24'(asked)", "address"),
        new("a drain reads the next row an edge late", "drain_sequencer.sv", "out_left == 16'd0 || (request_push && part == out_left)", "out_left == 16'd0"),
        new("a drain ends before its last acknowledgement", "drain_sequencer.sv", "phase == ACKNOWLEDGE && unacknowledged == 16'(response_valid)", "phase == ACKNOWLEDGE && unacknowledged <= 16'd1"),
        new("a zero clears a line too few of each block", "matrix_unit.sv", "zero_row + 16'd1 == zero_m", "zero_row + 16'd2 >= zero_m"),
    ];
}
