// The wire between two units: a small FIFO whose two answers come from registers (TIMING.md, K-1 and K-2). What is pushed at one
// clock edge can be popped at the next, and a place freed at one edge can be pushed at the next: full rate needs a DEPTH of 2.
module channel #(
    parameter int WIDTH = 32,
    parameter int DEPTH = 2
) (
    input  logic             clock,
    input  logic             reset,
    output logic             ready,  // there was room before this edge
    input  logic             push,   // only when ready
    input  logic [WIDTH-1:0] in,
    output logic             valid,  // there was an entry before this edge
    input  logic             pop,    // only when valid
    output logic [WIDTH-1:0] out
);
    localparam int PLACE = DEPTH > 1 ? $clog2(DEPTH) : 1;
    localparam int COUNT = $clog2(DEPTH + 1);
    localparam logic [PLACE-1:0] LAST = PLACE'(DEPTH - 1);

    logic [WIDTH-1:0] entries[DEPTH];
    logic [PLACE-1:0] head, tail;
    logic [COUNT-1:0] count;

    assign ready = count != COUNT'(DEPTH);
    assign valid = count != '0;
    assign out   = entries[head];

    always_ff @(posedge clock) begin
        if (push) entries[tail] <= in;
        if (reset) begin
            head  <= '0;
            tail  <= '0;
            count <= '0;
        end else begin
            if (push) tail <= tail == LAST ? '0 : tail + 1'b1;
            if (pop) head <= head == LAST ? '0 : head + 1'b1;
            count <= count + COUNT'(push) - COUNT'(pop);
        end
    end
endmodule
