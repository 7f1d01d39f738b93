// Dispatch between the channels of the control core and of the four engines, for tests.
/* verilator lint_off PINCONNECTEMPTY */
/* verilator lint_off UNUSEDSIGNAL */
module dispatch_top #(
    parameter int DEPTH = 8,
    localparam int COMMAND = 32 * (($bits(hx::command_t) + 31) / 32 + 1), // of a message and its flags, in whole words
    localparam int REPLY = 32 * (($bits(hx::reply_t) + 31) / 32 + 1),
    localparam int NOTICE = 32 * (($bits(hx::notice_t) + 31) / 32 + 1),
    localparam int START = 32 * (($bits(hx::start_t) + 31) / 32 + 1),
    localparam int DONE = 32 * (($bits(hx::done_t) + 31) / 32 + 1),
    localparam int CORE_DRIVEN = COMMAND + 32 + 32, ENGINE_DRIVEN = 32 + DONE,
    localparam int CORE_SEEN = COMMAND + REPLY + NOTICE, ENGINE_SEEN = START + DONE
) (
    input logic clock,
    input logic reset,
    input logic [CORE_DRIVEN+hx::QUEUES*ENGINE_DRIVEN-1:0] stimulus,
    output logic [CORE_SEEN+hx::QUEUES*ENGINE_SEEN-1:0] observation
);
    logic command_valid, command_pop, reply_ready, reply_push, notice_ready, notice_push;
    hx::command_t command_data;
    hx::reply_t reply_data;
    hx::notice_t notice_data;
    logic [hx::QUEUES-1:0] start_ready, start_push, done_valid, done_pop;
    hx::start_t [hx::QUEUES-1:0] start_data;
    hx::done_t [hx::QUEUES-1:0] done_data;

    monitored_channel #(.WIDTH($bits(hx::command_t))) commands (
        .clock, .reset, .ready(), .push(stimulus[0]), .in(stimulus[32 +: $bits(hx::command_t)]),
        .valid(command_valid), .pop(command_pop), .out(command_data), .monitor(observation[0 +: COMMAND]));
    monitored_channel #(.WIDTH($bits(hx::reply_t))) replies (
        .clock, .reset, .ready(reply_ready), .push(reply_push), .in(reply_data),
        .valid(), .pop(stimulus[COMMAND]), .out(), .monitor(observation[COMMAND +: REPLY]));
    monitored_channel #(.WIDTH($bits(hx::notice_t))) notices (
        .clock, .reset, .ready(notice_ready), .push(notice_push), .in(notice_data),
        .valid(), .pop(stimulus[COMMAND+32]), .out(), .monitor(observation[COMMAND+REPLY +: NOTICE]));

    for (genvar q = 0; q < hx::QUEUES; q++) begin : engine
        localparam int DRIVEN = CORE_DRIVEN + q * ENGINE_DRIVEN;
        localparam int SEEN = CORE_SEEN + q * ENGINE_SEEN;
        monitored_channel #(.WIDTH($bits(hx::start_t))) starts (
            .clock, .reset, .ready(start_ready[q]), .push(start_push[q]), .in(start_data[q]),
            .valid(), .pop(stimulus[DRIVEN]), .out(), .monitor(observation[SEEN +: START]));
        monitored_channel #(.WIDTH($bits(hx::done_t))) dones (
            .clock, .reset, .ready(), .push(stimulus[DRIVEN+32]), .in(stimulus[DRIVEN+64 +: $bits(hx::done_t)]),
            .valid(done_valid[q]), .pop(done_pop[q]), .out(done_data[q]), .monitor(observation[SEEN+START +: DONE]));
    end

    dispatch #(.DEPTH(DEPTH)) dut (.*);
endmodule
/* verilator lint_on UNUSEDSIGNAL */
/* verilator lint_on PINCONNECTEMPTY */
