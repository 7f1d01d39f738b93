// Reads some bytes of the scratchpad: requests are cut at boundaries of the port's width (MX-9), one an edge, until all are asked for.
module range_reader #(
    parameter int BYTES = 64,        // the most that it reads
    parameter int PORT_BYTES = 64
) (
    input  logic                       clock,
    input  logic                       reset,
    input  logic                       read,       // until all is here
    input  logic [23:0]                address,
    input  logic [15:0]                length,
    output logic                       whole,      // the last byte arrives at this edge
    output logic [BYTES-1:0][7:0]      bytes,      // with those that arrive at this edge

    input  logic                       request_ready,
    output logic                       request_push,
    output hx::access_t                request,
    input  logic                       response_valid,
    input  hx::access_t                response,
    input  logic [PORT_BYTES-1:0][7:0] response_data
);
    localparam int PORT_BITS = $clog2(PORT_BYTES);

    logic [15:0] asked, arrived, left, rest_of_line, part;
    logic [23:0] part_address;
    logic [18:0] arrived_bits;
    logic [BYTES-1:0][7:0] held;

    assign left         = length - asked;
    assign part_address = address + 24'(asked);
    assign rest_of_line = 16'(PORT_BYTES) - 16'(part_address[PORT_BITS-1:0]);
    assign part         = left < rest_of_line ? left : rest_of_line;
    assign whole        = read && response_valid && arrived + 16'(response.length) == length;
    assign request_push = read && !whole && left != 16'd0 && request_ready;
    assign request      = '{tag: 16'd0, write: 1'b0, length: 10'(part), address: part_address};

    assign arrived_bits = {arrived, 3'd0};
    assign bytes = read && response_valid
        ? (held & ~({8*BYTES{1'b1}} << arrived_bits)) | ((8*BYTES)'(response_data) << arrived_bits) : held;

    always_ff @(posedge clock) begin
        held <= bytes;
        if (reset || whole) begin
            asked   <= 16'd0;
            arrived <= 16'd0;
        end else begin
            if (request_push)
                asked <= asked + part;
            if (read && response_valid)
                arrived <= arrived + 16'(response.length);
        end
    end

    logic unused;
    assign unused = ^{response_data, response.tag, response.write, response.address};
endmodule
