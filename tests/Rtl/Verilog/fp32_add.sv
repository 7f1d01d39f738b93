// a + b in fp32: round to nearest even, subnormals kept, every NaN canonical. Combinational.
module fp32_add (
    input  logic [31:0] a, b,
    output logic [31:0] sum
);
    logic        nan, opposite;
    logic [31:0] greater, lesser;              // by magnitude
    logic [7:0]  exponent, exponent_small;  // a subnormal has 1
    logic [7:0]  distance;
    logic [26:0] significand, aligned;      // three bits below the last place, of which the lowest stands for all that are lost
    logic [26:0] shifted, addend;
    logic [27:0] exact;
    logic [4:0]  zeros, left;
    logic [26:0] normal;
    logic [7:0]  normal_exponent;
    logic        up;

    assign nan            = (a[30:23] == 8'hFF && a[22:0] != 23'd0) || (b[30:23] == 8'hFF && b[22:0] != 23'd0)
                            || (a[30:0] == {8'hFF, 23'd0} && b[30:0] == {8'hFF, 23'd0} && opposite);
    assign opposite       = a[31] != b[31];
    assign greater          = a[30:0] >= b[30:0] ? a : b;
    assign lesser          = a[30:0] >= b[30:0] ? b : a;
    assign exponent       = greater[30:23] == 8'd0 ? 8'd1 : greater[30:23];
    assign exponent_small = lesser[30:23] == 8'd0 ? 8'd1 : lesser[30:23];
    assign distance       = exponent - exponent_small;
    assign significand    = {greater[30:23] != 8'd0, greater[22:0], 3'd0};
    assign addend         = {lesser[30:23] != 8'd0, lesser[22:0], 3'd0};
    assign shifted        = distance > 8'd26 ? 27'd0 : addend >> distance[4:0];
    assign aligned        = {shifted[26:1], shifted[0] || (distance > 8'd26 ? addend != 27'd0 : (shifted << distance[4:0]) != addend)};
    assign exact          = opposite ? {1'b0, significand} - {1'b0, aligned} : {1'b0, significand} + {1'b0, aligned};

    always_comb begin
        zeros = 5'd27;
        for (int i = 0; i < 27; i++)
            if (exact[i])
                zeros = 5'(26 - i);
    end

    // Left until the leading one is in its place, or the exponent is the least.
    assign left = 8'(zeros) < exponent ? zeros : 5'(exponent - 8'd1);

    always_comb begin
        if (exact[27]) begin
            normal          = {exact[27:2], exact[1] || exact[0]};
            normal_exponent = exponent + 8'd1;
        end else begin
            normal          = exact[26:0] << left;
            normal_exponent = normal[26] ? exponent - 8'(left) : 8'd0;
        end
    end

    assign up = normal[2] && (normal[1:0] != 2'd0 || normal[3]);

    always_comb begin
        if (nan)
            sum = 32'h7FC0_0000;
        else if (greater[30:23] == 8'hFF)
            sum = greater;
        else if (normal_exponent == 8'hFF)
            sum = {greater[31], 8'hFF, 23'd0};
        else if (exact == 28'd0)
            sum = {greater[31] && lesser[31], 31'd0};
        else
            sum = {greater[31], {normal_exponent, normal[25:3]} + 31'(up)};
    end
endmodule
