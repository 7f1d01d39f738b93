// Brings the rows of one operand of a matmul from the scratchpad, in the order in which folds use them: in each fold rows of X 0 .. m-1
// (WEIGHTS = 0), or rows of W from the fold's last k up to its first (WEIGHTS = 1), as the shift chain takes the bottom row first. An
// operand that is stored the other way round goes through a transposer, block by block: R rows of X at a time, or the fold's n.
// Follows MX-1, MX-8 and MX-9, and MX-24 for how far requests run ahead.
//
// The array takes words, of one element or of p consecutive k (MX-14). Where k runs along the rows of memory their bytes are the words;
// weights that are stored row by row are gathered: p rows of memory, each an element of each word. int4 that is neither is unpacked into
// bytes as it arrives, as half a byte cannot be addressed; a row of int4 may begin and end in the midst of one.
//
// A request carries as its tag what its bytes are: {which element of its words a row of weights is, their last byte has a lower half
// only, their first an upper half only, last of words, of a block, of a row}. Its answer brings the tag back, so that nothing has to be
// remembered about requests on their way.
module operand_stream #(
    parameter int WEIGHTS = 0,
    parameter int ROWS = 8,
    parameter int COLUMNS = 8,
    parameter int DEPTH = 8,        // rows of the FIFO
    parameter int PORT_BYTES = 64,  // width of the scratchpad port, a power of two
    parameter int PACKING = 1,      // the most p: 1, or 4 or 8
    localparam int WORD_BYTES = PACKING > 1 ? 4 : 2,
    localparam int LANES = WEIGHTS != 0 ? COLUMNS : ROWS,
    localparam int ROW_BYTES = WORD_BYTES * LANES
) (
    input  logic                       clock,
    input  logic                       reset,

    // A matmul begins; what it says about this operand.
    input  logic                       start,
    input  logic [23:0]                base,       // byte offset in the scratchpad
    input  logic [31:0]                pitch,      // bytes from row to row
    input  logic [1:0]                 size,       // of elements: 4 bits, 8 or 16
    input  logic [1:0]                 packing,    // log2 p
    input  logic                       transposed,
    input  logic [15:0]                m, k, n,

    // To the array: the oldest row; a word of one element is sign-extended.
    output logic                       row_valid,
    output logic [LANES-1:0][8*WORD_BYTES-1:0] row,
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
    logic [1:0]  size_q, packing_q;
    logic        transposed_q;
    logic        gathers, unpacks;       // how arriving bytes become elements of rows
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
            size_q       <= size;
            packing_q    <= packing;
            transposed_q <= transposed;
            m_q          <= m;
        end
    end

    assign gathers = packing_q != 2'd0 && WEIGHTS != 0 && !transposed_q;
    assign unpacks = size_q == 2'd0 && (packing_q == 2'd0 || (WEIGHTS == 0 && transposed_q));

    // ---- The walk of the requests -------------------------------------------------------------------------------------------

    logic        asking;                 // requests are left to make
    logic [15:0] k_first, n_first, fold_k, fold_n, fold_words;
    logic [15:0] m_first, m_left, block_m; // of a transposed block of X: its first m, m from there on, its own m
    logic [15:0] walked;                 // rows of memory of the block that have been asked for; where they are gathered, words
    logic [15:0] word_first;             // first k of the word, in the fold
    logic [2:0]  member;                 // which k of it is asked for
    logic [15:0] asked;                  // bytes of the next row that have been
    logic [15:0] block_rows, element, elements;
    logic [31:0] memory_row, row_bytes, rest_of_row, rest_of_line, length, address;
    logic [18:0] first_half, end_half, first_byte;   // of the row's elements: half bytes, and the byte in which they begin
    logic        may_ask, row_ends, words_end, block_ends, fold_ends, asks_last;

    fold_walk #(.ROWS(ROWS), .COLUMNS(COLUMNS)) ask_walk (
        .clock, .reset, .start, .k, .n, .packing, .next(request_push && fold_ends), .folds_left(asking), .last_fold(asks_last), .k_first, .n_first,
        .fold_k, .fold_n, .fold_words
    );

    assign m_left  = m_q - m_first;
    assign block_m = 32'(m_left) < ROWS ? m_left : 16'(ROWS);

    // Which rows of memory a block has, and what of them. The words of the array's last row come first, the k of a word ascending.
    assign word_first = (fold_words - 16'd1 - walked) << packing_q;
    assign words_end  = !gathers || 16'(member) + 16'd1 == 16'd1 << packing_q || word_first + 16'(member) + 16'd1 == fold_k;

    always_comb begin
        if (WEIGHTS != 0) begin
            block_rows = transposed_q ? fold_n : fold_words;
            memory_row = transposed_q ? 32'(n_first) + 32'(walked) : 32'(k_first) + 32'(word_first) + 32'(member);
            element    = transposed_q ? k_first : n_first;
            elements   = transposed_q ? fold_k : fold_n;
        end else begin
            block_rows = transposed_q ? fold_k : m_q;
            memory_row = transposed_q ? 32'(k_first) + 32'(walked) : 32'(walked);
            element    = transposed_q ? m_first : k_first;
            elements   = transposed_q ? block_m : fold_k;
        end
    end

    assign first_half   = 19'(element) << size_q;
    assign end_half     = first_half + (19'(elements) << size_q);
    assign first_byte   = first_half >> 1;
    assign row_bytes    = ((32'(end_half) + 32'd1) >> 1) - 32'(first_byte);
    assign address      = 32'(base_q) + memory_row * pitch_q + 32'(first_byte) + 32'(asked);
    assign rest_of_row  = row_bytes - 32'(asked);
    assign rest_of_line = 32'(PORT_BYTES) - 32'(address[PORT_BITS-1:0]);
    assign length       = rest_of_row < rest_of_line ? rest_of_row : rest_of_line;
    assign row_ends     = length == rest_of_row;
    assign block_ends   = row_ends && words_end && walked + 16'd1 == block_rows;
    assign fold_ends    = block_ends && (WEIGHTS != 0 || !transposed_q || m_first + block_m == m_q);
    assign request      = '{
        tag: {8'd0, member, end_half[0], first_half[0], row_ends && words_end, block_ends, row_ends},
        write: 1'b0, length: 10'(length), address: address[23:0]
    };

    // A row's place in the FIFO is claimed with its first request, and a transposer's block with the first of the block. What is given
    // free at this edge is free at this edge.
    always_comb begin
        if (transposed_q)
            may_ask = asked != 16'd0 || walked != 16'd0 || blocks - 2'(block_emitted) < 2'd2;
        else
            may_ask = asked != 16'd0 || member != 3'd0 || claimed - COUNT_BITS'(row_take) < COUNT_BITS'(DEPTH);
    end

    assign request_push = asking && may_ask && request_ready;

    always_ff @(posedge clock) begin
        if (start) begin
            m_first <= 16'd0;
            walked  <= 16'd0;
            asked   <= 16'd0;
            member  <= 3'd0;
        end else if (request_push) begin
            asked  <= row_ends ? 16'd0 : asked + 16'(length);
            walked <= block_ends ? 16'd0 : walked + 16'(row_ends && words_end);
            if (row_ends)
                member <= words_end ? 3'd0 : member + 3'd1;
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

    // The bytes that came and where they go in their row: as they are, or the elements that they hold one by one. Where a row of int4 ends
    // or begins in the midst of a byte, the other half is another's.
    localparam int SIDE = ROWS > COLUMNS ? ROWS : COLUMNS;
    localparam int MOST_BYTES = PORT_BYTES > SIDE * WORD_BYTES ? PORT_BYTES : SIDE * WORD_BYTES;

    logic [PORT_BYTES-1:0][7:0]  own;            // without the upper half of the last byte where that is another's
    logic [MOST_BYTES-1:0][7:0]  all;
    logic [2*MOST_BYTES-1:0][3:0] halves;        // without the lower half of the first, likewise
    logic [SIDE-1:0][7:0]        unpacked;
    logic [LANES-1:0][31:0]      gathered;
    logic [MOST_BYTES-1:0][7:0]  arriving;
    logic [15:0]                 first_element, arriving_at;
    logic                        begins_high;

    assign begins_high   = response.tag[3] && arrived == 16'd0;
    assign first_element = size_q == 2'd0 ? 2 * arrived - 16'(response.tag[3] && arrived != 16'd0) : arrived;
    assign all           = (8*MOST_BYTES)'(own);
    assign halves        = begins_high ? all >> 4 : all;

    for (genvar i = 0; i < PORT_BYTES; i++) begin : half
        assign own[i] = response_data[i] & {{4{!(row_arrives && response.tag[4] && 10'(i + 1) == response.length)}}, 4'hF};
    end

    for (genvar i = 0; i < SIDE; i++) begin : element_of_side
        assign unpacked[i] = 8'(signed'(halves[i]));
    end

    for (genvar i = 0; i < LANES; i++) begin : word_of_lane
        assign gathered[i] = size_q == 2'd0 ? 32'(halves[i]) << {response.tag[7:5], 2'd0} : 32'(all[i]) << {response.tag[6:5], 3'd0};
    end

    always_comb begin
        if (unpacks) begin
            arriving    = (8*MOST_BYTES)'(unpacked);
            arriving_at = first_element;
        end else if (gathers) begin
            arriving    = (8*MOST_BYTES)'(gathered);
            arriving_at = 4 * first_element;
        end else begin
            arriving    = all;
            arriving_at = arrived;
        end
    end

    // ---- The transposer -----------------------------------------------------------------------------------------------------

    logic        emit, fold_emitted, block_full, emits_folds, emits_last;
    logic [15:0] emitted, emit_m_first, emit_m_left, emit_m, emit_k, emit_words, emit_rows, emit_column;
    logic [15:0] emit_n, emit_k_first, emit_n_first;
    logic [ROW_BYTES-1:0][7:0] emitted_row;

    // Rows of memory of a block are C of W, or pR of X; columns are R, of W as words.
    localparam int STORED = WEIGHTS != 0 ? COLUMNS : ROWS * PACKING;
    localparam int ELEMENT_BYTES = WEIGHTS != 0 ? WORD_BYTES : 2;

    logic [1:0]                             emit_size;
    logic [ELEMENT_BYTES*STORED-1:0][7:0]   column_data;
    logic [STORED-1:0][7:0]                 column_bytes;   // zeros beyond k
    logic [STORED-1:0][3:0]                 column_halves;

    assign emit_size = WEIGHTS != 0 && packing_q != 2'd0 ? 2'd2 : 2'(size_q == 2'd2);

    for (genvar i = 0; i < STORED; i++) begin : column_element
        assign column_bytes[i]  = 16'(i) < emit_k ? column_data[i] : 8'd0;
        assign column_halves[i] = column_bytes[i][3:0];
    end

    always_comb begin
        if (WEIGHTS != 0 || packing_q == 2'd0)
            emitted_row = (8*ROW_BYTES)'(column_data);
        else
            emitted_row = size_q == 2'd0 ? (8*ROW_BYTES)'(column_halves) : (8*ROW_BYTES)'(column_bytes);
    end

    fold_walk #(.ROWS(ROWS), .COLUMNS(COLUMNS)) emit_walk (
        .clock, .reset, .start, .k, .n, .packing, .next(fold_emitted), .folds_left(emits_folds), .last_fold(emits_last),
        .k_first(emit_k_first), .n_first(emit_n_first), .fold_k(emit_k), .fold_n(emit_n), .fold_words(emit_words)
    );

    transposer #(.STORED(STORED), .ELEMENTS(ROWS), .ELEMENT_BYTES(ELEMENT_BYTES), .WRITE_BYTES(MOST_BYTES)) blocks_of_rows (
        .clock, .reset, .size(emit_size),
        .write(response_valid && transposed_q), .write_at(arriving_at), .write_data(arriving),
        .row_ends(response.tag[0]), .block_ends(response.tag[1]),
        .full(block_full), .column(ELEMENT_BITS'(emit_column)), .column_data, .release_block(block_emitted)
    );

    assign emit_m_left   = m_q - emit_m_first;
    assign emit_m        = 32'(emit_m_left) < ROWS ? emit_m_left : 16'(ROWS);
    assign emit_rows     = WEIGHTS != 0 ? emit_words : emit_m;
    assign emit_column   = WEIGHTS != 0 ? emit_words - 16'd1 - emitted : emitted;
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
        if (WORD_BYTES == 4) begin : packed_words
            assign row[i] = packing_q != 2'd0 ? oldest[4*i +: 4] : size_q == 2'd2 ? 32'(signed'(oldest[2*i +: 2])) : 32'(signed'(oldest[i]));
        end else begin : single
            assign row[i] = size_q == 2'd2 ? oldest[2*i +: 2] : 16'(signed'(oldest[i]));
        end
    end

    assign row_enters  = transposed_q ? emit : row_arrives && response.tag[2];
    assign row_claimed = transposed_q ? emit : request_push && asked == 16'd0 && member == 3'd0;

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

    // What arrives goes behind what came of the row before, and clears what is further on; a word's other elements go between the first
    // ones. A transposed row comes whole.
    logic [18:0] arrived_bits;
    logic [ROW_BYTES-1:0][7:0] kept;

    assign arrived_bits = {arriving_at, 3'd0};
    assign kept    = gathers && response.tag[7:5] != 3'd0 ? slots[tail] : slots[tail] & ~({8*ROW_BYTES{1'b1}} << arrived_bits);
    assign filling = transposed_q ? emitted_row : kept | ((8*ROW_BYTES)'(arriving) << arrived_bits);

    always_ff @(posedge clock) begin
        if (transposed_q ? emit : response_valid)
            slots[tail] <= filling;
    end

    logic unused;
    assign unused = ^{arriving, halves, emit_column, column_data, column_halves, response.tag[15:2], response.write, response.address,
        address[31:24], emits_folds, emits_last, asks_last, emit_k_first, emit_n_first, emit_n};
endmodule
