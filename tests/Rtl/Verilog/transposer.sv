// Two blocks of stored rows, read out as columns: one fills while the other empties. A block whose last byte arrives at edge N gives its
// first column at N + 1 (MX-8).
module transposer #(
    parameter int STORED = 8,       // rows of a block
    parameter int ELEMENTS = 8,     // elements of a row, up to two bytes each
    parameter int PORT_BYTES = 64,
    localparam int ELEMENT_BITS = ELEMENTS > 1 ? $clog2(ELEMENTS) : 1
) (
    input  logic                       clock,
    input  logic                       reset,
    input  logic                       halves,       // elements of two bytes, else of one

    // Bytes arrive: some of the row that is being filled.
    input  logic                       write,
    input  logic [15:0]                write_at,
    input  logic [PORT_BYTES-1:0][7:0] write_data,
    input  logic                       row_ends,     // with these bytes
    input  logic                       block_ends,

    // The oldest full block.
    output logic                       full,
    input  logic [ELEMENT_BITS-1:0]    column,
    output logic [2*STORED-1:0][7:0]   column_data,  // an element of each stored row
    input  logic                       release_block
);
    localparam int PLACE_BITS = $clog2(2 * STORED);

    logic [2*ELEMENTS-1:0][7:0] rows [2 * STORED];
    logic [2*ELEMENTS-1:0][7:0] filling;
    logic [18:0]                write_bits;
    logic [PLACE_BITS-1:0]      fill_row, fill_place;
    logic                       fill_block, read_block;
    logic [1:0]                 blocks;      // full ones

    assign full       = blocks != 2'd0;
    assign read_block = fill_block ^ blocks[0];
    assign fill_place = fill_block ? PLACE_BITS'(STORED) + fill_row : fill_row;

    logic [STORED-1:0][15:0] halves_read;
    logic [STORED-1:0][7:0]  bytes_read;

    assign write_bits = {write_at, 3'd0};
    assign filling    = (rows[fill_place] & ~({16*ELEMENTS{1'b1}} << write_bits)) | ((16*ELEMENTS)'(write_data) << write_bits);

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

    localparam int BYTE_BITS = $clog2(2 * ELEMENTS);

    for (genvar i = 0; i < STORED; i++) begin : stored
        logic [2*ELEMENTS-1:0][7:0] row;
        logic [ELEMENTS-1:0][15:0]  row_halves;

        assign row        = read_block ? rows[STORED + i] : rows[i];
        assign row_halves = row;
        assign halves_read[i] = row_halves[column];
        assign bytes_read[i]  = row[BYTE_BITS'(column)];
    end

    assign column_data = halves ? halves_read : {{8*STORED{1'b0}}, bytes_read};

    logic unused;
    assign unused = ^write_data;
endmodule
