// A sum and a product of two fp32, a pair a record.
module fp32_top (
    input  logic        clock,
    input  logic [95:0] stimulus,   // a, b, nothing
    output logic [95:0] observed    // sum, product, nothing
);
    fp32_add add (.a(stimulus[31:0]), .b(stimulus[63:32]), .sum(observed[31:0]));
    fp32_multiply multiply (.a(stimulus[31:0]), .b(stimulus[63:32]), .product(observed[63:32]));

    assign observed[95:64] = '0;

    logic unused;
    assign unused = ^{clock, stimulus[95:64]};
endmodule
