// The matrix unit between recorded channels: what each shows it at an edge comes in as one record, what it does at that edge goes out as
// one. Members of records are whole bytes, the last one first in memory,
// and records whole words.
module matrix_top #(
    parameter int ROWS = 8,
    parameter int COLUMNS = 8,
    parameter int ACCUMULATOR_BYTES = 16384,
    parameter int LATENCY = 2,
    parameter int OPERAND_ROWS = 8,
    parameter int WEIGHT_ROWS = 8,
    parameter int BOTTOM = 0,
    parameter int INT8_PACKING = 1,
    parameter int INT4_PACKING = 1,
    parameter int A_BYTES = 64,
    parameter int W_BYTES = 64,
    parameter int D_BYTES = 64,
    localparam int LINE_BYTES = 4 * COLUMNS,
    localparam int IN_BITS = 8 * (4 + 68 + 3 * 8 + A_BYTES + W_BYTES),
    localparam int OUT_BITS = 8 * (4 + 4 + 3 * 8 + D_BYTES + 4 + 3 * LINE_BYTES)
) (
    input  logic                clock,
    input  logic [IN_BITS-1:0]  stimulus,
    output logic [OUT_BITS-1:0] observed
);
    localparam int HEAD_BITS = $bits(hx::access_t);
    localparam int HEAD_PAD = 64 - HEAD_BITS;

    typedef struct packed {
        logic [W_BYTES*8-1:0] w_data;
        logic [A_BYTES*8-1:0] a_data;
        logic [HEAD_PAD-1:0] d_pad; hx::access_t d_answer;
        logic [HEAD_PAD-1:0] w_pad; hx::access_t w_answer;
        logic [HEAD_PAD-1:0] a_pad; hx::access_t a_answer;
        hx::start_t start;
        logic [22:0] pad;
        logic d_valid, w_valid, a_valid, d_ready, w_ready, a_ready, done_ready, start_valid, reset;
    } in_t;

    typedef struct packed {
        logic [COLUMNS-1:0][31:0] bank_word, bank_line;   // of the bank's write port
        logic [COLUMNS-1:0][31:0] bank_used;              // 1: read by the array, 2: written
        logic [31:0]              drained;                // words read by a drain
        logic [D_BYTES*8-1:0]     d_data;
        logic [HEAD_PAD-1:0] d_pad; hx::access_t d_request;
        logic [HEAD_PAD-1:0] w_pad; hx::access_t w_request;
        logic [HEAD_PAD-1:0] a_pad; hx::access_t a_request;
        hx::done_t done;
        logic [23:0] pad;
        logic d_pop, w_pop, a_pop, d_push, w_push, a_push, done_push, start_pop;
    } out_t;

    in_t  in;
    out_t out;
    logic start_pop, done_push, a_push, w_push, d_push, a_pop, w_pop, d_pop;
    hx::done_t done;
    hx::access_t a_request, w_request, d_request;
    logic [D_BYTES*8-1:0] d_data;
    logic [COLUMNS-1:0][31:0] bank_used, bank_word, bank_line;

    assign in = stimulus;
    always_comb begin
        out = '0;
        out.start_pop = start_pop;
        out.done_push = done_push;
        out.done = done;
        out.a_push = a_push;
        out.a_pop = a_pop;
        out.a_request = a_request;
        out.w_push = w_push;
        out.w_pop = w_pop;
        out.w_request = w_request;
        out.d_push = d_push;
        out.d_pop = d_pop;
        out.d_request = d_request;
        out.d_data = d_data;
        out.drained = unit.drain.read ? 32'(unit.drain.columns) : 32'd0;
        out.bank_used = bank_used;
        out.bank_line = bank_line;
        out.bank_word = bank_word;
    end

    assign observed = out;

    matrix_unit #(
        .ROWS(ROWS), .COLUMNS(COLUMNS), .ACCUMULATOR_BYTES(ACCUMULATOR_BYTES), .LATENCY(LATENCY), .OPERAND_ROWS(OPERAND_ROWS),
        .WEIGHT_ROWS(WEIGHT_ROWS), .BOTTOM(BOTTOM), .INT8_PACKING(INT8_PACKING), .INT4_PACKING(INT4_PACKING), .A_BYTES(A_BYTES), .W_BYTES(W_BYTES), .D_BYTES(D_BYTES)
    ) unit (
        .clock, .reset(in.reset),
        .start_valid(in.start_valid), .start_data(in.start), .start_pop(start_pop),
        .done_ready(in.done_ready), .done_push(done_push), .done_data(done),
        .a_request_ready(in.a_ready), .a_request_push(a_push), .a_request_data(a_request),
        .a_response_valid(in.a_valid), .a_response_data({in.a_data, in.a_answer}), .a_response_pop(a_pop),
        .w_request_ready(in.w_ready), .w_request_push(w_push), .w_request_data(w_request),
        .w_response_valid(in.w_valid), .w_response_data({in.w_data, in.w_answer}), .w_response_pop(w_pop),
        .d_request_ready(in.d_ready), .d_request_push(d_push), .d_request_data({d_data, d_request}),
        .d_response_valid(in.d_valid), .d_response_data(in.d_answer), .d_response_pop(d_pop)
    );

    for (genvar c = 0; c < COLUMNS; c++) begin : tap
        assign bank_used[c] = {30'd0, unit.banks.bank[c].write, unit.banks.bank[c].reads};
        assign bank_line[c] = 32'(unit.banks.bank[c].write_line);
        assign bank_word[c] = unit.banks.bank[c].write_word;
    end

    logic unused;
    assign unused = ^{in.pad, in.a_pad, in.w_pad, in.d_pad};
endmodule
