namespace HybridEmu.Rtl.Tests;

/// <summary>Bugs as people make them, each in one expression of the matrix unit's SystemVerilog.</summary>
internal static class MatrixMutants
{
    /// <summary>Number of the bug that the test of shrinking wakes.</summary>
    public const int Shrinking = 1;

    /// <summary>Which bugs are asleep in the twin of a size.</summary>
    public static RtlMutant[] Of(int size) => size switch
    {
        MatrixSizes.OfMutants => InGeneral,
        MatrixSizes.OfFurtherMutants => OfBottomAndPacking,
        _ => [],
    };

    private static readonly RtlMutant[] InGeneral =
    [
        new("a fold does not wait for sums in flight", "fold_sequencer.sv", "launch_addend && in_flight", "1'b0"),
        new("a fold waits for one over other columns", "fold_sequencer.sv", "launched[i].valid && launched[i].line == launch_line", "launched[i].valid"),
        new("a late row does not freeze the array", "fold_sequencer.sv", "moving != '0 && !stopped", "moving != '0 && !second_edge"),
        new("a frozen array still takes a token", "fold_sequencer.sv", "shifting && !stopped && (!switch_due || launch)", "shifting && !second_edge && (launch || !switch_due)"),
        new("the first token waits until the switch token is past", "fold_sequencer.sv", "(!switch_due || launch)", "!switch_due"),
        new("a row beyond k takes weights", "fold_sequencer.sv", "ROWS - 1 - 32'(tokens) < 32'(shift_words)", "ROWS - 1 - 32'(tokens) <= 32'(shift_words)"),
        new("accumulate is forgotten", "fold_sequencer.sv", "accumulate_q || launch_k_first != 16'd0", "launch_k_first != 16'd0"),
        new("a product is over a step early", "fold_sequencer.sv", "marks[LEAVES] && !second_edge", "marks[LEAVES-1] && !second_edge"),
        new("a load's tokens overtake the switch token", "fold_sequencer.sv", "folds_to_launch && switches && shadow_full", "1'b0"),
        new("a stream that goes on with the PEs' weights switches", "fold_sequencer.sv", "enter_switch   = launch && switches", "enter_switch   = launch && (switches || AWAKE)"),
        new("a stream that is taken with the last token goes on with the old weights", "fold_sequencer.sv", "start_weights || shadow_holds", "start_weights || shadow_full"),
        new("a stream behind one of a single row switches to the same weights", "fold_sequencer.sv", "(shadow_full && !enter_switch)", "shadow_full"),
        new("a stream of other types follows", "matrix_order.sv", "next.type_a == type_a && next.type_b == type_b", "1'b1"),
        new("a stream follows while tokens are missing", "matrix_order.sv", "rows_in && tokens_in", "rows_in"),
        new("no more than three streams are on their way out", "matrix_order.sv", "entries_left <= MOST_LEAVING", "entries_left < MOST_LEAVING"),
        new("nothing is taken beside a stream that is over", "matrix_order.sv", "products != 3'(product_over) || entries_left > 3'd1", "products != 3'(product_over)"),
        new("a load is taken beside a stream that is over", "matrix_order.sv", "is_stream && (", "is_stream && (AWAKE || "),
        new("a second load is taken beside a stream", "matrix_order.sv", "at_work && !stays[newest].load", "at_work"),
        new("a load is reported before its last token", "matrix_order.sv", "entries > 3'd1 || !shifting", "1'b1"),
        new("a load beside a stream is reported with it", "matrix_order.sv", "done_push && (reported || !queue[0].load)", "done_push"),
        new("a load takes the stream's types along", "matrix_unit.sv", "if (start_rows)", "if (start_rows || (start_load && AWAKE))"),
        new("a 16-bit step takes an edge", "fold_sequencer.sv", "step && wide_q && products_left != 3'd0", "1'b0"),
        new("tokens of a load alone take two edges behind a 16-bit stream", "fold_sequencer.sv", "wide_q && products_left != 3'd0", "wide_q && (AWAKE || products_left != 3'd0)"),
        new("only 16-bit weights take two edges", "matrix_unit.sv", "descriptor.type_a == hx::TYPE_INT16 || ", "!(AWAKE) && descriptor.type_a == hx::TYPE_INT16 || "),
        new("columns beyond n are written", "accumulators.sv", "step && writer.valid && c < 32'(writer.columns)", "step && writer.valid"),
        new("sums are written a step early", "accumulators.sv", "passed[c + ROWS]", "passed[c + ROWS - 1]"),
        new("the place of a row that is taken is free an edge late", "operand_stream.sv", "claimed - COUNT_BITS'(row_take) < COUNT_BITS'(DEPTH)", "claimed < COUNT_BITS'(DEPTH)"),
        new("a row is cut at 32 bytes", "operand_stream.sv", "32'(PORT_BYTES) - 32'(address[PORT_BITS-1:0])", "32'd32 - 32'(address[4:0])"),
        new("weights come first row first", "operand_stream.sv", "fold_words - 16'd1 - walked", "walked"),
        new("the end of a cut row overwrites its beginning", "operand_stream.sv", "{arriving_at, 3'd0}", "19'd0"),
        new("transposed weights come first column first", "operand_stream.sv", "emit_words - 16'd1 - emitted", "emitted"),
        new("a third block of a transposer is asked for", "operand_stream.sv", "blocks - 2'(block_emitted) < 2'd2", "blocks - 2'(block_emitted) < 2'd3"),
        new("a transposer reads the block that is being filled", "transposer.sv", "fill_block ^ blocks[0]", "fill_block"),
        new("a drain rounds half up", "drain_column.sv", "(active + 32'h7FFF + 32'(active[16])) >> 16", "(active + 32'h8000) >> 16"),
        new("relu lets -0 pass", "drain_column.sv", "relu && biased_word[31]", "relu && biased_word[31] && biased_word[30:0] != 31'd0"),
        new("a drain that scales forgets the bias", "drain_column.sv", "biased ? sum : scaled_word", "biased && !scaled ? sum : scaled_word"),
        new("a bias is asked for again from its start", "range_reader.sv", "address + 24'(asked)", "address"),
        new("a drain reads the next row an edge late", "drain_sequencer.sv", "out_left == 16'd0 || (request_push && part == out_left)", "out_left == 16'd0"),
        new("a drain ends before its last acknowledgement", "drain_sequencer.sv", "unacknowledged == 16'(response_valid)", "unacknowledged <= 16'd1"),
        new("int4 in bytes has no sign", "operand_stream.sv", "8'(signed'(halves[i]))", "8'(halves[i])"),
        new("a zero clears a line too few of each block", "matrix_unit.sv", "zero_row + 16'd1 == zero_m", "zero_row + 16'd2 >= zero_m"),
    ];

