namespace HybridEmu.Rtl.Tests;

/// <summary>Bugs as people make them, each in one expression of the matrix unit's SystemVerilog.</summary>
internal static class MatrixMutants
{
    /// <summary>Number of the bug that the test of shrinking wakes.</summary>
    public const int Shrinking = 1;

    public static readonly RtlMutant[] All =
    [
        new("a fold does not wait for sums in flight", "fold_sequencer.sv", "launch_k != 16'd0 && 32'(recent) >= 32'(blocks)", "1'b0"),
        new("a fold waits a step too long", "fold_sequencer.sv", "recent + WINDOW_BITS'(enter_switch) - WINDOW_BITS'(launched[WINDOW-1])", "recent + WINDOW_BITS'(enter_switch && recent != '1) - WINDOW_BITS'(launched[WINDOW-1] && (!enter_switch || recent != '1) && in_flight[0])"),
        new("a late row does not freeze the array", "fold_sequencer.sv", "(in_flight != '0 && !frozen)", "in_flight != '0"),
        new("a frozen array still takes a token", "fold_sequencer.sv", "folds_to_shift && !frozen && (!shadow_full || launch)", "folds_to_shift && (!shadow_full || launch)"),
        new("the first token waits until the switch token is past", "fold_sequencer.sv", "(!shadow_full || launch)", "!shadow_full"),
        new("rows beyond k are enabled", "fold_sequencer.sv", "token_enable   = weights_needed", "token_enable   = 1'b1"),
        new("a tile's columns beyond n are written", "accumulators.sv", "sums   = step && writer.valid && c < 32'(writer.columns)", "sums   = step && writer.valid"),
        new("accumulate is forgotten", "fold_sequencer.sv", "accumulate_q || launch_k != 16'd0", "launch_k != 16'd0"),
        new("sums are written a row too low", "accumulators.sv", "writer = passed[c + ROWS]", "writer = passed[c + ROWS - 1]"),
        new("a NaN keeps its payload", "accumulators.sv", "floats && bottom[c][30:23] == 8'hFF && bottom[c][22:0] != 23'd0", "1'b0"),
        new("the place of a row is freed an edge late", "operand_stream.sv", "claimed - COUNT_BITS'(row_take) < COUNT_BITS'(DEPTH)", "claimed < COUNT_BITS'(DEPTH)"),
        new("a row is cut at 32 bytes", "operand_stream.sv", "32'(PORT_BYTES) - 32'(address[LINE_BITS-1:0])", "32'd32 - 32'(address[4:0])"),
        new("weights come first row first", "operand_stream.sv", "32'(k_first) + 32'(fold_k) - 32'd1 - 32'(walked)", "32'(k_first) + 32'(walked)"),
        new("the bytes behind a cut row overwrite its beginning", "operand_stream.sv", "i >= 32'(arrived) && i < 32'(arrived) + 32'(response.length)", "i < 32'(response.length)"),
        new("a drain rounds half up", "drain_column.sv", "(active + 32'h7FFF + 32'(active[16])) >> 16", "(active + 32'h8000) >> 16"),
        new("relu takes NaN for 0", "drain_column.sv", "relu && float_word[31] && !is_nan", "relu && (float_word[31] || is_nan)"),
        new("a drain reads the next row an edge late", "drain_sequencer.sv", "out_left == 16'd0 || (request_push && part == out_left)", "out_left == 16'd0"),
        new("a drain is over before its last acknowledgement", "drain_sequencer.sv", "active && !walking && unacknowledged == 16'(response_valid)", "active && !walking && unacknowledged <= 16'd1"),
        new("a zero clears a line too few", "matrix_unit.sv", "zero_row + 16'd1 == zero_m", "zero_row + 16'd1 >= zero_m - 16'(zero_m > 16'd1)"),
        new("a matmul ends when its rows are in", "fold_sequencer.sv", "active && !folds_to_launch && !inside_fold && in_flight == '0", "active && !folds_to_launch && !inside_fold"),
    ];
}
