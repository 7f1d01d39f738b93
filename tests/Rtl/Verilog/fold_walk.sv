// A walk over the folds of a matmul: blocks of up to R of k outer, pR where a PE makes p products, blocks of up to C of n inner (MX-14).
module fold_walk #(
    parameter int ROWS = 8,
    parameter int COLUMNS = 8
) (
    input  logic        clock,
    input  logic        reset,
    input  logic        start,            // begin the walk over k and n
    input  logic [15:0] k, n,
    input  logic [1:0]  packing,          // log2 p
    input  logic        next,             // go on to the next fold
    output logic        folds_left,       // the walk stands at a fold
    output logic        last_fold,        // which is the last
    output logic [15:0] k_first, n_first,
    output logic [15:0] fold_k, fold_n,   // k and n of the fold
    output logic [15:0] fold_words        // its k in words of p; the last may be short
);
    logic [15:0] k_left, n_left;          // from the fold on
    logic [15:0] depth;                   // k of a whole fold
    logic [1:0]  packing_q;
    logic        last_k, last_n;

    assign depth  = 16'(ROWS) << packing_q;
    assign last_k = k_left <= depth;
    assign last_n = 32'(n_left) <= COLUMNS;
    assign last_fold = last_k && last_n;
    assign fold_k = last_k ? k_left : depth;
    assign fold_n = last_n ? n_left : 16'(COLUMNS);

    assign fold_words = (fold_k + (16'd1 << packing_q) - 16'd1) >> packing_q;

    logic [15:0] n_all;

    always_ff @(posedge clock) begin
        if (reset) begin
            folds_left <= 1'b0;
        end else if (start) begin
            folds_left <= 1'b1;
            k_first    <= 16'd0;
            n_first    <= 16'd0;
            k_left     <= k;
            n_left     <= n;
            n_all      <= n;
            packing_q  <= packing;
        end else if (next) begin
            n_first <= last_n ? 16'd0 : n_first + fold_n;
            n_left  <= last_n ? n_all : n_left - fold_n;
            if (last_n) begin
                k_first    <= k_first + fold_k;
                k_left     <= k_left - fold_k;
                folds_left <= !last_k;
            end
        end
    end
endmodule
