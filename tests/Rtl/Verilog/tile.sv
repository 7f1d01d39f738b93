// A tile without its core and its vector unit: dispatch, load and store engine and scratchpad, and the channels between them, as the
// emulator's breadboard joins them (emulator/Chip/Tile.cs). The matrix unit is plugged in from outside: its side of queue MX and of
// the scratchpad ports mx.a, mx.w and mx.d. The core's side of dispatch and of its scratchpad port, and the memory's side of the two
// wide ports, lead out too. Channels of the VX queue are not there: nothing may be issued to it.
//
// The monitor tells what goes on at every channel (monitored_channel), the lowest bits first: commands, replies, notices; start and
// done of LD, ST and MX; request and response of the load engine's wide port and of the store engine's; request and response of
// the scratchpad ports in the order of their priority: mx.a, mx.w, mx.d, st, ld, core (SP-8).
module tile #(
    parameter int QUEUE_DEPTH = 8,
    parameter int SCRATCHPAD_BYTES = 16384,
    parameter int BANKS = 8,
    parameter int BANK_BYTES = 16,
    parameter bit DUAL_PORTED = 1'b0,
    parameter int LOADS = 6,               // transactions in flight
    parameter int STORES = 2,
    parameter logic [4:0] HOMES = 5'd7,    // pseudo-channels less one
    localparam int LINE_BYTES = 64,
    localparam int ACCESS_BITS = 8 * LINE_BYTES + $bits(hx::access_t),
    localparam int ENGINES = 3,            // of queues LD, ST, MX
    localparam int PORTS = 6,              // of the scratchpad
    localparam int COMMAND = 32 * (($bits(hx::command_t) + 31) / 32 + 1), // bits of the monitor
    localparam int REPLY = 32 * (($bits(hx::reply_t) + 31) / 32 + 1),
    localparam int NOTICE = 32 * (($bits(hx::notice_t) + 31) / 32 + 1),
    localparam int START = 32 * (($bits(hx::start_t) + 31) / 32 + 1),
    localparam int DONE = 32 * (($bits(hx::done_t) + 31) / 32 + 1),
    localparam int FLIT = 32 * (($bits(hx::flit_t) + 31) / 32 + 1),
    localparam int ACCESS = 32 * ((ACCESS_BITS + 31) / 32 + 1),
    localparam int ENGINE_AT = COMMAND + REPLY + NOTICE,
    localparam int WIDE_AT = ENGINE_AT + ENGINES * (START + DONE),
    localparam int PORT_AT = WIDE_AT + 2 * 2 * FLIT,
    localparam int MONITOR = PORT_AT + PORTS * 2 * ACCESS
) (
    input logic clock,
    input logic reset,

    // The core's side of dispatch.
    output logic command_ready,
    input logic command_push,
    input hx::command_t command_in,
    output logic reply_valid,
    input logic reply_pop,
    output hx::reply_t reply_out,
    output logic notice_valid,
    input logic notice_pop,
    output hx::notice_t notice_out,

    // The memory's side of the wide ports: 0 of the load engine, 1 of the store engine.
    output logic [1:0] wide_request_valid,
    input logic [1:0] wide_request_pop,
    output hx::flit_t wide_request_out [2],
    output logic [1:0] wide_response_ready,
    input logic [1:0] wide_response_push,
    input hx::flit_t wide_response_in [2],

    // The matrix unit's side of its queue.
    output logic mx_start_valid,
    input logic mx_start_pop,
    output hx::start_t mx_start_out,
    output logic mx_done_ready,
    input logic mx_done_push,
    input hx::done_t mx_done_in,

    // The requesters' side of scratchpad ports: 0 mx.a, 1 mx.w, 2 mx.d, 3 core.
    output logic [3:0] request_ready,
    input logic [3:0] request_push,
    input logic [ACCESS_BITS-1:0] request_in [4],
    output logic [3:0] response_valid,
    input logic [3:0] response_pop,
    output logic [ACCESS_BITS-1:0] response_out [4],

    output logic [MONITOR-1:0] monitor
);
    localparam int ST = 3, LD = 4, CORE = 5; // ports of the scratchpad, after those of the matrix unit

    // ---- Dispatch -------------------------------------------------------------------------------------------------------------

    logic d_command_valid, d_command_pop, d_reply_ready, d_reply_push, d_notice_ready, d_notice_push;
    hx::command_t d_command;
    hx::reply_t d_reply;
    hx::notice_t d_notice;
    /* verilator lint_off UNUSEDSIGNAL */ // of VX
    logic [hx::QUEUES-1:0] d_start_ready, d_start_push, d_done_valid, d_done_pop;
    hx::start_t [hx::QUEUES-1:0] d_start;
    /* verilator lint_on UNUSEDSIGNAL */
    hx::done_t [hx::QUEUES-1:0] d_done;

    monitored_channel #(.WIDTH($bits(hx::command_t))) commands (
        .clock, .reset, .ready(command_ready), .push(command_push), .in(command_in),
        .valid(d_command_valid), .pop(d_command_pop), .out(d_command), .monitor(monitor[0 +: COMMAND]));
    monitored_channel #(.WIDTH($bits(hx::reply_t))) replies (
        .clock, .reset, .ready(d_reply_ready), .push(d_reply_push), .in(d_reply),
        .valid(reply_valid), .pop(reply_pop), .out(reply_out), .monitor(monitor[COMMAND +: REPLY]));
    monitored_channel #(.WIDTH($bits(hx::notice_t))) notices (
        .clock, .reset, .ready(d_notice_ready), .push(d_notice_push), .in(d_notice),
        .valid(notice_valid), .pop(notice_pop), .out(notice_out), .monitor(monitor[COMMAND + REPLY +: NOTICE]));

    dispatch #(.DEPTH(QUEUE_DEPTH)) queues (
        .clock, .reset,
        .command_valid(d_command_valid), .command_data(d_command), .command_pop(d_command_pop),
        .reply_ready(d_reply_ready), .reply_push(d_reply_push), .reply_data(d_reply),
        .notice_ready(d_notice_ready), .notice_push(d_notice_push), .notice_data(d_notice),
        .start_ready(d_start_ready), .start_push(d_start_push), .start_data(d_start),
        .done_valid(d_done_valid), .done_data(d_done), .done_pop(d_done_pop));

    // ---- Queues ---------------------------------------------------------------------------------------------------------------

    logic [ENGINES-1:0] start_valid, start_pop, done_ready, done_push;
    hx::start_t start [ENGINES];
    hx::done_t done [ENGINES];

    for (genvar q = 0; q < ENGINES; q++) begin : queue_of
        monitored_channel #(.WIDTH($bits(hx::start_t))) starts (
            .clock, .reset, .ready(d_start_ready[q]), .push(d_start_push[q]), .in(d_start[q]),
            .valid(start_valid[q]), .pop(start_pop[q]), .out(start[q]), .monitor(monitor[ENGINE_AT + q * (START + DONE) +: START]));
        monitored_channel #(.WIDTH($bits(hx::done_t))) dones (
            .clock, .reset, .ready(done_ready[q]), .push(done_push[q]), .in(done[q]),
            .valid(d_done_valid[q]), .pop(d_done_pop[q]), .out(d_done[q]), .monitor(monitor[ENGINE_AT + q * (START + DONE) + START +: DONE]));
    end

    assign d_start_ready[hx::QUEUE_VX] = 1'b0;
    assign d_done_valid[hx::QUEUE_VX] = 1'b0;
    assign d_done[hx::QUEUE_VX] = '0;

    assign mx_start_valid = start_valid[hx::QUEUE_MX];
    assign start_pop[hx::QUEUE_MX] = mx_start_pop;
    assign mx_start_out = start[hx::QUEUE_MX];
    assign mx_done_ready = done_ready[hx::QUEUE_MX];
    assign done_push[hx::QUEUE_MX] = mx_done_push;
    assign done[hx::QUEUE_MX] = mx_done_in;

    // ---- Wide ports -----------------------------------------------------------------------------------------------------------

    logic [1:0] w_request_ready, w_request_push, w_response_valid, w_response_pop;
    hx::flit_t w_request [2], w_response [2];

    for (genvar e = 0; e < 2; e++) begin : wide
        monitored_channel #(.WIDTH($bits(hx::flit_t))) requests (
            .clock, .reset, .ready(w_request_ready[e]), .push(w_request_push[e]), .in(w_request[e]),
            .valid(wide_request_valid[e]), .pop(wide_request_pop[e]), .out(wide_request_out[e]),
            .monitor(monitor[WIDE_AT + 2 * e * FLIT +: FLIT]));
        monitored_channel #(.WIDTH($bits(hx::flit_t))) responses (
            .clock, .reset, .ready(wide_response_ready[e]), .push(wide_response_push[e]), .in(wide_response_in[e]),
            .valid(w_response_valid[e]), .pop(w_response_pop[e]), .out(w_response[e]),
            .monitor(monitor[WIDE_AT + (2 * e + 1) * FLIT +: FLIT]));
    end

    // ---- Scratchpad -----------------------------------------------------------------------------------------------------------

    logic [PORTS-1:0] p_request_ready, p_request_push, p_response_valid, p_response_pop;       // the requesters' side
    logic [ACCESS_BITS-1:0] p_request [PORTS], p_response [PORTS];
    logic [PORTS-1:0] s_request_valid, s_request_pop, s_response_ready, s_response_push;       // the scratchpad's side
    logic [ACCESS_BITS-1:0] s_request [PORTS], s_response [PORTS];

    for (genvar p = 0; p < PORTS; p++) begin : port
        monitored_channel #(.WIDTH(ACCESS_BITS)) requests (
            .clock, .reset, .ready(p_request_ready[p]), .push(p_request_push[p]), .in(p_request[p]),
            .valid(s_request_valid[p]), .pop(s_request_pop[p]), .out(s_request[p]), .monitor(monitor[PORT_AT + 2 * p * ACCESS +: ACCESS]));
        monitored_channel #(.WIDTH(ACCESS_BITS), .DEPTH(4)) responses (
            .clock, .reset, .ready(s_response_ready[p]), .push(s_response_push[p]), .in(s_response[p]),
            .valid(p_response_valid[p]), .pop(p_response_pop[p]), .out(p_response[p]),
            .monitor(monitor[PORT_AT + (2 * p + 1) * ACCESS +: ACCESS]));
    end

    for (genvar i = 0; i < 4; i++) begin : outside
        localparam int P = i == 3 ? CORE : i;
        assign request_ready[i] = p_request_ready[P];
        assign p_request_push[P] = request_push[i];
        assign p_request[P] = request_in[i];
        assign response_valid[i] = p_response_valid[P];
        assign p_response_pop[P] = response_pop[i];
        assign response_out[i] = p_response[P];
    end

    scratchpad #(
        .PORTS(PORTS), .SIZE_BYTES(SCRATCHPAD_BYTES), .BANKS(BANKS), .BANK_BYTES(BANK_BYTES), .DUAL_PORTED(DUAL_PORTED), .LINE_BYTES(LINE_BYTES)
    ) sram (
        .clock, .reset,
        .request_valid(s_request_valid), .request_data(s_request), .request_pop(s_request_pop),
        .response_ready(s_response_ready), .response_push(s_response_push), .response_data(s_response));

    // ---- Engines --------------------------------------------------------------------------------------------------------------

    load_engine #(.OUTSTANDING(LOADS), .PORT(8'd0), .HOMES(HOMES)) load (
        .clock, .reset,
        .start_valid(start_valid[hx::QUEUE_LD]), .start_data(start[hx::QUEUE_LD]), .start_pop(start_pop[hx::QUEUE_LD]),
        .done_ready(done_ready[hx::QUEUE_LD]), .done_push(done_push[hx::QUEUE_LD]), .done_data(done[hx::QUEUE_LD]),
        .wide_request_ready(w_request_ready[0]), .wide_request_push(w_request_push[0]), .wide_request_data(w_request[0]),
        .wide_response_valid(w_response_valid[0]), .wide_response_data(w_response[0]), .wide_response_pop(w_response_pop[0]),
        .request_ready(p_request_ready[LD]), .request_push(p_request_push[LD]), .request_data(p_request[LD]),
        .response_valid(p_response_valid[LD]), .response_data(p_response[LD]), .response_pop(p_response_pop[LD]));

    store_engine #(.OUTSTANDING(STORES), .PORT(8'd1), .HOMES(HOMES)) store (
        .clock, .reset,
        .start_valid(start_valid[hx::QUEUE_ST]), .start_data(start[hx::QUEUE_ST]), .start_pop(start_pop[hx::QUEUE_ST]),
        .done_ready(done_ready[hx::QUEUE_ST]), .done_push(done_push[hx::QUEUE_ST]), .done_data(done[hx::QUEUE_ST]),
        .wide_request_ready(w_request_ready[1]), .wide_request_push(w_request_push[1]), .wide_request_data(w_request[1]),
        .wide_response_valid(w_response_valid[1]), .wide_response_data(w_response[1]), .wide_response_pop(w_response_pop[1]),
        .request_ready(p_request_ready[ST]), .request_push(p_request_push[ST]), .request_data(p_request[ST]),
        .response_valid(p_response_valid[ST]), .response_data(p_response[ST]), .response_pop(p_response_pop[ST]));
endmodule
