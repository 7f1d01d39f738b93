// The scratchpad between the channels of its requesters, for tests.
/* verilator lint_off PINCONNECTEMPTY */
module scratchpad_top #(
    parameter int PORTS = 4,
    parameter int SIZE_BYTES = 4096,
    parameter int BANKS = 16,
    parameter int BANK_BYTES = 8,
    parameter bit DUAL_PORTED = 1'b0,
    parameter int LINE_BYTES = 64,
    localparam int BITS = 8 * LINE_BYTES + $bits(hx::access_t),
    localparam int WORDS = (BITS + 31) / 32,
    localparam int DRIVEN = 32 * (WORDS + 2),
    localparam int SEEN = 32 * 2 * (WORDS + 1)
) (
    input logic clock,
    input logic reset,
    /* verilator lint_off UNUSEDSIGNAL */
    input logic [PORTS*DRIVEN-1:0] stimulus, // flags and messages begin with a word
    /* verilator lint_on UNUSEDSIGNAL */
    output logic [PORTS*SEEN-1:0] observation
);
    logic [PORTS-1:0] request_valid, request_pop, response_ready, response_push;
    logic [BITS-1:0] request_data [PORTS], response_data [PORTS];

    for (genvar p = 0; p < PORTS; p++) begin : port
        monitored_channel #(.WIDTH(BITS), .DEPTH(2)) request (
            .clock, .reset, .ready(), .push(stimulus[p*DRIVEN]), .in(stimulus[p*DRIVEN+32 +: BITS]),
            .valid(request_valid[p]), .pop(request_pop[p]), .out(request_data[p]), .monitor(observation[p*SEEN +: SEEN/2]));
        monitored_channel #(.WIDTH(BITS), .DEPTH(4)) response (
            .clock, .reset, .ready(response_ready[p]), .push(response_push[p]), .in(response_data[p]),
            .valid(), .pop(stimulus[p*DRIVEN+32*(WORDS+1)]), .out(), .monitor(observation[p*SEEN+SEEN/2 +: SEEN/2]));
    end

    scratchpad #(
        .PORTS(PORTS), .SIZE_BYTES(SIZE_BYTES), .BANKS(BANKS), .BANK_BYTES(BANK_BYTES), .DUAL_PORTED(DUAL_PORTED), .LINE_BYTES(LINE_BYTES)
    ) dut (.*);
endmodule
/* verilator lint_on PINCONNECTEMPTY */
