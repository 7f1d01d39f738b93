// Two blocks of stored rows, read out as columns: one fills while the other empties. A block whose last byte arrives at edge N gives its
// first column at N + 1 (MX-8).
module transposer #(
    parameter int STORED = 8,       // rows of a block
    parameter int ELEMENTS = 8,     // elements of a row
    parameter int ELEMENT_BYTES = 2, // of the widest, 2 or 4
    parameter int WRITE_BYTES = 64,
    localparam int ROW_BYTES = ELEMENT_BYTES * ELEMENTS,
    localparam int COLUMN_BITS = ELEMENTS > 1 ? $clog2(ELEMENTS) : 1
) (
    input  logic                       clock,
    input  logic                       reset,
    input  logic [1:0]                 size,         // log2 of an element's bytes

    // Bytes arrive: some of the row that is being filled.
    input  logic                       write,
    input  logic [15:0]                write_at,
    input  logic [WRITE_BYTES-1:0][7:0] write_data,
    input  logic                       row_ends,     // with these bytes
    input  logic                       block_ends,

    // The oldest full block.
    output logic                       full,
    input  logic [COLUMN_BITS-1:0]     column,
    output logic [ELEMENT_BYTES*STORED-1:0][7:0] column_data,  // an element of each stored row
    input  logic                       release_block
);
    localparam int PLACE_BITS = $clog2(2 * STORED);

    logic [ROW_BYTES-1:0][7:0]  rows [2 * STORED];
    logic [ROW_BYTES-1:0][7:0]  filling;
    logic [18:0]                write_bits;
    logic [PLACE_BITS-1:0]      fill_row, fill_place;
    logic                       fill_block, read_block;
    logic [1:0]                 blocks;      // full ones

    assign full       = blocks != 2'd0;
    assign read_block = fill_block ^ blocks[0];
    assign fill_place = fill_block ? PLACE_BITS'(STORED) + fill_row : fill_row;

    logic [STORED-1:0][31:0] words_read;
    logic [STORED-1:0][15:0] halves_read;
    logic [STORED-1:0][7:0]  bytes_read;

    assign write_bits = {write_at, 3'd0};
    assign filling    = (rows[fill_place] & ~({8*ROW_BYTES{1'b1}} << write_bits)) | ((8*ROW_BYTES)'(write_data) << write_bits);

    always_ff @(posedge clock) begin
        if (write)
            rows[fill_place] <= filling;
        if (reset) begin
            fill_row   <= '0;
            fill_block <= 1'b0;
            blocks     <= 2'd0;
        end else begin
            if (write && row_ends)
                fill_row <= block_ends ? '0 : fill_row + 1'b1;
            fill_block <= fill_block ^ (write && block_ends);
            blocks     <= blocks + 2'(write && block_ends) - 2'(release_block);
        end
    end

    localparam int BYTE_BITS = $clog2(ROW_BYTES);
    localparam int HALF_BITS = ROW_BYTES > 2 ? $clog2(ROW_BYTES / 2) : 1;

    for (genvar i = 0; i < STORED; i++) begin : stored
        logic [ROW_BYTES-1:0][7:0]    row;
        logic [ROW_BYTES/2-1:0][15:0] row_halves;

        assign row        = read_block ? rows[STORED + i] : rows[i];
        assign row_halves = row;
        assign halves_read[i] = row_halves[HALF_BITS'(column)];
        assign bytes_read[i]  = row[BYTE_BITS'(column)];

        if (ELEMENT_BYTES == 4) begin : wide
            logic [ELEMENTS-1:0][31:0] row_words;

            assign row_words = row;
            assign words_read[i] = row_words[column];
        end else begin : narrow
            assign words_read[i] = 32'd0;
        end
    end

    always_comb begin
        case (size)
            2'd0:    column_data = (8*ELEMENT_BYTES*STORED)'(bytes_read);
            2'd1:    column_data = (8*ELEMENT_BYTES*STORED)'(halves_read);
            default: column_data = (8*ELEMENT_BYTES*STORED)'(words_read);
        endcase
    end

    logic unused;
    assign unused = ^{write_data, words_read};
endmodule
