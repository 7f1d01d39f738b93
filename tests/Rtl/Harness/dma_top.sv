// A load or store engine between the channels of dispatch, of the wide plane and of the scratchpad, for tests.
/* verilator lint_off PINCONNECTEMPTY */
/* verilator lint_off UNUSEDSIGNAL */
module dma_top #(
    parameter int OUTSTANDING = 8,
    localparam int ACCESS_BITS = 8 * hx::FLIT_BYTES + $bits(hx::access_t),
    localparam int START = 32 * (($bits(hx::start_t) + 31) / 32 + 1), // of a message and its flags, in whole words
    localparam int DONE = 32 * (($bits(hx::done_t) + 31) / 32 + 1),
    localparam int FLIT = 32 * (($bits(hx::flit_t) + 31) / 32 + 1),
    localparam int ACCESS = 32 * ((ACCESS_BITS + 31) / 32 + 1),
    localparam int DRIVEN = START + 32 + 32 + FLIT + 32 + ACCESS,
    localparam int SEEN = START + DONE + 2 * FLIT + 2 * ACCESS
) (
    input logic clock,
    input logic reset,
    input logic [2*DRIVEN-1:0] stimulus, // of the load engine, then of the store engine
    output logic [2*SEEN-1:0] observation
);
    logic [1:0] start_valid, start_pop, done_ready, done_push;
    logic [1:0] wide_request_ready, wide_request_push, wide_response_valid, wide_response_pop;
    logic [1:0] request_ready, request_push, response_valid, response_pop;
    hx::start_t start_data [2];
    hx::done_t done_data [2];
    hx::flit_t wide_request_data [2], wide_response_data [2];
    logic [ACCESS_BITS-1:0] request_data [2], response_data [2];

    for (genvar e = 0; e < 2; e++) begin : engine
        localparam int D = e * DRIVEN, O = e * SEEN;
        monitored_channel #(.WIDTH($bits(hx::start_t))) start (
            .clock, .reset, .ready(), .push(stimulus[D]), .in(stimulus[D+32 +: $bits(hx::start_t)]),
            .valid(start_valid[e]), .pop(start_pop[e]), .out(start_data[e]), .monitor(observation[O +: START]));
        monitored_channel #(.WIDTH($bits(hx::done_t))) done (
            .clock, .reset, .ready(done_ready[e]), .push(done_push[e]), .in(done_data[e]),
            .valid(), .pop(stimulus[D+START]), .out(), .monitor(observation[O+START +: DONE]));
        monitored_channel #(.WIDTH($bits(hx::flit_t))) wide_request (
            .clock, .reset, .ready(wide_request_ready[e]), .push(wide_request_push[e]), .in(wide_request_data[e]),
            .valid(), .pop(stimulus[D+START+32]), .out(), .monitor(observation[O+START+DONE +: FLIT]));
        monitored_channel #(.WIDTH($bits(hx::flit_t))) wide_response (
            .clock, .reset, .ready(), .push(stimulus[D+START+64]), .in(stimulus[D+START+96 +: $bits(hx::flit_t)]),
            .valid(wide_response_valid[e]), .pop(wide_response_pop[e]), .out(wide_response_data[e]), .monitor(observation[O+START+DONE+FLIT +: FLIT]));
        monitored_channel #(.WIDTH(ACCESS_BITS)) request (
            .clock, .reset, .ready(request_ready[e]), .push(request_push[e]), .in(request_data[e]),
            .valid(), .pop(stimulus[D+START+64+FLIT]), .out(), .monitor(observation[O+START+DONE+2*FLIT +: ACCESS]));
        monitored_channel #(.WIDTH(ACCESS_BITS), .DEPTH(4)) response (
            .clock, .reset, .ready(), .push(stimulus[D+START+96+FLIT]), .in(stimulus[D+START+128+FLIT +: ACCESS_BITS]),
            .valid(response_valid[e]), .pop(response_pop[e]), .out(response_data[e]), .monitor(observation[O+START+DONE+2*FLIT+ACCESS +: ACCESS]));
    end

    load_engine #(.OUTSTANDING(OUTSTANDING), .PORT(8'd2)) load (
        .clock, .reset,
        .start_valid(start_valid[0]), .start_data(start_data[0]), .start_pop(start_pop[0]),
        .done_ready(done_ready[0]), .done_push(done_push[0]), .done_data(done_data[0]),
        .wide_request_ready(wide_request_ready[0]), .wide_request_push(wide_request_push[0]), .wide_request_data(wide_request_data[0]),
        .wide_response_valid(wide_response_valid[0]), .wide_response_data(wide_response_data[0]), .wide_response_pop(wide_response_pop[0]),
        .request_ready(request_ready[0]), .request_push(request_push[0]), .request_data(request_data[0]),
        .response_valid(response_valid[0]), .response_data(response_data[0]), .response_pop(response_pop[0]));

    store_engine #(.OUTSTANDING(OUTSTANDING), .PORT(8'd3)) store (
        .clock, .reset,
        .start_valid(start_valid[1]), .start_data(start_data[1]), .start_pop(start_pop[1]),
        .done_ready(done_ready[1]), .done_push(done_push[1]), .done_data(done_data[1]),
        .wide_request_ready(wide_request_ready[1]), .wide_request_push(wide_request_push[1]), .wide_request_data(wide_request_data[1]),
        .wide_response_valid(wide_response_valid[1]), .wide_response_data(wide_response_data[1]), .wide_response_pop(wide_response_pop[1]),
        .request_ready(request_ready[1]), .request_push(request_push[1]), .request_data(request_data[1]),
        .response_valid(response_valid[1]), .response_data(response_data[1]), .response_pop(response_pop[1]));
endmodule
/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on PINCONNECTEMPTY */
