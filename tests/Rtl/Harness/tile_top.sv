// A tile with its matrix unit, of which the test is core and memory. The stimulus has, in the order of the tile's monitor, what is
// pushed into channels that the test feeds (a word of flags, then the message), and a word of flags for each that it drains.
/* verilator lint_off PINCONNECTEMPTY */
/* verilator lint_off UNUSEDSIGNAL */
module tile_top #(
    parameter int QUEUE_DEPTH = 8,
    parameter int SCRATCHPAD_BYTES = 16384,
    parameter int BANKS = 8,
    parameter int BANK_BYTES = 16,
    parameter bit DUAL_PORTED = 1'b0,
    parameter int LOADS = 6,
    parameter int STORES = 2,
    parameter int ROWS = 4,
    parameter int COLUMNS = 4,
    parameter int ACCUMULATOR_BYTES = 65536,
    localparam int HEAD_BITS = $bits(hx::access_t),
    localparam int ACCESS_BITS = 8 * 64 + HEAD_BITS,
    localparam int COMMAND = 32 * (($bits(hx::command_t) + 31) / 32 + 1),
    localparam int REPLY = 32 * (($bits(hx::reply_t) + 31) / 32 + 1),
    localparam int NOTICE = 32 * (($bits(hx::notice_t) + 31) / 32 + 1),
    localparam int START = 32 * (($bits(hx::start_t) + 31) / 32 + 1),
    localparam int DONE = 32 * (($bits(hx::done_t) + 31) / 32 + 1),
    localparam int FLIT = 32 * (($bits(hx::flit_t) + 31) / 32 + 1),
    localparam int ACCESS = 32 * ((ACCESS_BITS + 31) / 32 + 1),
    localparam int WIDE_AT = COMMAND + 32 + 32,          // of each: request's pop, response
    localparam int PORT_AT = WIDE_AT + 2 * (32 + FLIT),  // of the core: request, response's pop
    localparam int MONITOR = COMMAND + REPLY + NOTICE + 3 * (START + DONE) + 4 * FLIT + 12 * ACCESS
) (
    input logic clock,
    input logic reset,
    input logic [PORT_AT+ACCESS+32-1:0] stimulus,
    output logic [MONITOR-1:0] observation
);
    logic [1:0] wide_request_pop, wide_response_push;
    hx::flit_t wide_request_out [2], wide_response_in [2];
    logic [3:0] request_ready, request_push, response_valid, response_pop;
    logic [ACCESS_BITS-1:0] request_in [4], response_out [4];
    logic start_valid, start_pop, done_ready, done_push;
    hx::start_t start;
    hx::done_t done;
    hx::access_t operands, weights;

    for (genvar e = 0; e < 2; e++) begin : wide
        assign wide_request_pop[e] = stimulus[WIDE_AT + e * (32 + FLIT)];
        assign wide_response_push[e] = stimulus[WIDE_AT + e * (32 + FLIT) + 32];
        assign wide_response_in[e] = stimulus[WIDE_AT + e * (32 + FLIT) + 64 +: $bits(hx::flit_t)];
    end

    assign request_push[3] = stimulus[PORT_AT];
    assign request_in[3] = stimulus[PORT_AT + 32 +: ACCESS_BITS];
    assign response_pop[3] = stimulus[PORT_AT + ACCESS];
    assign request_in[0] = {512'b0, operands};
    assign request_in[1] = {512'b0, weights};

    matrix_unit #(.ROWS(ROWS), .COLUMNS(COLUMNS), .ACCUMULATOR_BYTES(ACCUMULATOR_BYTES)) matrix (
        .clock, .reset,
        .start_valid, .start_data(start), .start_pop,
        .done_ready, .done_push, .done_data(done),
        .a_request_ready(request_ready[0]), .a_request_push(request_push[0]), .a_request_data(operands),
        .a_response_valid(response_valid[0]), .a_response_data(response_out[0]), .a_response_pop(response_pop[0]),
        .w_request_ready(request_ready[1]), .w_request_push(request_push[1]), .w_request_data(weights),
        .w_response_valid(response_valid[1]), .w_response_data(response_out[1]), .w_response_pop(response_pop[1]),
        .d_request_ready(request_ready[2]), .d_request_push(request_push[2]), .d_request_data(request_in[2]),
        .d_response_valid(response_valid[2]), .d_response_data(response_out[2][HEAD_BITS-1:0]), .d_response_pop(response_pop[2]));

    tile #(
        .QUEUE_DEPTH(QUEUE_DEPTH), .SCRATCHPAD_BYTES(SCRATCHPAD_BYTES), .BANKS(BANKS), .BANK_BYTES(BANK_BYTES), .DUAL_PORTED(DUAL_PORTED),
        .LOADS(LOADS), .STORES(STORES)
    ) dut (
        .clock, .reset,
        .command_ready(), .command_push(stimulus[0]), .command_in(stimulus[32 +: $bits(hx::command_t)]),
        .reply_valid(), .reply_pop(stimulus[COMMAND]), .reply_out(),
        .notice_valid(), .notice_pop(stimulus[COMMAND + 32]), .notice_out(),
        .mx_start_valid(start_valid), .mx_start_pop(start_pop), .mx_start_out(start),
        .mx_done_ready(done_ready), .mx_done_push(done_push), .mx_done_in(done),
        .wide_request_valid(), .wide_request_pop, .wide_request_out,
        .wide_response_ready(), .wide_response_push, .wide_response_in,
        .request_ready, .request_push, .request_in,
        .response_valid, .response_pop, .response_out,
        .monitor(observation));
endmodule
/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on PINCONNECTEMPTY */
