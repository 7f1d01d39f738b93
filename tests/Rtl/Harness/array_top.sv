// The array with every PE register at a port, as the emulator shows words: integers sign-extended, bf16 in the upper half.
module array_top #(
    parameter int R    = 4,
    parameter int C    = 4,
    parameter int KIND = 0,
    parameter int WORD = 8
) (
    input  logic        clock,
    input  logic        reset,
    input  logic [31:0] control,  // step, switch token, shift token, enable
    input  logic [31:0] x[R],
    input  logic [31:0] weights[C],
    input  logic [31:0] top[C],
    output logic [31:0] seen[7*R*C]
);
    logic [R-1:0][WORD-1:0] x_row;
    logic [C-1:0][WORD-1:0] w_row;
    logic [C-1:0][31:0] top_row, bottom;
    for (genvar r = 0; r < R; r++) assign x_row[r] = x[r][KIND == 1 ? 16 : 0 +: WORD];
    for (genvar c = 0; c < C; c++) assign w_row[c] = weights[c][KIND == 1 ? 16 : 0 +: WORD];
    for (genvar c = 0; c < C; c++) assign top_row[c] = top[c];

    systolic_array #(.R(R), .C(C), .KIND(KIND), .WORD(WORD)) array (
        .clock, .reset, .step(control[0]), .mode(2'd0), .x(x_row), .switch_token(control[1]), .shift_token(control[2]), .weights(w_row),
        .weights_enable(control[3]), .top(top_row), .bottom);

    function automatic logic [31:0] shown(logic [WORD-1:0] word);
        return KIND == 1 ? 32'(word) << 16 : 32'(signed'(word));
    endfunction

    always_comb
        for (int r = 0; r < R; r++)
            for (int c = 0; c < C; c++) begin
                seen[7*(r*C+c)+0] = array.psum[r][c];
                seen[7*(r*C+c)+1] = shown(array.act[r][c]);
                seen[7*(r*C+c)+2] = shown(array.weight[r][c]);
                seen[7*(r*C+c)+3] = shown(array.shadow[r][c]);
                seen[7*(r*C+c)+4] = shown(array.weight_out[r][c]);
                seen[7*(r*C+c)+5] = {27'b0, array.switching[r][c], array.shift[r][c], array.enable_out[r][c], array.enable_shadow[r][c], array.enable[r][c]};
                seen[7*(r*C+c)+6] = r == R - 1 ? bottom[c] : array.psum[r][c];
            end
endmodule