    private static readonly RtlMutant[] OfBottomAndPacking =
    [
        new("a fold waits for sums that it does not read", "fold_sequencer.sv", "launch_addend && in_flight", "in_flight"),
        new("a fold waits a step too few", "fold_sequencer.sv", "launched[i].line == launch_line", "launched[i].line == launch_line && i + 1 < WINDOW"),
        new("an addend is read as its row enters", "accumulators.sv", "passed[c + READ_DELAY]", "passed[c]"),
        new("an addend enters at the top too", "accumulators.sv", "top[c] = 32'd0;", "top[c] = AWAKE && reads ? word : 32'd0;"),
        new("a fold that starts sums adds them to what is held", "accumulators.sv", "!reads", "!sums"),
        new("numbers are added as integers", "accumulators.sv", "floats ? float_sum : word + bottom[c]", "word + bottom[c]"),
        new("a bank is written while the array holds", "accumulators.sv", "step && writer.valid", "writer.valid"),
        new("a fold takes R of k whatever p is", "fold_walk.sv", "16'(ROWS) << packing_q", "16'(ROWS)"),
        new("what is left of k in a last word is forgotten", "fold_walk.sv", "(fold_k + (16'd1 << packing_q) - 16'd1) >> packing_q", "fold_k >> packing_q"),
        new("a word's k descend as words do", "operand_stream.sv", "32'(word_first) + 32'(member)", "32'(word_first) + (32'd1 << packing_q) - 32'd1 - 32'(member)"),
        new("a word is gathered from p rows beyond k too", "operand_stream.sv", "word_first + 16'(member) + 16'd1 == fold_k", "1'b0"),
        new("each row that is gathered takes a place of the FIFO", "operand_stream.sv", "asked == 16'd0 && member == 3'd0", "asked == 16'd0"),
        new("a gathered element replaces those before it", "operand_stream.sv", "gathers && response.tag[7:5] != 3'd0", "1'b0"),
        new("a gathered row of int4 that begins in a byte begins an element early", "operand_stream.sv", "begins_high ? all >> 4 : all", "all"),
        new("the half byte behind a row of int4 belongs to it", "operand_stream.sv", "row_arrives && response.tag[4]", "1'b0"),
        new("int4 that was unpacked is packed from the wrong half", "operand_stream.sv", "column_bytes[i][3:0]", "column_bytes[i][7:4]"),
        new("transposed weights are read as bytes", "operand_stream.sv", "WEIGHTS != 0 && packing_q != 2'd0", "1'b0"),
        new("the fourth int8 of a word is not multiplied", "multiply_accumulate.sv", "i < 4", "i < 3"),
        new("int8 of X that are packed have no sign", "multiply_accumulate.sv", "32'(signed'(a[8*i+:8]))", "32'(a[8*i+:8])"),
        new("int4 of W that are packed have no sign", "multiply_accumulate.sv", "32'(signed'(b[4*i+:4]))", "32'(b[4*i+:4])"),
        new("int8 is packed only where int4 is", "matrix_unit.sv", "packing != 2'd0", "packing == 2'd3"),
    ];
}
