// Brings the rows of one operand of a matmul from the scratchpad, in the order in which folds use them: in each fold rows of X 0 .. m-1
// (WEIGHTS = 0), or rows of W from the fold's last k up to its first (WEIGHTS = 1), as the shift chain takes the bottom row first. An
// operand that is stored the other way round goes through a transposer, block by block: R rows of X at a time, or the fold's n.
// Follows MX-1, MX-8 and MX-9, and MX-24 for how far requests run ahead.
//
// A request carries as its tag what its bytes are the last of: {of a row, of a block, of a row}. Its answer brings the tag back, so
// that nothing has to be remembered about requests on their way.
module operand_stream #(
    parameter int WEIGHTS = 0,
    parameter int ROWS = 8,
    parameter int COLUMNS = 8,
    parameter int DEPTH = 8,        // rows of the FIFO
    parameter int PORT_BYTES = 64,  // width of the scratchpad port, a power of two
    localparam int LANES = WEIGHTS != 0 ? COLUMNS : ROWS,
    localparam int ROW_BYTES = 2 * LANES
) (
    input  logic                       clock,
    input  logic                       reset,

    // A matmul begins; what it says about this operand.
    input  logic                       start,
    input  logic [23:0]                base,       // byte offset in the scratchpad
    input  logic [31:0]                pitch,      // bytes from row to row
    input  logic                       halves,     // elements of two bytes, else of one
    input  logic                       transposed,
    input  logic [15:0]                m, k, n,

    // To the array: the oldest row; an element of one byte has its sign in the upper one.
    output logic                       row_valid,
    output logic [LANES-1:0][15:0]     row,
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
    localparam int PORT_BITS = $clog2(PORT_BYTES);
    localparam int ELEMENT_BITS = ROWS > 1 ? $clog2(ROWS) : 1;

    logic [23:0] base_q;
    logic [31:0] pitch_q;
    logic        halves_q, transposed_q;
    logic [15:0] m_q;

    // Room: rows of the FIFO that are here, those that are here or asked for, and blocks of the transposer that are full, filling or
    // asked for.
    logic [COUNT_BITS-1:0] held, claimed;
    logic [1:0]            blocks;
    logic                  row_enters, row_claimed, block_emitted;   // at this edge

    always_ff @(posedge clock) begin
        if (start) begin
            base_q       <= base;
            pitch_q      <= pitch;
            halves_q     <= halves;
            transposed_q <= transposed;
            m_q          <= m;
        end
    end

    // ---- The walk of the requests -------------------------------------------------------------------------------------------

    logic        asking;                 // requests are left to make
    logic [15:0] k_first, n_first, fold_k, fold_n;
    logic [15:0] m_first, m_left, block_m; // of a transposed block of X: its first m, m from there on, its own m
    logic [15:0] walked;                 // rows of memory of the block that have been asked for
    logic [15:0] asked;                  // bytes of the next row that have been
    logic [15:0] block_rows, element, elements;
    logic [31:0] memory_row, row_bytes, rest_of_row, rest_of_line, length, address;
    logic        may_ask, row_ends, block_ends, fold_ends, asks_last;

    fold_walk #(.ROWS(ROWS), .COLUMNS(COLUMNS)) ask_walk (
        .clock, .reset, .start, .k, .n, .next(request_push && fold_ends), .folds_left(asking), .last_fold(asks_last), .k_first, .n_first, .fold_k, .fold_n
    );

    assign m_left  = m_q - m_first;
    assign block_m = 32'(m_left) < ROWS ? m_left : 16'(ROWS);

    // Which rows of memory a block has, and what of them.
    always_comb begin
        if (WEIGHTS != 0) begin
            block_rows = transposed_q ? fold_n : fold_k;
            memory_row = transposed_q ? 32'(n_first) + 32'(walked) : 32'(k_first) + 32'(fold_k) - 32'd1 - 32'(walked);
            element    = transposed_q ? k_first : n_first;
            elements   = transposed_q ? fold_k : fold_n;
        end else begin
            block_rows = transposed_q ? fold_k : m_q;
            memory_row = transposed_q ? 32'(k_first) + 32'(walked) : 32'(walked);
            element    = transposed_q ? m_first : k_first;
            elements   = transposed_q ? block_m : fold_k;
        end
    end

    assign row_bytes    = 32'(elements) << halves_q;
    assign address      = 32'(base_q) + memory_row * pitch_q + (32'(element) << halves_q) + 32'(asked);
    assign rest_of_row  = row_bytes - 32'(asked);
    assign rest_of_line = 32'(PORT_BYTES) - 32'(address[PORT_BITS-1:0]);
    assign length       = rest_of_row < rest_of_line ? rest_of_row : rest_of_line;
    assign row_ends     = length == rest_of_row;
    assign block_ends   = row_ends && walked + 16'd1 == block_rows;
    assign fold_ends    = block_ends && (WEIGHTS != 0 || !transposed_q || m_first + block_m == m_q);
    assign request      = '{tag: {13'd0, row_ends, block_ends, row_ends}, write: 1'b0, length: 10'(length), address: address[23:0]};

    // A row's place in the FIFO is claimed with its first request, and a transposer's block with the first of the block. What is given
    // free at this edge is free at this edge.
    always_comb begin
        if (transposed_q)
            may_ask = asked != 16'd0 || walked != 16'd0 || blocks - 2'(block_emitted) < 2'd2;
        else
            may_ask = asked != 16'd0 || claimed - COUNT_BITS'(row_take) < COUNT_BITS'(DEPTH);
    end

    assign request_push = asking && may_ask && request_ready;

    always_ff @(posedge clock) begin
        if (start) begin
            m_first <= 16'd0;
            walked  <= 16'd0;
            asked   <= 16'd0;
        end else if (request_push) begin
            asked  <= row_ends ? 16'd0 : asked + 16'(length);
            walked <= block_ends ? 16'd0 : walked + 16'(row_ends);
            if (block_ends)
                m_first <= fold_ends ? 16'd0 : m_first + block_m;
        end
    end

    // ---- Arrival ------------------------------------------------------------------------------------------------------------

    logic [15:0] arrived;      // bytes of the arriving row that are here
    logic        row_arrives;  // whole, with the answer

    assign row_arrives = response_valid && response.tag[0];

    always_ff @(posedge clock) begin
        if (reset)
            arrived <= 16'd0;
        else if (response_valid)
            arrived <= row_arrives ? 16'd0 : arrived + 16'(response.length);
    end

    // ---- The transposer -----------------------------------------------------------------------------------------------------

    logic        emit, fold_emitted, block_full, emits_folds, emits_last;
    logic [15:0] emitted, emit_m_first, emit_m_left, emit_m, emit_k, emit_rows, emit_column;
    logic [15:0] emit_n, emit_k_first, emit_n_first;
    logic [ROW_BYTES-1:0][7:0] emitted_row;

    fold_walk #(.ROWS(ROWS), .COLUMNS(COLUMNS)) emit_walk (
        .clock, .reset, .start, .k, .n, .next(fold_emitted), .folds_left(emits_folds), .last_fold(emits_last),
        .k_first(emit_k_first), .n_first(emit_n_first), .fold_k(emit_k), .fold_n(emit_n)
    );

    transposer #(.STORED(LANES), .ELEMENTS(ROWS), .PORT_BYTES(PORT_BYTES)) blocks_of_rows (
        .clock, .reset, .halves(halves_q),
        .write(response_valid && transposed_q), .write_at(arrived), .write_data(response_data),
        .row_ends(response.tag[0]), .block_ends(response.tag[1]),
        .full(block_full), .column(ELEMENT_BITS'(emit_column)), .column_data(emitted_row), .release_block(block_emitted)
    );

    assign emit_m_left   = m_q - emit_m_first;
    assign emit_m        = 32'(emit_m_left) < ROWS ? emit_m_left : 16'(ROWS);
    assign emit_rows     = WEIGHTS != 0 ? emit_k : emit_m;
    assign emit_column   = WEIGHTS != 0 ? emit_k - 16'd1 - emitted : emitted;
    assign emit          = transposed_q && block_full && held - COUNT_BITS'(row_take) < COUNT_BITS'(DEPTH);
    assign block_emitted = emit && emitted + 16'd1 == emit_rows;
    assign fold_emitted  = block_emitted && (WEIGHTS != 0 || emit_m_first + emit_m == m_q);

    always_ff @(posedge clock) begin
        if (start) begin
            blocks       <= 2'd0;
            emitted      <= 16'd0;
            emit_m_first <= 16'd0;
        end else begin
            blocks <= blocks + 2'(request_push && asked == 16'd0 && walked == 16'd0) - 2'(block_emitted);
            if (emit)
                emitted <= block_emitted ? 16'd0 : emitted + 16'd1;
            if (block_emitted)
                emit_m_first <= fold_emitted ? 16'd0 : emit_m_first + emit_m;
        end
    end

    // ---- The FIFO -----------------------------------------------------------------------------------------------------------

    logic [ROW_BYTES-1:0][7:0] slots [DEPTH];
    logic [ROW_BYTES-1:0][7:0] filling, oldest;
    logic [SLOT_BITS-1:0]      head, tail;

    function automatic logic [SLOT_BITS-1:0] after(input logic [SLOT_BITS-1:0] slot);
        return 32'(slot) == DEPTH - 1 ? '0 : slot + 1'b1;
    endfunction

    assign row_valid   = held != '0;
    assign oldest      = slots[head];
    for (genvar i = 0; i < LANES; i++) begin : lane
        assign row[i] = halves_q ? oldest[2*i +: 2] : 16'(signed'(oldest[i]));
    end

    assign row_enters  = transposed_q ? emit : row_arrives;
    assign row_claimed = transposed_q ? emit : request_push && asked == 16'd0;

    always_ff @(posedge clock) begin
        if (reset) begin
            head    <= '0;
            tail    <= '0;
            held    <= '0;
            claimed <= '0;
        end else begin
            if (row_take)
                head <= after(head);
            if (row_enters)
                tail <= after(tail);
            held    <= held + COUNT_BITS'(row_enters) - COUNT_BITS'(row_take);
            claimed <= claimed + COUNT_BITS'(row_claimed) - COUNT_BITS'(row_take);
        end
    end

    // Bytes of an answer go behind those of the row that came before; a transposed row comes whole.
    logic [18:0] arrived_bits;

    assign arrived_bits = {arrived, 3'd0};
    assign filling = transposed_q ? emitted_row
        : (slots[tail] & ~({8*ROW_BYTES{1'b1}} << arrived_bits)) | ((8*ROW_BYTES)'(response_data) << arrived_bits);

    always_ff @(posedge clock) begin
        if (transposed_q ? emit : response_valid)
            slots[tail] <= filling;
    end

    logic unused;
    assign unused = ^{response_data, emit_column, response.tag[15:2], response.write, response.address, address[31:24], emits_folds,
        emits_last, asks_last, emit_k_first, emit_n_first, emit_n};
endmodule
