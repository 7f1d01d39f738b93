// The banked memory of a tile and its arbiter (TIMING.md, SP-1 to SP-6). Consecutive BANK_BYTES lie in consecutive banks, round
// and round. Each cycle the head request of every port is looked at in the order of the ports, and granted when all banks that it
// touches are free: its bytes move at this edge, and its answer enters the response channel at the same edge.
//
// A line is LINE_BYTES aligned bytes, the most that an access can have; the banks of one line are all different.
module scratchpad #(
    parameter int PORTS = 4,
    parameter int SIZE_BYTES = 4096,   // a multiple of BANKS * BANK_BYTES
    parameter int BANKS = 16,          // a power of two
    parameter int BANK_BYTES = 8,      // a power of two, at most LINE_BYTES
    parameter bit DUAL_PORTED = 1'b0,  // a read and a write a bank and cycle, instead of one access
    parameter int LINE_BYTES = 64,     // the widest port's line, a power of two, at most BANKS * BANK_BYTES
    localparam int BITS = 8 * LINE_BYTES + $bits(hx::access_t)
) (
    input logic clock,
    input logic reset,
    input logic [PORTS-1:0] request_valid,
    input logic [BITS-1:0] request_data [PORTS],
    output logic [PORTS-1:0] request_pop,
    input logic [PORTS-1:0] response_ready,
    output logic [PORTS-1:0] response_push,
    output logic [BITS-1:0] response_data [PORTS]
);
    localparam int CHUNKS = LINE_BYTES / BANK_BYTES; // of a line, each in its own bank
    localparam int LINES = BANKS / CHUNKS;           // beside each other in the banks
    localparam int ROWS = SIZE_BYTES / (BANKS * BANK_BYTES);
    localparam int ROW_BITS = $clog2(ROWS) > 0 ? $clog2(ROWS) : 1;
    localparam int PORT_BITS = $clog2(PORTS) > 0 ? $clog2(PORTS) : 1;
    localparam int OFFSET_BITS = $clog2(LINE_BYTES);

    typedef logic [8*LINE_BYTES-1:0] line_t;
    typedef logic [8*BANK_BYTES-1:0] word_t;
    typedef struct packed {
        line_t data;
        hx::access_t head;
    } message_t;

    hx::access_t head [PORTS];
    line_t mask [PORTS];                     // ones in the bytes of the line that an access has
    line_t placed [PORTS];                   // its data, at their place in the line
    logic [BANKS-1:0] touched [PORTS];       // the banks that it needs
    logic [ROW_BITS-1:0] row [PORTS];        // where in them
    logic [PORTS-1:0] granted;
    word_t bank_out [BANKS];

    for (genvar p = 0; p < PORTS; p++) begin : decode
        message_t request;
        wire [OFFSET_BITS-1:0] offset = request.head.address[OFFSET_BITS-1:0];
        assign request = request_data[p];
        assign head[p] = request.head;
        assign mask[p] = ~(~line_t'(0) << {request.head.length, 3'b000}) << {offset, 3'b000};
        assign placed[p] = request.data << {offset, 3'b000};
        assign row[p] = ROW_BITS'(request.head.address / 24'(BANKS * BANK_BYTES));
        for (genvar b = 0; b < BANKS; b++) begin : bank
            wire here = (request.head.address / 24'(LINE_BYTES)) % 24'(LINES) == 24'(b / CHUNKS);
            assign touched[p][b] = here && |mask[p][(b % CHUNKS) * 8 * BANK_BYTES +: 8 * BANK_BYTES];
        end
    end

    // SP-2, SP-3, SP-4: all banks or none; who came first in the order of ports holds them. SP-6: no room, no part in it.
    logic [BANKS-1:0] reading, writing;
    always_comb begin
        reading = '0;
        writing = '0;
        for (int p = 0; p < PORTS; p++) begin
            granted[p] = request_valid[p] && response_ready[p]
                && ((head[p].write || !DUAL_PORTED ? writing : reading) & touched[p]) == '0;
            if (granted[p] && (head[p].write || !DUAL_PORTED))
                writing |= touched[p];
            else if (granted[p])
                reading |= touched[p];
        end
    end

    for (genvar b = 0; b < BANKS; b++) begin : bank
        word_t memory [ROWS];
        word_t enable, in;
        logic [ROW_BITS-1:0] read_row, write_row;
        logic [PORT_BITS-1:0] reader, writer;

        always_comb begin
            enable = '0;
            in = '0;
            read_row = '0;
            write_row = '0;
            reader = '0;
            writer = '0;
            for (int p = 0; p < PORTS; p++)
                if (granted[p] && touched[p][b] && head[p].write) begin
                    enable = mask[p][(b % CHUNKS) * 8 * BANK_BYTES +: 8 * BANK_BYTES];
                    in = placed[p][(b % CHUNKS) * 8 * BANK_BYTES +: 8 * BANK_BYTES];
                    write_row = row[p];
                    writer = PORT_BITS'(p);
                end else if (granted[p] && touched[p][b]) begin
                    read_row = row[p];
                    reader = PORT_BITS'(p);
                end
            // A read and a write of one row meet in a dual-ported bank only: the later port sees what the earlier one did.
            bank_out[b] = memory[read_row];
            if (read_row == write_row && writer < reader)
                bank_out[b] = (bank_out[b] & ~enable) | (in & enable);
        end

        always_ff @(posedge clock)
            if (enable != '0)
                memory[write_row] <= (memory[write_row] & ~enable) | (in & enable);
    end

    for (genvar p = 0; p < PORTS; p++) begin : answer
        message_t response;
        line_t line;
        always_comb begin
            line = '0;
            for (int b = 0; b < BANKS; b++)
                if (touched[p][b] && !head[p].write)
                    line[(b % CHUNKS) * 8 * BANK_BYTES +: 8 * BANK_BYTES] = bank_out[b];
            response.head = head[p];
            response.data = (line & mask[p]) >> {head[p].address[OFFSET_BITS-1:0], 3'b000};
        end
        assign response_data[p] = response;
    end

    assign request_pop = granted & {PORTS{!reset}};
    assign response_push = request_pop;
endmodule
