// A channel that tells all that goes on at it in a cycle. The lowest word of the monitor has ready, valid, push and pop; those above
// it have the entry at the head, or zeros where there is none. Where nobody looks at the monitor it costs nothing.
module monitored_channel #(
    parameter int WIDTH = 8,
    parameter int DEPTH = 2,
    localparam int WORDS = (WIDTH + 31) / 32
) (
    input logic clock,
    input logic reset,
    output logic ready,
    input logic push,
    input logic [WIDTH-1:0] in,
    output logic valid,
    input logic pop,
    output logic [WIDTH-1:0] out,
    output logic [32*WORDS+31:0] monitor
);
    logic [32*WORDS-1:0] head;

    channel #(.WIDTH(WIDTH), .DEPTH(DEPTH)) fifo (.*);
    assign head = valid ? (32*WORDS)'(out) : '0;
    assign monitor = {head, 28'b0, pop, push, valid, ready};
endmodule
