// Runs the folds of a matmul. Two walks over the same folds, blocks of k outer and blocks of n inner: shift tokens bring the next
// fold's weights into the shadow while X rows of this one enter (MX-2, MX-3, MX-5). A fold that reads sums in flight waits for them
// (MX-6); a row that is late inside a fold freezes the array, any other leaves a gap (MX-7); when the last row's sums are readable
// the matmul is over (MX-4).
module fold_sequencer #(
    parameter int ROWS = 8,
    parameter int COLUMNS = 8,
    parameter int LATENCY = 2,     // La: steps from the write of a sum to the first read of it
    parameter int LINES = 64,
    localparam int LINE_BITS = LINES > 1 ? $clog2(LINES) : 1,
    localparam int COLUMN_BITS = $clog2(COLUMNS + 1),
    localparam int ROW_BITS = $clog2(ROWS + 1)
) (
    input  logic                   clock,
    input  logic                   reset,

    input  logic                   start,
    input  logic [15:0]            m, k, n,
    input  logic                   accumulate,
    input  logic [LINE_BITS-1:0]   slot_line,    // first line of the slot
    output logic                   finished,     // at this edge

    // Operand rows that are here.
    input  logic                   row_valid,
    output logic                   row_take,
    input  logic                   weights_valid,
    output logic                   weights_take,

    // To the array and its accumulators: what they do at this edge.
    output logic                   step,
    output logic                   enter_row,
    output logic [ROW_BITS-1:0]    row_words,    // elements of the row that enters
    output logic                   enter_switch,
    output logic                   enter_token,
    output logic                   token_enable, // the token's weights count; else the row is beyond k
    output logic [COLUMN_BITS-1:0] token_columns,
    output logic                   addend,
    output logic [LINE_BITS-1:0]   line,
    output logic [COLUMN_BITS-1:0] columns
);
    localparam int LEAVES = ROWS + COLUMNS - 1 + LATENCY;   // steps until what enters is in a bank and readable
    localparam int LEAVES_BITS = $clog2(LEAVES + 1);
    localparam int WINDOW = ROWS + LATENCY - 1;             // steps after a fold's launch in which its sums are in flight
    localparam int WINDOW_BITS = $clog2(WINDOW + 1);

    logic        active;
    logic [15:0] m_q;
    logic        accumulate_q;
    logic [LINE_BITS-1:0] slot_line_q;

    // The fold whose weights are being shifted, and the one to be launched next.
    logic        folds_to_shift, folds_to_launch;
    logic        last_token, launch;   // at this edge the one is shifted, the other launched
    logic [15:0] shift_k, shift_n, launch_k_first, launch_n_first, launch_k, launch_n;
    logic [15:0] unused_k_first, unused_n_first;

    fold_walk #(.ROWS(ROWS), .COLUMNS(COLUMNS)) shift_walk (
        .clock, .reset, .start, .k, .n, .next(last_token), .folds_left(folds_to_shift),
        .k_first(unused_k_first), .n_first(unused_n_first), .fold_k(shift_k), .fold_n(shift_n)
    );

    fold_walk #(.ROWS(ROWS), .COLUMNS(COLUMNS)) launch_walk (
        .clock, .reset, .start, .k, .n, .next(launch), .folds_left(folds_to_launch),
        .k_first(launch_k_first), .n_first(launch_n_first), .fold_k(launch_k), .fold_n(launch_n)
    );

    logic [ROW_BITS-1:0]    tokens;       // of the fold being shifted that have entered
    logic                   shadow_full;  // the shadow holds the next fold
    logic [15:0]            rows_left;    // of the launched fold
    logic [ROW_BITS-1:0]    fold_words;
    logic [COLUMN_BITS-1:0] fold_columns;
    logic                   fold_addend;
    logic [LINE_BITS-1:0]   next_line;
    logic [LEAVES_BITS-1:0] in_flight;    // steps until the array is empty

    // ---- Hazard -------------------------------------------------------------------------------------------------------------
    // Folds over one block of n come every `blocks` folds, so the last of them is in flight if so many were launched lately.

    logic [WINDOW-1:0]      launched;  // bit i: i + 1 steps ago
    logic [WINDOW_BITS-1:0] recent;
    logic [15:0]            blocks;    // of n; counted in the first block of k
    logic                   hazard;

    assign hazard = launch_k_first != 16'd0 && 32'(recent) >= 32'(blocks);

    always_ff @(posedge clock) begin
        if (reset) begin
            launched <= '0;
            recent   <= '0;
        end else if (step) begin
            launched <= WINDOW'({launched, enter_switch});
            recent   <= recent + WINDOW_BITS'(enter_switch) - WINDOW_BITS'(launched[WINDOW-1]);
        end
        if (start)
            blocks <= 16'd0;
        else if (enter_switch && launch_k_first == 16'd0)
            blocks <= blocks + 16'd1;
    end

    // ---- What this edge does ------------------------------------------------------------------------------------------------

    logic inside_fold, frozen, weights_needed;

    assign inside_fold = rows_left != 16'd0;
    assign launch      = folds_to_launch && !inside_fold && shadow_full && !hazard && row_valid;
    assign frozen      = inside_fold && !row_valid;

    // The bottom row's weights come first; rows beyond k take a token without weights.
    assign weights_needed = ROWS - 1 - 32'(tokens) < 32'(shift_k);
    assign enter_token    = folds_to_shift && !frozen && (!shadow_full || launch) && (!weights_needed || weights_valid);
    assign token_enable   = weights_needed;
    assign token_columns  = COLUMN_BITS'(shift_n);
    assign weights_take   = enter_token && weights_needed;
    assign last_token     = enter_token && 32'(tokens) == ROWS - 1;

    assign enter_switch = launch;
    assign enter_row    = launch || (inside_fold && row_valid);
    assign row_take     = enter_row;
    assign step         = enter_row || enter_token || (in_flight != '0 && !frozen);
    assign finished     = active && !folds_to_launch && !inside_fold && in_flight == '0;

    always_comb begin
        if (launch) begin
            row_words = ROW_BITS'(launch_k);
            columns   = COLUMN_BITS'(launch_n);
            addend    = accumulate_q || launch_k_first != 16'd0;
            line      = launch_n_first == 16'd0 ? slot_line_q : next_line;
        end else begin
            row_words = fold_words;
            columns   = fold_columns;
            addend    = fold_addend;
            line      = next_line;
        end
    end

    // ---- Registers ----------------------------------------------------------------------------------------------------------

    always_ff @(posedge clock) begin
        if (reset) begin
            active      <= 1'b0;
            shadow_full <= 1'b0;
            rows_left   <= 16'd0;
            in_flight   <= '0;
        end else if (start) begin
            active       <= 1'b1;
            m_q          <= m;
            accumulate_q <= accumulate;
            slot_line_q  <= slot_line;
            tokens       <= '0;
        end else begin
            if (finished)
                active <= 1'b0;

            if (enter_token)
                tokens <= last_token ? '0 : tokens + 1'b1;
            shadow_full <= last_token || (shadow_full && !launch);

            if (launch) begin
                fold_words   <= row_words;
                fold_columns <= columns;
                fold_addend  <= addend;
            end
            if (enter_row) begin
                rows_left <= (launch ? m_q : rows_left) - 16'd1;
                next_line <= line + 1'b1;
            end

            if (enter_row || enter_token)
                in_flight <= LEAVES_BITS'(LEAVES);
            else if (step)
                in_flight <= in_flight - 1'b1;
        end
    end

    logic unused;
    assign unused = ^{unused_k_first, unused_n_first, shift_n, launch_k, launch_n};
endmodule
