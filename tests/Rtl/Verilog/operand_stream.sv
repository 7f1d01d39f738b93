// Brings the rows of one operand of a matmul from the scratchpad, in the order in which folds use them: blocks of k outer, blocks of
// n inner; in a fold rows of X 0 .. m-1 (WEIGHTS = 0), or rows of W from the block's last k up to its first (WEIGHTS = 1), as the
// shift chain takes the bottom row first. Follows MX-1, MX-8 and MX-9, and MX-24 for how far requests run ahead.
//
// A request carries as its tag what its bytes are the last of: {of the FIFO's row, of the fold, of the row of memory}. Its answer
// brings the tag back, so that nothing has to be remembered about requests on their way.
module operand_stream #(
    parameter int WEIGHTS = 0,
    parameter int ROWS = 8,
    parameter int COLUMNS = 8,
    parameter int DEPTH = 8,        // rows of the FIFO
    parameter int PORT_BYTES = 64,  // width of the scratchpad port, a power of two
    localparam int ROW_BYTES = 2 * (WEIGHTS != 0 ? COLUMNS : ROWS)
) (
    input  logic                       clock,
    input  logic                       reset,

    // A matmul begins; what it says about this operand.
    input  logic                       start,
    input  logic [23:0]                base,     // byte offset in the scratchpad
    input  logic [31:0]                pitch,    // bytes from row to row
    input  logic                       halves,   // elements of two bytes, else of one
    input  logic [15:0]                m, k, n,

    // To the array: the oldest row, element by element from byte 0.
    output logic                       row_valid,
    output logic [ROW_BYTES-1:0][7:0]  row,
    input  logic                       row_take,

    // To and from the scratchpad.
    input  logic                       request_ready,
    output logic                       request_push,
    output hx::access_t                request,
    input  logic                       response_valid,
    input  hx::access_t                response,
    input  logic [PORT_BYTES-1:0][7:0] response_data
);
    localparam int COUNT_BITS = $clog2(DEPTH + 1);
    localparam int SLOT_BITS = DEPTH > 1 ? $clog2(DEPTH) : 1;
    localparam int LINE_BITS = $clog2(PORT_BYTES);

    // ---- The walk of the requests -------------------------------------------------------------------------------------------

    logic        asking;            // requests are left to make
    logic [23:0] base_q;
    logic [31:0] pitch_q;
    logic        halves_q;
    logic [15:0] m_q, k_q, n_q;
    logic [15:0] k_first, n_first;  // of the fold
    logic [15:0] walked;            // rows of the fold that have been asked for
    logic [15:0] asked;             // bytes of the next row that have been

    logic [15:0] k_left, n_left, fold_k, fold_n, fold_rows, element;
    logic [31:0] memory_row, row_bytes, rest_of_row, rest_of_line, length, address;
    logic        may_ask, row_ends, fold_ends, last_n, last_k;

    assign k_left = k_q - k_first;
    assign n_left = n_q - n_first;
    assign last_k = 32'(k_left) <= ROWS;
    assign last_n = 32'(n_left) <= COLUMNS;
    assign fold_k = last_k ? k_left : 16'(ROWS);
    assign fold_n = last_n ? n_left : 16'(COLUMNS);

    always_comb begin
        if (WEIGHTS != 0) begin
            fold_rows  = fold_k;
            memory_row = 32'(k_first) + 32'(fold_k) - 32'd1 - 32'(walked);
            element    = n_first;
            row_bytes  = 32'(fold_n) << halves_q;
        end else begin
            fold_rows  = m_q;
            memory_row = 32'(walked);
            element    = k_first;
            row_bytes  = 32'(fold_k) << halves_q;
        end
    end

    assign address         = 32'(base_q) + memory_row * pitch_q + (32'(element) << halves_q) + 32'(asked);
    assign rest_of_row     = row_bytes - 32'(asked);
    assign rest_of_line    = 32'(PORT_BYTES) - 32'(address[LINE_BITS-1:0]);
    assign length          = rest_of_row < rest_of_line ? rest_of_row : rest_of_line;
    assign row_ends        = length == rest_of_row;
    assign fold_ends       = row_ends && walked + 16'd1 == fold_rows;
    assign request         = '{tag: {13'd0, row_ends, fold_ends, row_ends}, write: 1'b0, length: 10'(length), address: address[23:0]};

    // A row's place in the FIFO is claimed with its first request; what the array takes at this edge is free at this edge.
    assign may_ask      = asked != 16'd0 || claimed - COUNT_BITS'(row_take) < COUNT_BITS'(DEPTH);
    assign request_push = asking && may_ask && request_ready;

    always_ff @(posedge clock) begin
        if (reset) begin
            asking <= 1'b0;
        end else if (start) begin
            asking   <= 1'b1;
            base_q   <= base;
            pitch_q  <= pitch;
            halves_q <= halves;
            m_q      <= m;
            k_q      <= k;
            n_q      <= n;
            k_first  <= 16'd0;
            n_first  <= 16'd0;
            walked   <= 16'd0;
            asked    <= 16'd0;
        end else if (request_push) begin
            asked  <= row_ends ? 16'd0 : asked + 16'(length);
            walked <= fold_ends ? 16'd0 : walked + 16'(row_ends);
            if (fold_ends) begin
                n_first <= last_n ? 16'd0 : n_first + 16'(COLUMNS);
                if (last_n) begin
                    k_first <= k_first + fold_k;
                    asking  <= !last_k;
                end
            end
        end
    end

    // ---- The FIFO -----------------------------------------------------------------------------------------------------------

    logic [ROW_BYTES-1:0][7:0] slots [DEPTH];
    logic [SLOT_BITS-1:0]      head, tail;
    logic [COUNT_BITS-1:0]     held;     // rows that are here
    logic [COUNT_BITS-1:0]     claimed;  // rows that are here or asked for
    logic [15:0]               arrived;  // bytes of the row at the tail that are here
    logic                      row_arrives;
    logic                      unused_response;

    function automatic logic [SLOT_BITS-1:0] after(input logic [SLOT_BITS-1:0] slot);
        return 32'(slot) == DEPTH - 1 ? '0 : slot + 1'b1;
    endfunction

    assign row_valid   = held != '0;
    assign row         = slots[head];
    assign row_arrives = response_valid && response.tag[2];
    assign unused_response = ^{response.tag[15:3], response.tag[1:0], response.write, response.address, address[31:24]};

    always_ff @(posedge clock) begin
        if (reset) begin
            head    <= '0;
            tail    <= '0;
            held    <= '0;
            claimed <= '0;
            arrived <= 16'd0;
        end else begin
            if (row_take)
                head <= after(head);
            if (row_arrives)
                tail <= after(tail);
            held    <= held + COUNT_BITS'(row_arrives) - COUNT_BITS'(row_take);
            claimed <= claimed + COUNT_BITS'(request_push && asked == 16'd0) - COUNT_BITS'(row_take);
            if (response_valid)
                arrived <= row_arrives ? 16'd0 : arrived + 16'(response.length);
        end
    end

    // Bytes of an answer go behind those of the row that came before.
    logic [ROW_BYTES-1:0][7:0] filling;

    always_comb begin
        filling = slots[tail];
        for (int i = 0; i < ROW_BYTES; i++) begin
            if (i >= 32'(arrived) && i < 32'(arrived) + 32'(response.length))
                filling[i] = response_data[LINE_BITS'(i - 32'(arrived))];
        end
    end

    always_ff @(posedge clock) begin
        if (response_valid)
            slots[tail] <= filling;
    end
endmodule
