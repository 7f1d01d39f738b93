// What a drain makes of a column's sum on its way to the scratchpad: scale, bias, activation and conversion, each rounded by itself, as
// isa/MANUAL.md says of mx.drain.
// Combinational: a row is read and converted at one edge (MX-10).
module drain_column (
    input  logic [31:0] word,      // fp32, or int32
    input  logic        integers,
    input  logic        scaled,
    input  logic [31:0] scale,     // fp32
    input  logic        biased,
    input  logic [31:0] bias,      // fp32
    input  logic        relu,
    input  logic [3:0]  type_out,
    output logic [31:0] result     // in its low bits
);
    /* verilator no_inline_module */ // one copy of its code for all columns

    // Nearest fp32 of an integer, ties to even.
    function automatic logic [31:0] float_of(input logic [31:0] integer_word);
        logic [31:0] magnitude;
        logic [30:0] normal;      // below the leading one
        logic [4:0]  zeros;
        logic        up;
        magnitude = integer_word[31] ? -integer_word : integer_word;
        zeros = 5'd0;
        for (int i = 0; i < 32; i++)
            if (magnitude[i])
                zeros = 5'(31 - i);
        normal = 31'(magnitude << zeros);
        up = normal[7] && (normal[6:0] != 7'd0 || normal[8]);
        if (magnitude == 32'd0)
            return 32'd0;
        return {integer_word[31], {8'd158 - 8'(zeros), normal[30:8]} + 31'(up)};
    endfunction

    // Nearest 32-bit integer of an fp32, ties to even, saturated; NaN gives 0.
    function automatic logic [31:0] integer_of(input logic [31:0] value);
        logic [55:0] fixed;       // 24 bits behind the point
        logic [31:0] whole;
        if (value[30:23] == 8'hFF && value[22:0] != 23'd0)
            return 32'd0;
        if (value[30:23] >= 8'd158)   // 2^31 and more
            return value[31] ? 32'h8000_0000 : 32'h7FFF_FFFF;
        if (value[30:23] < 8'd126)    // less than a half
            return 32'd0;
        fixed = 56'({1'b1, value[22:0]}) << 5'(value[30:23] - 8'd126);
        whole = fixed[55:24] + 32'(fixed[23] && (fixed[22:0] != 23'd0 || fixed[24]));
        return value[31] ? -whole : whole;
    endfunction

    logic [31:0] float_word, product, scaled_word, sum, biased_word, active, whole;
    logic        is_nan;

    fp32_multiply multiply (.a(float_word), .b(scale), .product);
    fp32_add add (.a(scaled_word), .b(bias), .sum);

    assign float_word  = integers ? float_of(word) : word;
    assign scaled_word = scaled ? product : float_word;
    assign biased_word = biased ? sum : scaled_word;
    assign is_nan      = biased_word[30:23] == 8'hFF && biased_word[22:0] != 23'd0;
    assign active      = relu && biased_word[31] ? 32'd0 : biased_word;
    assign whole       = integer_of(active);

    always_comb begin
        unique case (type_out)
            hx::TYPE_BF16:
                result = is_nan ? 32'h7FC0 : (active + 32'h7FFF + 32'(active[16])) >> 16;
            hx::TYPE_INT8: begin
                if ($signed(whole) < -32'sd128)
                    result = 32'h80;
                else if ($signed(whole) > 32'sd127)
                    result = 32'h7F;
                else
                    result = {24'd0, whole[7:0]};
            end
            hx::TYPE_INT32:
                result = integers && !scaled && !biased && !relu ? word : whole;
            default:
                result = is_nan ? 32'h7FC0_0000 : active;
        endcase
    end
endmodule
