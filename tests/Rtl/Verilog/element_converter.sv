// What copies do to elements on their way, without a register: nothing, fp32 to bf16 (to nearest even, a NaN is the canonical
// one), or bf16 to fp32. int4 is left out.
module element_converter (
    input logic [3:0] from,
    input logic [3:0] to,
    input logic [511:0] in,
    output logic [1023:0] out // the first elements of in; what is beyond them is undefined
);
    function automatic logic [15:0] narrow(input logic [31:0] x);
        logic nan;
        logic [31:0] rounded;
        nan = x[30:23] == 8'hFF && x[22:0] != '0;
        rounded = x + 32'h7FFF + 32'(x[16]);
        narrow = nan ? 16'h7FC0 : 16'(rounded >> 16);
    endfunction

    always_comb begin
        out = {512'b0, in};
        if (from == hx::TYPE_FP32 && to == hx::TYPE_BF16)
            for (int i = 0; i < 16; i++)
                out[16*i +: 16] = narrow(in[32*i +: 32]);
        if (from == hx::TYPE_BF16 && to == hx::TYPE_FP32)
            for (int i = 0; i < 32; i++)
                out[32*i +: 32] = {in[16*i +: 16], 16'b0};
    end
endmodule
