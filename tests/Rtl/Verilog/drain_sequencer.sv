// Runs a drain: the parameter block if there is one; then blocks of C columns outer, for each its bias and then its rows. A row is read
// and converted at one edge and leaves from the next edge on, a request an edge; the next row is read with the last of them (MX-10).
// Requests are cut at boundaries of the port's width (MX-9). The drain is over when every write is acknowledged (MX-12).
module drain_sequencer #(
    parameter int COLUMNS = 8,
    parameter int LINES = 64,
    parameter int PORT_BYTES = 64,       // of the port of writes
    parameter int READ_BYTES = 64,       // of that of parameters and bias
    localparam int LINE_BITS = LINES > 1 ? $clog2(LINES) : 1
) (
    input  logic                       clock,
    input  logic                       reset,

    input  logic                       start,
    input  logic [15:0]                m_start, n_start,
    input  logic [23:0]                base_start,   // byte offset of the result in the scratchpad
    input  logic [31:0]                pitch_start,  // bytes from row to row
    input  logic                       scaled_start, // there is a parameter block, whose word 0 is the scale
    input  logic [23:0]                parameters_start,
    input  logic                       biased_start, // there is a vector of fp32 to add
    input  logic [23:0]                bias_start,
    input  logic                       integers_start,
    input  logic                       relu_start,
    input  logic [3:0]                 type_start,
    input  logic [LINE_BITS-1:0]       slot_line,    // first line of the slot
    output logic                       active,

    // A line of the accumulators, read at this edge.
    output logic [LINE_BITS-1:0]       line,
    input  logic [COLUMNS-1:0][31:0]   words,

    // To and from the scratchpad: reads, and writes.
    input  logic                       read_ready,
    output logic                       read_push,
    output hx::access_t                read_request,
    input  logic                       read_valid,
    input  hx::access_t                read_response,
    input  logic [READ_BYTES-1:0][7:0] read_data,
    input  logic                       request_ready,
    output logic                       request_push,
    output hx::access_t                request,
    output logic [PORT_BYTES-1:0][7:0] request_data,
    input  logic                       response_valid
);
    localparam int ROW_BYTES = 4 * COLUMNS;
    localparam int PORT_BITS = $clog2(PORT_BYTES);

    typedef enum logic [2:0] { IDLE, PARAMETERS, BIAS, ROWS, ACKNOWLEDGE } phase_t;

    phase_t      phase;
    logic        acknowledged;
    logic [15:0] m, n;
    logic [23:0] base;
    logic [31:0] pitch;
    logic        scaled, biased, integers, relu;
    logic [23:0] parameters, bias;
    logic [31:0] scale;
    logic [3:0]  type_out;
    logic [1:0]  element_shift;   // bytes of an element, as a power of two
    logic [15:0] row, n_first;    // rows of the block that have been read, and its first column

    // ---- Parameters and bias ------------------------------------------------------------------------------------------------

    localparam int READER_BYTES = ROW_BYTES > 64 ? ROW_BYTES : 64;

    logic [READER_BYTES-1:0][7:0] read_bytes;   // in a drain's rows: the block's bias
    logic [15:0] block_columns;
    logic        read_whole;

    range_reader #(.BYTES(READER_BYTES), .PORT_BYTES(READ_BYTES)) reader (
        .clock, .reset, .read(phase == PARAMETERS || phase == BIAS),
        .address(phase == PARAMETERS ? parameters : bias + (24'(n_first) << 2)),
        .length(phase == PARAMETERS ? 16'd64 : block_columns << 2), .whole(read_whole), .bytes(read_bytes),
        .request_ready(read_ready), .request_push(read_push), .request(read_request),
        .response_valid(read_valid), .response(read_response), .response_data(read_data)
    );

    logic unused;
    assign unused = ^read_bytes;

    // ---- The row that leaves --------------------------------------------------------------------------------------------------

    logic [ROW_BYTES-1:0][7:0] out;
    logic [23:0] out_address;     // of the bytes that are left
    logic [15:0] out_left;
    logic [15:0] part, rest_of_line;
    logic        buffer_free;     // at this edge

    assign rest_of_line = 16'(PORT_BYTES) - 16'(out_address[PORT_BITS-1:0]);
    assign part         = out_left < rest_of_line ? out_left : rest_of_line;
    assign request_push = out_left != 16'd0 && request_ready;
    assign request      = '{tag: 16'd0, write: 1'b1, length: 10'(part), address: out_address};
    assign buffer_free  = out_left == 16'd0 || (request_push && part == out_left);

    always_comb begin
        for (int i = 0; i < PORT_BYTES; i++)
            request_data[i] = i < ROW_BYTES && i < 32'(part) ? out[i < ROW_BYTES ? i : 0] : 8'd0;
    end

    // ---- The next one ---------------------------------------------------------------------------------------------------------

    logic [COLUMNS-1:0][31:0]  results;
    logic [ROW_BYTES-1:0][7:0] packed_row;
    logic [15:0] n_left, next_row, next_n, next_left, columns;
    logic        block_ends, last_block, read;

    for (genvar c = 0; c < COLUMNS; c++) begin : convert
        drain_column column (
            .word(words[c]), .integers, .scaled, .scale, .biased, .bias(read_bytes[4*c +: 4]), .relu, .type_out, .result(results[c])
        );
    end

    always_comb begin
        packed_row = '0;
        for (int c = 0; c < COLUMNS; c++) begin
            unique case (element_shift)
                2'd0:    packed_row[c] = results[c][7:0];
                2'd1:    packed_row[2*c +: 2] = results[c][15:0];
                default: packed_row[4*c +: 4] = results[c];
            endcase
        end
    end

    assign n_left     = n - n_first;
    assign block_ends = row == m;
    assign last_block = 32'(n_left) <= COLUMNS;
    assign read       = phase == ROWS && buffer_free && !(block_ends && (last_block || biased));
    assign block_columns = last_block ? n_left : 16'(COLUMNS);
    assign next_row   = block_ends ? 16'd0 : row;
    assign next_n     = block_ends ? n_first + 16'(COLUMNS) : n_first;
    assign next_left  = n - next_n;
    assign columns    = 32'(next_left) < COLUMNS ? next_left : 16'(COLUMNS);

    // ---- Acknowledgements -----------------------------------------------------------------------------------------------------

    logic [15:0] unacknowledged;

    assign active       = phase != IDLE;
    assign acknowledged = unacknowledged == 16'(response_valid);

    always_ff @(posedge clock) begin
        if (reset)
            unacknowledged <= 16'd0;
        else
            unacknowledged <= unacknowledged + 16'(request_push) - 16'(response_valid);
    end

    always_ff @(posedge clock) begin
        if (reset) begin
            phase <= IDLE;
        end else begin
            unique case (phase)
                IDLE:
                    if (start)
                        phase <= scaled_start ? PARAMETERS : biased_start ? BIAS : ROWS;
                PARAMETERS:
                    if (read_whole)
                        phase <= biased ? BIAS : ROWS;
                BIAS:
                    if (read_whole)
                        phase <= ROWS;
                ROWS:
                    if (buffer_free && block_ends)
                        phase <= last_block ? ACKNOWLEDGE : biased ? BIAS : ROWS;
                default:
                    if (acknowledged)
                        phase <= IDLE;
            endcase
        end
    end

    always_ff @(posedge clock) begin
        if (reset) begin
            out_left <= 16'd0;
        end else if (start) begin
            m             <= m_start;
            n             <= n_start;
            base          <= base_start;
            pitch         <= pitch_start;
            scaled        <= scaled_start;
            parameters    <= parameters_start;
            biased        <= biased_start;
            bias          <= bias_start;
            integers      <= integers_start;
            relu          <= relu_start;
            type_out      <= type_start;
            element_shift <= type_start == hx::TYPE_INT8 ? 2'd0 : type_start == hx::TYPE_BF16 ? 2'd1 : 2'd2;
            row           <= 16'd0;
            n_first       <= 16'd0;
            line          <= slot_line;
        end else begin
            if (phase == PARAMETERS && read_whole)
                scale <= read_bytes[3:0];
            if (phase == ROWS && buffer_free) begin
                row     <= next_row + 16'(read);
                n_first <= next_n;
            end
            if (read) begin
                line        <= line + 1'b1;
                out         <= packed_row;
                out_address <= base + 24'(32'(next_row) * pitch) + (24'(next_n) << element_shift);
                out_left    <= columns << element_shift;
            end else if (request_push) begin
                out         <= out >> {part, 3'd0};
                out_address <= out_address + 24'(part);
                out_left    <= out_left - part;
            end
        end
    end
endmodule
