// What a PE adds to the sum from above: one function a kind of array (emulator: MacKind). Words are as wide as operands are stored:
// 8 or 16 bits an integer, 16 bits a bf16, 32 bits four int8 or eight int4 of consecutive k.
package multiply_accumulate;
    localparam int INTEGER = 0;
    localparam int BF16    = 1;
    localparam int INT8X4  = 2;
    localparam int INT4X8  = 3;
    localparam int EITHER  = 4;   // bf16 or integers, as each product says
    localparam int ANY     = 5;   // what each product says

    // Four int8 products, wrapping.
    function automatic logic [31:0] add_int8x4(logic [31:0] a, logic [31:0] b, logic [31:0] sum);
        add_int8x4 = sum;
        for (int i = 0; i < 4; i++) add_int8x4 += 32'(signed'(a[8*i+:8])) * 32'(signed'(b[8*i+:8]));
    endfunction

    // Eight int4 products, low nibble first, wrapping.
    function automatic logic [31:0] add_int4x8(logic [31:0] a, logic [31:0] b, logic [31:0] sum);
        add_int4x8 = sum;
        for (int i = 0; i < 8; i++) add_int4x8 += 32'(signed'(a[4*i+:4])) * 32'(signed'(b[4*i+:4]));
    endfunction

    // Shifts right; what falls out stays visible in the last bit.
    function automatic logic [27:0] shift_sticky(logic [27:0] field, logic [9:0] places);
        logic [27:0] kept;
        kept = places < 10'd28 ? field >> places[4:0] : 28'd0;
        return kept | 28'((places < 10'd28 ? kept << places[4:0] : 28'd0) != field);
    endfunction

    // a * b + sum for bf16 a, b and an fp32 sum: one rounding, to nearest even; subnormals kept; a NaN is the canonical one.
    // Both addends are 28-bit fields: a bit for the carry, 24 bits of significand, 3 below it (guard, round, sticky).
    function automatic logic [31:0] fma_bf16(logic [15:0] a, logic [15:0] b, logic [31:0] sum);
        logic        negative, subtracts, swapped, rounds_up;
        logic [15:0] product;
        logic [9:0]  product_exponent, exponent, distance;  // biased as fp32's, two's complement
        logic [9:0]  sum_exponent;
        logic [27:0] product_field, sum_field, upper, lower, field;
        logic [31:0] result;

        // A significand of a subnormal has no leading one, and the exponent of the smallest normal number.
        product          = 16'({a[14:7] != 0, a[6:0]}) * 16'({b[14:7] != 0, b[6:0]});
        product_exponent = 10'(a[14:7]) + 10'(a[14:7] == 0) + 10'(b[14:7]) + 10'(b[14:7] == 0) - 10'd126;
        if (product[15:8] == 0) begin product = product << 8; product_exponent -= 10'd8; end
        if (product[15:12] == 0) begin product = product << 4; product_exponent -= 10'd4; end
        if (product[15:14] == 0) begin product = product << 2; product_exponent -= 10'd2; end
        if (!product[15]) begin product = product << 1; product_exponent -= 10'd1; end
        product_field = {1'b0, product, 11'b0};
        sum_exponent  = 10'(sum[30:23]) + 10'(sum[30:23] == 0);
        sum_field     = {1'b0, sum[30:23] != 0, sum[22:0], 3'b0};

        // The addend with the smaller exponent moves right.
        swapped   = signed'(sum_exponent) > signed'(product_exponent);
        exponent  = swapped ? sum_exponent : product_exponent;
        distance  = swapped ? sum_exponent - product_exponent : product_exponent - sum_exponent;
        upper     = swapped ? sum_field : product_field;
        lower     = shift_sticky(swapped ? product_field : sum_field, distance);
        negative  = swapped ? sum[31] : a[15] ^ b[15];
        subtracts = a[15] ^ b[15] ^ sum[31];
        field     = subtracts ? upper - lower : upper + lower;
        if (field[27] && subtracts) begin  // the lower was greater: they had the same exponent
            field    = -field;
            negative = !negative;
        end

        // Normalised as far as exponents go: to a leading one in bit 26, or to exponent 1.
        if (field[27]) begin
            field     = shift_sticky(field, 10'd1);
            exponent += 10'd1;
        end
        if (field[26:11] == 0 && signed'(exponent) > 10'sd16) begin field = field << 16; exponent -= 10'd16; end
        if (field[26:19] == 0 && signed'(exponent) > 10'sd8) begin field = field << 8; exponent -= 10'd8; end
        if (field[26:23] == 0 && signed'(exponent) > 10'sd4) begin field = field << 4; exponent -= 10'd4; end
        if (field[26:25] == 0 && signed'(exponent) > 10'sd2) begin field = field << 2; exponent -= 10'd2; end
        if (!field[26] && signed'(exponent) > 10'sd1) begin field = field << 1; exponent -= 10'd1; end

        // A carry of the rounding goes on into the exponent, and from the greatest number to infinity.
        rounds_up = field[2] && (field[1:0] != 0 || field[3]);
        result    = {negative, field[26] ? exponent[7:0] : 8'd0, field[25:3]} + 32'(rounds_up);
        if (signed'(exponent) >= 10'sd255) result = {negative, 31'h7F80_0000};
        if (field == 0) result = 32'h0;

        if (a[14:0] == 0 || b[14:0] == 0) result = sum[30:0] == 0 ? {sum[31] && (a[15] ^ b[15]), 31'b0} : sum;
        if (a[14:7] == 8'hFF || b[14:7] == 8'hFF) result = {a[15] ^ b[15], 31'h7F80_0000};
        if (sum[30:23] == 8'hFF) result = sum;
        if (a[14:0] > 15'h7F80 || b[14:0] > 15'h7F80 || sum[30:0] > 31'h7F80_0000
            || (a[14:0] == 15'h7F80 && b[14:0] == 0) || (a[14:0] == 0 && b[14:0] == 15'h7F80)
            || ((a[14:7] == 8'hFF || b[14:7] == 8'hFF) && sum[30:23] == 8'hFF && subtracts))
            result = 32'h7FC0_0000;
        return result;
    endfunction
endpackage
