// Queue MX of a tile. Here: mx.matmul, mx.load and mx.stream of bf16, int4, int8 and int16; mx.zero, a line an edge (MX-11); mx.drain rounded to
// nearest, without functions. Two ports a bank of the accumulators, sums accumulated at the top or, with BOTTOM, at the bottom (MX-16), one
// product a PE or, with INT8_PACKING and INT4_PACKING, 4 and 8 (MX-14). Which descriptors are at work together is the matter of matrix_order.
//
// A channel that the unit produces has x_ready, x_push and x_data, one it consumes x_valid, x_data and x_pop.
module matrix_unit #(
    parameter int ROWS = 8,
    parameter int COLUMNS = 8,
    parameter int ACCUMULATOR_BYTES = 65536,  // of all four slots
    parameter int LATENCY = 2,                // La: steps from the write of a sum to the first read of it
    parameter int OPERAND_ROWS = 8,           // X rows and rows of weights asked for ahead of the array
    parameter int WEIGHT_ROWS = 8,
    parameter int BOTTOM = 0,                 // the accumulators add at the bottom of the array
    parameter int INT8_PACKING = 1,           // p: products of a PE in a step, 1 or 4
    parameter int INT4_PACKING = 1,           // 1 or 8
    parameter int A_BYTES = 64,               // widths of the scratchpad ports, powers of two
    parameter int W_BYTES = 64,
    parameter int D_BYTES = 64,
    localparam int HEAD_BITS = $bits(hx::access_t)
) (
    input  logic                           clock,
    input  logic                           reset,

    input  logic                           start_valid,
    input  hx::start_t                     start_data,
    output logic                           start_pop,
    input  logic                           done_ready,
    output logic                           done_push,
    output hx::done_t                      done_data,

    // X rows.
    input  logic                           a_request_ready,
    output logic                           a_request_push,
    output hx::access_t                    a_request_data,
    input  logic                           a_response_valid,
    input  logic [A_BYTES*8+HEAD_BITS-1:0] a_response_data,
    output logic                           a_response_pop,

    // Weights.
    input  logic                           w_request_ready,
    output logic                           w_request_push,
    output hx::access_t                    w_request_data,
    input  logic                           w_response_valid,
    input  logic [W_BYTES*8+HEAD_BITS-1:0] w_response_data,
    output logic                           w_response_pop,

    // Drained rows.
    input  logic                           d_request_ready,
    output logic                           d_request_push,
    output logic [D_BYTES*8+HEAD_BITS-1:0] d_request_data,
    input  logic                           d_response_valid,
    input  hx::access_t                    d_response_data,
    output logic                           d_response_pop
);
    localparam int WORDS = ACCUMULATOR_BYTES / 4;
    localparam int SLOT_LINES = WORDS / 4 / COLUMNS;
    localparam int LINES = (WORDS + COLUMNS - 1) / COLUMNS;
    localparam int LINE_BITS = LINES > 1 ? $clog2(LINES) : 1;
    localparam int COLUMN_BITS = $clog2(COLUMNS + 1);
    localparam int ROW_BITS = $clog2(ROWS + 1);
    localparam int PACKING = INT4_PACKING > INT8_PACKING ? INT4_PACKING : INT8_PACKING;
    localparam int WORD = PACKING > 1 ? 32 : 16;   // bits of an operand of a PE

    // ---- Descriptors ----------------------------------------------------------------------------------------------------------

    hx::descriptor_t descriptor;
    logic            start_matmul, start_load, start_stream, start_zero, start_drain;
    logic            shifting, tokens_in, rows_in, product_over;
    logic [2:0]      products;
    logic            zeroing, draining;
    logic [LINE_BITS-1:0] slot_line;

    assign descriptor   = start_data.descriptor;
    assign start_matmul = start_pop && descriptor.opcode == hx::OPCODE_MX_MATMUL;
    assign start_load   = start_pop && descriptor.opcode == hx::OPCODE_MX_LOAD;
    assign start_stream = start_pop && descriptor.opcode == hx::OPCODE_MX_STREAM;
    assign start_zero   = start_pop && descriptor.opcode == hx::OPCODE_MX_ZERO;
    assign start_drain  = start_pop && descriptor.opcode == hx::OPCODE_MX_DRAIN;
    assign slot_line    = LINE_BITS'(32'(descriptor.word56[1:0]) * SLOT_LINES);

    matrix_order order (
        .clock, .reset,
        .start_valid, .start(start_data), .start_pop, .done_ready, .done_push, .done(done_data),
        .busy(zeroing || draining), .shifting, .tokens_in, .rows_in, .products, .product_over
    );

    // ---- Products -------------------------------------------------------------------------------------------------------------

    logic                       start_rows, start_weights;
    logic                       row_valid, row_take, weights_valid, weights_take;
    logic [ROWS-1:0][WORD-1:0]  row;
    logic [COLUMNS-1:0][WORD-1:0] weights;
    logic [1:0]                 packing, mode;   // log2 p; what PEs multiply, as multiply_accumulate numbers it
    logic                       step, enter_row, enter_switch, enter_token, token_enable, addend;
    logic [ROW_BITS-1:0]        row_words;
    logic [COLUMN_BITS-1:0]     token_columns, sum_columns;
    logic [LINE_BITS-1:0]       sum_line;
    logic [COLUMNS-1:0][31:0]   top, bottom, line;
    logic [A_BYTES-1:0][7:0]    a_bytes;
    logic [W_BYTES-1:0][7:0]    w_bytes;
    hx::access_t                a_answer, w_answer;

    assign {a_bytes, a_answer} = a_response_data;
    assign {w_bytes, w_answer} = w_response_data;
    assign a_response_pop = a_response_valid;
    assign w_response_pop = w_response_valid;

    assign start_rows    = start_matmul || start_stream;
    assign start_weights = start_matmul || start_load;

    always_comb begin
        packing = 2'd0;
        if (INT4_PACKING == 8 && descriptor.type_b == hx::TYPE_INT4)
            packing = 2'd3;
        if (INT8_PACKING == 4 && descriptor.type_a == hx::TYPE_INT8 && descriptor.type_b == hx::TYPE_INT8)
            packing = 2'd2;
    end

    always_ff @(posedge clock) begin
        if (start_rows)
            mode <= packing != 2'd0 ? packing : 2'(descriptor.type_a == hx::TYPE_BF16);
    end

    // 4 bits, 8 or 16.
    function automatic logic [1:0] size_of(input logic [3:0] element_type);
        return element_type == hx::TYPE_INT4 ? 2'd0 : element_type == hx::TYPE_BF16 || element_type == hx::TYPE_INT16 ? 2'd2 : 2'd1;
    endfunction

    // A drain reads parameters and bias through the port of weights, alone.
    logic        weights_push, drain_push;
    hx::access_t weights_request, drain_request;

    assign w_request_push = draining ? drain_push : weights_push;
    assign w_request_data = draining ? drain_request : weights_request;

    operand_stream #(.WEIGHTS(0), .ROWS(ROWS), .COLUMNS(COLUMNS), .DEPTH(OPERAND_ROWS), .PORT_BYTES(A_BYTES), .PACKING(PACKING)) operands (
        .clock, .reset,
        .start(start_rows), .base(descriptor.a[23:0]), .pitch(descriptor.word40), .size(size_of(descriptor.type_a)), .packing,
        .transposed(descriptor.transpose_a), .m(descriptor.n0), .k(descriptor.n1), .n(descriptor.n2),
        .row_valid, .row, .row_take,
        .request_ready(a_request_ready), .request_push(a_request_push), .request(a_request_data),
        .response_valid(a_response_valid), .response(a_answer), .response_data(a_bytes)
    );

    operand_stream #(.WEIGHTS(1), .ROWS(ROWS), .COLUMNS(COLUMNS), .DEPTH(WEIGHT_ROWS), .PORT_BYTES(W_BYTES), .PACKING(PACKING)) weight_rows (
        .clock, .reset,
        .start(start_weights), .base(descriptor.b[23:0]), .pitch(descriptor.word44), .size(size_of(descriptor.type_b)), .packing,
        .transposed(descriptor.transpose_b), .m(descriptor.n0), .k(descriptor.n1), .n(descriptor.n2),
        .row_valid(weights_valid), .row(weights), .row_take(weights_take),
        .request_ready(w_request_ready), .request_push(weights_push), .request(weights_request),
        .response_valid(w_response_valid && !draining), .response(w_answer), .response_data(w_bytes)
    );

    fold_sequencer #(.ROWS(ROWS), .COLUMNS(COLUMNS), .LATENCY(LATENCY), .LINES(LINES), .BOTTOM(BOTTOM)) folds (
        .clock, .reset,
        .start_weights, .start_rows, .m(descriptor.n0), .k(descriptor.n1), .n(descriptor.n2), .accumulate(descriptor.accumulate), .slot_line,
        .packing, .wide(descriptor.type_a == hx::TYPE_INT16 || descriptor.type_b == hx::TYPE_INT16),
        .shifting, .tokens_in, .rows_in, .products, .product_over,
        .row_valid, .row_take, .weights_valid, .weights_take,
        .step, .enter_row, .row_words, .enter_switch, .enter_token, .token_enable, .token_columns,
        .addend, .line(sum_line), .columns(sum_columns)
    );

    // What lies beyond a row, and what enters where none does, is 0.
    logic [ROWS-1:0][WORD-1:0]    x;
    logic [COLUMNS-1:0][WORD-1:0] w;

    for (genvar r = 0; r < ROWS; r++) begin : x_lane
        assign x[r] = !enter_row || r >= 32'(row_words) ? '0 : row[r];
    end

    for (genvar c = 0; c < COLUMNS; c++) begin : w_lane
        assign w[c] = !token_enable || c >= 32'(token_columns) ? '0 : weights[c];
    end

    systolic_array #(.R(ROWS), .C(COLUMNS), .KIND(PACKING > 1 ? multiply_accumulate::ANY : multiply_accumulate::EITHER), .WORD(WORD)) array (
        .clock, .reset, .step, .mode, .x, .switch_token(enter_switch), .shift_token(enter_token), .weights(w),
        .weights_enable(token_enable), .top, .bottom
    );

    // ---- Zero: a line an edge -------------------------------------------------------------------------------------------------

    logic [15:0]            zero_m, zero_row, zero_left;   // rows of a block, those that are cleared, columns from this block on
    logic [LINE_BITS-1:0]   zero_line;
    logic [COLUMN_BITS-1:0] zero_columns;
    logic                   zero_block_ends, zero_over;

    assign zero_columns    = 32'(zero_left) < COLUMNS ? COLUMN_BITS'(zero_left) : COLUMN_BITS'(COLUMNS);
    assign zero_block_ends = zero_row + 16'd1 == zero_m;
    assign zero_over   = zeroing && zero_block_ends && 32'(zero_left) <= COLUMNS;

    always_ff @(posedge clock) begin
        if (reset)
            zeroing <= 1'b0;
        else if (start_zero)
            zeroing <= 1'b1;
        else if (zero_over)
            zeroing <= 1'b0;
        if (start_zero) begin
            zero_m    <= descriptor.n0;
            zero_row  <= 16'd0;
            zero_left <= descriptor.n2;
            zero_line <= slot_line;
        end else if (zeroing) begin
            zero_row  <= zero_block_ends ? 16'd0 : zero_row + 16'd1;
            zero_left <= zero_block_ends ? zero_left - 16'(COLUMNS) : zero_left;
            zero_line <= zero_line + 1'b1;
        end
    end

    // ---- Drain ----------------------------------------------------------------------------------------------------------------

    logic [LINE_BITS-1:0]    drain_line;
    hx::access_t             d_head;
    logic [D_BYTES-1:0][7:0] d_bytes;

    assign d_request_data = {d_bytes, d_head};
    assign d_response_pop = d_response_valid;

    drain_sequencer #(.COLUMNS(COLUMNS), .LINES(LINES), .PORT_BYTES(D_BYTES), .READ_BYTES(W_BYTES)) drain (
        .clock, .reset,
        .start(start_drain), .m_start(descriptor.n0), .n_start(descriptor.n2), .base_start(descriptor.d[23:0]),
        .pitch_start(descriptor.word48), .scaled_start(descriptor.word52 != 32'd0), .parameters_start(descriptor.word52[23:0]),
        .biased_start(descriptor.b != 48'd0), .bias_start(descriptor.b[23:0]),
        .integers_start(descriptor.type_accumulator == hx::TYPE_INT32),
        .relu_start(descriptor.activation == 4'd1), .type_start(descriptor.type_out), .slot_line,
        .active(draining), .line(drain_line), .words(line),
        .read_ready(w_request_ready), .read_push(drain_push), .read_request(drain_request),
        .read_valid(w_response_valid), .read_response(w_answer), .read_data(w_bytes),
        .request_ready(d_request_ready), .request_push(d_request_push), .request(d_head), .request_data(d_bytes),
        .response_valid(d_response_valid)
    );

    accumulators #(.ROWS(ROWS), .COLUMNS(COLUMNS), .LINES(LINES), .BOTTOM(BOTTOM)) banks (
        .clock, .reset, .step,
        .enter(enter_row), .enter_addend(addend), .enter_line(sum_line), .enter_columns(sum_columns), .top, .bottom, .floats(mode == 2'd1),
        .drain(draining), .drain_line, .line,
        .clear(zeroing), .clear_line(zero_line), .clear_columns(zero_columns)
    );

    logic unused;
    assign unused = ^{d_response_data, descriptor};
endmodule
