// The accumulators: a bank of 32-bit words for each column, with one read and one write port, and the addresses that follow the
// wavefront. What is known of a row as it enters the array (its line, whether it starts from what the line holds) walks down a
// delay line, a stage a step: column c reads its addend c steps after the row has entered, and its sum is there R steps later.
// So a bank's addresses run one step behind those of the bank to its left, as everything in the array does (MX-4, MX-6).
// With BOTTOM +0 enters the columns, and an adder below each adds what the line holds to the sum that leaves: it is read with the write (MX-16).
//
// A read port serves the array or a drain, a write port the array or a zero: one descriptor runs at a time (MX-10, MX-11).
module accumulators #(
    parameter int ROWS = 8,
    parameter int COLUMNS = 8,
    parameter int LINES = 64,
    parameter int BOTTOM = 0,
    localparam int LINE_BITS = LINES > 1 ? $clog2(LINES) : 1,
    localparam int COLUMN_BITS = $clog2(COLUMNS + 1)
) (
    input  logic                     clock,
    input  logic                     reset,

    // The array: it moves at this edge; a row enters with that.
    input  logic                     step,
    input  logic                     enter,
    input  logic                     enter_addend,  // its sums start from what its line holds, not from +0
    input  logic [LINE_BITS-1:0]     enter_line,
    input  logic [COLUMN_BITS-1:0]   enter_columns,
    output logic [COLUMNS-1:0][31:0] top,           // what enters each column above row 0
    input  logic [COLUMNS-1:0][31:0] bottom,        // psum registers of the last row
    input  logic                     floats,        // sums are fp32, else int32; changes while nothing is in flight

    // A drain reads a line.
    input  logic                     drain,
    input  logic [LINE_BITS-1:0]     drain_line,
    output logic [COLUMNS-1:0][31:0] line,

    // A zero clears the first columns of a line.
    input  logic                     clear,
    input  logic [LINE_BITS-1:0]     clear_line,
    input  logic [COLUMN_BITS-1:0]   clear_columns
);
    typedef struct packed {
        logic                   valid;
        logic                   addend;
        logic [LINE_BITS-1:0]   line;
        logic [COLUMN_BITS-1:0] columns;
    } access_t;

    localparam int STAGES = ROWS + COLUMNS - 1;
    localparam int READ_DELAY = BOTTOM != 0 ? ROWS : 0;   // steps from a row's entry to the read of its addend in column 0

    access_t [STAGES-1:0] way;     // stage i: the row that entered i + 1 steps ago
    access_t [STAGES:0]   passed;  // place i: the row that entered i steps ago, 0 the one that enters now

    assign passed = {way, access_t'{valid: enter, addend: enter_addend, line: enter_line, columns: enter_columns}};

    always_ff @(posedge clock) begin
        if (reset)
            way <= '0;
        else if (step)
            way <= passed[STAGES-1:0];
    end

    for (genvar c = 0; c < COLUMNS; c++) begin : bank
        logic [31:0]          words [LINES];
        access_t              reader, writer;
        logic                 reads, sums, clears, write;
        logic [31:0]          word, sum, write_word;
        logic [LINE_BITS-1:0] write_line;
        logic                 unused;

        assign reader = passed[c + READ_DELAY];
        assign writer = passed[c + ROWS];
        assign reads  = step && reader.valid && reader.addend && c < 32'(reader.columns);
        assign sums   = step && writer.valid && c < 32'(writer.columns);
        assign clears = clear && c < 32'(clear_columns);

        assign word    = words[drain ? drain_line : reader.line];
        assign line[c] = word;

        if (BOTTOM != 0) begin : at_bottom
            logic [31:0] float_sum;

            fp32_add adder (.a(word), .b(bottom[c]), .sum(float_sum));
            assign top[c] = 32'd0;
            assign sum    = !reads ? bottom[c] : floats ? float_sum : word + bottom[c];
            assign unused = writer.addend;
        end else begin : at_top
            assign top[c] = reads ? word : 32'd0;
            assign sum    = bottom[c];
            assign unused = writer.addend ^ floats;
        end

        assign write      = sums || clears;
        assign write_line = clears ? clear_line : writer.line;
        assign write_word = clears ? 32'd0 : sum;

        always_ff @(posedge clock) begin
            if (write)
                words[write_line] <= write_word;
        end
    end
endmodule
