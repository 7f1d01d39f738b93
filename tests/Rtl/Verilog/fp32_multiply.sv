// a * b in fp32: round to nearest even, subnormals kept, every NaN canonical. Combinational.
module fp32_multiply (
    input  logic [31:0] a, b,
    output logic [31:0] product
);
    logic        sign, nan_a, nan_b, infinite_a, infinite_b, zero_a, zero_b;
    logic [23:0] significand_a, significand_b;
    logic [47:0] exact, normal, aligned;
    logic [5:0]  zeros;                     // before the leading one
    logic signed [10:0] exponent;           // of the leading one, with bias
    logic [10:0] down;                      // places that a subnormal result moves to the right
    logic        lost, up;                  // bits below the last place: any, and enough to round up

    assign sign          = a[31] ^ b[31];
    assign nan_a         = a[30:23] == 8'hFF && a[22:0] != 23'd0;
    assign nan_b         = b[30:23] == 8'hFF && b[22:0] != 23'd0;
    assign infinite_a    = a[30:0] == {8'hFF, 23'd0};
    assign infinite_b    = b[30:0] == {8'hFF, 23'd0};
    assign zero_a        = a[30:0] == 31'd0;
    assign zero_b        = b[30:0] == 31'd0;
    assign significand_a = {a[30:23] != 8'd0, a[22:0]};
    assign significand_b = {b[30:23] != 8'd0, b[22:0]};
    assign exact         = significand_a * significand_b;

    always_comb begin
        zeros = 6'd0;
        for (int i = 0; i < 48; i++)
            if (exact[i])
                zeros = 6'(47 - i);
    end

    // A subnormal operand has the exponent 1.
    assign exponent = 11'({3'd0, a[30:23]} + 11'(a[30:23] == 8'd0)) + 11'({3'd0, b[30:23]} + 11'(b[30:23] == 8'd0)) - 11'd126 - 11'(zeros);
    assign normal   = exact << zeros;
    assign down     = exponent > 0 ? 11'd0 : 11'd1 - exponent;
    assign aligned  = down > 11'd47 ? 48'd0 : normal >> down[5:0];
    assign lost     = down > 11'd47 || (aligned << down[5:0]) != normal || aligned[22:0] != 23'd0;
    assign up       = aligned[23] && (lost || aligned[24]);

    always_comb begin
        if (nan_a || nan_b || (infinite_a && zero_b) || (infinite_b && zero_a))
            product = 32'h7FC0_0000;
        else if (infinite_a || infinite_b || (exponent >= 11'sd255 && !zero_a && !zero_b))
            product = {sign, 8'hFF, 23'd0};
        else if (zero_a || zero_b)
            product = {sign, 31'd0};
        else
            product = {sign, {exponent > 0 ? exponent[7:0] : 8'd0, aligned[46:24]} + 31'(up)};
    end
endmodule
