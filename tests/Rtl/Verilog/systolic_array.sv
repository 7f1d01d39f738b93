// The weight-stationary array of R x C PEs (TIMING.md, MX-2, MX-3, MX-7). At a step PE (r, c)
//   - takes its act from the PE to its left, its sum, weights and tokens from the PE above;
//   - with a switch token: makes its shadow weight and shadow enable the ones it multiplies with, at this very step;
//   - with a shift token: hands its shadow on through its pass register, and takes the pass register of the PE above;
//   - adds act * weight to the sum, or passes the sum on where its row is not enabled (beyond K).
// Column c of row 0 and row r of column 0 get what enters c or r steps later. Without a step everything holds.
//
// The registers are swept from the last row up within one process, so that each PE still finds what its neighbour held before the edge.
// No other process reads them, so the blocking assignments are flip-flops; simulators turn the loops into vector code.
module systolic_array
    import multiply_accumulate::*;
#(
    parameter int R    = 4,
    parameter int C    = 4,
    parameter int KIND = INTEGER,
    parameter int WORD = 8
) (
    input  logic                   clock,
    input  logic                   reset,
    input  logic                   step,
    input  logic [1:0]             mode,          // KIND EITHER or ANY: what PEs multiply now; changes while nothing is in flight
    input  logic [R-1:0][WORD-1:0] x,             // a row of X, zeros where none enters
    input  logic                   switch_token,  // with the first X row of a fold
    input  logic                   shift_token,   // with a row of weights, the bottom row first
    input  logic [C-1:0][WORD-1:0] weights,
    input  logic                   weights_enable,
    input  logic [C-1:0][31:0]     top,           // first addends, each in its column's time; +0 where there are none
    output logic [C-1:0][31:0]     bottom         // the sums of the last row
);
    localparam int X_SLOTS = R > 1 ? 2 ** $clog2(R) : 2;
    localparam int W_SLOTS = C > 1 ? 2 ** $clog2(C) : 2;

    /* verilator lint_off BLKSEQ */
    // What entered in the last steps, a slot a step, from which edges are fed.
    logic [WORD-1:0] x_entered[X_SLOTS][R];
    logic [WORD-1:0] w_entered[W_SLOTS][C];
    logic            e_entered[W_SLOTS];
    logic [$clog2(X_SLOTS)-1:0] x_slot;
    logic [$clog2(W_SLOTS)-1:0] w_slot;

    // PE registers.
    logic [31:0]     psum[R][C];
    logic [WORD-1:0] act[R][C];
    logic [WORD-1:0] weight[R][C];
    logic [WORD-1:0] shadow[R][C];
    logic [WORD-1:0] weight_out[R][C];
    logic            enable[R][C];
    logic            enable_shadow[R][C];
    logic            enable_out[R][C];
    logic            shift[R][C];
    logic            switching[R][C];

    // What comes from above to the row being swept.
    logic [31:0]     sum_in[C];
    logic [WORD-1:0] weight_in[C];
    logic            enable_in[C];
    logic            shift_in[C];
    logic            switch_in[C];

    always_ff @(posedge clock)
        if (reset) begin
            x_slot = '0;
            w_slot = '0;
            for (int i = 0; i < X_SLOTS; i++) for (int r = 0; r < R; r++) x_entered[i][r] = '0;
            for (int i = 0; i < W_SLOTS; i++) for (int c = 0; c < C; c++) w_entered[i][c] = '0;
            for (int i = 0; i < W_SLOTS; i++) e_entered[i] = 1'b0;
            for (int r = 0; r < R; r++)
                for (int c = 0; c < C; c++) begin
                    psum[r][c] = '0;
                    act[r][c] = '0;
                    weight[r][c] = '0;
                    shadow[r][c] = '0;
                    weight_out[r][c] = '0;
                    enable[r][c] = 1'b0;
                    enable_shadow[r][c] = 1'b0;
                    enable_out[r][c] = 1'b0;
                    shift[r][c] = 1'b0;
                    switching[r][c] = 1'b0;
                end
            bottom <= '0;
        end else if (step) begin
            for (int r = 0; r < R; r++) x_entered[x_slot][r] = x[r];
            for (int c = 0; c < C; c++) w_entered[w_slot][c] = weights[c];
            e_entered[w_slot] = weights_enable;

            for (int r = R - 1; r >= 0; r--) begin
                if (r > 0) begin
                    for (int c = 0; c < C; c++) sum_in[c] = psum[r-1][c];
                    for (int c = 0; c < C; c++) weight_in[c] = weight_out[r-1][c];
                    for (int c = 0; c < C; c++) enable_in[c] = enable_out[r-1][c];
                    for (int c = 0; c < C; c++) shift_in[c] = shift[r-1][c];
                    for (int c = 0; c < C; c++) switch_in[c] = switching[r-1][c];
                end else begin
                    for (int c = 0; c < C; c++) begin
                        sum_in[c]    = top[c];
                        weight_in[c] = w_entered[w_slot-($clog2(W_SLOTS))'(c)][c];
                        enable_in[c] = e_entered[w_slot-($clog2(W_SLOTS))'(c)];
                        shift_in[c]  = c > 0 ? shift[0][c-1] : shift_token;
                        switch_in[c] = c > 0 ? switching[0][c-1] : switch_token;
                    end
                end

                for (int c = C - 1; c > 0; c--) act[r][c] = act[r][c-1];
                act[r][0] = x_entered[x_slot-($clog2(X_SLOTS))'(r)][r];

                for (int c = 0; c < C; c++) begin
                    weight[r][c] = switch_in[c] ? shadow[r][c] : weight[r][c];
                    enable[r][c] = switch_in[c] ? enable_shadow[r][c] : enable[r][c];
                    weight_out[r][c] = shift_in[c] ? shadow[r][c] : weight_out[r][c];
                    shadow[r][c] = shift_in[c] ? weight_in[c] : shadow[r][c];
                    enable_out[r][c] = shift_in[c] ? enable_shadow[r][c] : enable_out[r][c];
                    enable_shadow[r][c] = shift_in[c] ? enable_in[c] : enable_shadow[r][c];
                    shift[r][c] = shift_in[c];
                    switching[r][c] = switch_in[c];
                end

                for (int c = 0; c < C; c++) begin
                    if (!enable[r][c]) psum[r][c] = sum_in[c];
                    else if (KIND == INTEGER) psum[r][c] = sum_in[c] + 32'(signed'(act[r][c])) * 32'(signed'(weight[r][c]));
                    else if (KIND == BF16) psum[r][c] = fma_bf16(16'(act[r][c]), 16'(weight[r][c]), sum_in[c]);
                    else if (KIND == EITHER || (KIND == ANY && !mode[1]))
                        psum[r][c] = mode[0] ? fma_bf16(16'(act[r][c]), 16'(weight[r][c]), sum_in[c])
                                            : sum_in[c] + 32'(signed'(act[r][c])) * 32'(signed'(weight[r][c]));
                    else if (KIND == INT8X4 || (KIND == ANY && !mode[0])) psum[r][c] = add_int8x4(32'(act[r][c]), 32'(weight[r][c]), sum_in[c]);
                    else if (KIND == INT4X8 || KIND == ANY) psum[r][c] = add_int4x8(32'(act[r][c]), 32'(weight[r][c]), sum_in[c]);
                end
            end

            for (int c = 0; c < C; c++) bottom[c] <= psum[R-1][c];
            x_slot = x_slot + 1'b1;
            w_slot = w_slot + 1'b1;
        end
endmodule
