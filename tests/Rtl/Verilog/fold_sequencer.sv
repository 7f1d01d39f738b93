// Runs the folds of products. Two walks over the same folds, blocks of k outer and blocks of n inner: shift tokens bring the next
// fold's weights into the shadow while X rows of this one enter (MX-2, MX-3, MX-5). A matmul starts both walks; a load only that of the
// tokens and a stream only that of the rows, each of one fold, so they can run beside each other (MX-18 to MX-22).
//
// A fold that reads sums in flight waits for them (MX-6, MX-16); a row that is late inside a fold freezes the array, any other leaves a gap
// (MX-7). When the last row's sums are readable a product is over (MX-4); rows of streams follow each other meanwhile (MX-26). With a 16-bit
// operand a step has two edges: the array moves at the first and holds at the second (MX-15, MX-23).
module fold_sequencer #(
    parameter int ROWS = 8,
    parameter int COLUMNS = 8,
    parameter int LATENCY = 2,     // La: steps from the write of a sum to the first read of it
    parameter int LINES = 64,
    parameter int BOTTOM = 0,      // sums are accumulated at the bottom of the array
    localparam int LINE_BITS = LINES > 1 ? $clog2(LINES) : 1,
    localparam int COLUMN_BITS = $clog2(COLUMNS + 1),
    localparam int ROW_BITS = $clog2(ROWS + 1)
) (
    input  logic                   clock,
    input  logic                   reset,

    input  logic                   start_weights, // a matmul or a load
    input  logic                   start_rows,    // a matmul or a stream
    input  logic [15:0]            m, k, n,
    input  logic [1:0]             packing,       // log2 p
    input  logic                   accumulate,
    input  logic                   wide,          // an operand of 16-bit integers
    input  logic [LINE_BITS-1:0]   slot_line,     // first line of the slot

    // How far they are.
    output logic                   shifting,      // tokens are left to enter
    output logic                   tokens_in,     // none will be after this edge
    output logic                   rows_in,       // nor rows
    output logic [2:0]             products,      // that are not over
    output logic                   product_over,  // the oldest of them is at this edge

    // Operand rows that are here.
    input  logic                   row_valid,
    output logic                   row_take,
    input  logic                   weights_valid,
    output logic                   weights_take,

    // To the array and its accumulators: what they do at this edge.
    output logic                   step,
    output logic                   enter_row,
    output logic [ROW_BITS-1:0]    row_words,    // of the row that enters
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

    // Steps after a fold's launch in which one over the same sums would read the first of them too early.
    localparam int WINDOW = (BOTTOM != 0 ? 0 : ROWS) + LATENCY - 1;
    localparam int LAUNCHES = WINDOW > 0 ? WINDOW : 1;

    logic [15:0] m_q;
    logic        accumulate_q, wide_q;
    logic [LINE_BITS-1:0] slot_line_q;

    // The fold whose weights are being shifted, and the one to be launched next.
    logic        folds_to_launch, last_launch;
    logic        last_token, launch;   // at this edge the one is shifted, the other launched
    logic [15:0] shift_words, shift_n, launch_k_first, launch_n_first, launch_words, launch_n;
    logic [15:0] unused_k_first, unused_n_first, unused_shift_k, unused_launch_k;
    logic        unused_last;

    fold_walk #(.ROWS(ROWS), .COLUMNS(COLUMNS)) shift_walk (
        .clock, .reset, .start(start_weights), .k, .n, .packing, .next(last_token), .folds_left(shifting), .last_fold(unused_last),
        .k_first(unused_k_first), .n_first(unused_n_first), .fold_k(unused_shift_k), .fold_n(shift_n),
        .fold_words(shift_words)
    );

    fold_walk #(.ROWS(ROWS), .COLUMNS(COLUMNS)) launch_walk (
        .clock, .reset, .start(start_rows), .k, .n, .packing, .next(launch), .folds_left(folds_to_launch), .last_fold(last_launch),
        .k_first(launch_k_first), .n_first(launch_n_first), .fold_k(unused_launch_k), .fold_n(launch_n),
        .fold_words(launch_words)
    );

    logic [ROW_BITS-1:0]    tokens;       // of the fold being shifted that have entered
    logic                   shadow_full;  // the shadow holds weights that no fold has taken
    logic                   switches;     // folds take their weights from the shadow; else they go on with those in the PEs
    logic [15:0]            rows_left;    // of the launched fold
    logic [ROW_BITS-1:0]    fold_words;
    logic [COLUMN_BITS-1:0] fold_columns;
    logic                   fold_addend;
    logic [LINE_BITS-1:0]   launch_line, next_line;
    logic                   launch_addend;

    // ---- Hazard -------------------------------------------------------------------------------------------------------------
    // A fold's sums lie in the lines from its first on, so those of one that begins at the same line are the same.

    typedef struct packed {
        logic                 valid;
        logic [LINE_BITS-1:0] line;
    } launch_t;

    launch_t [LAUNCHES-1:0] launched;  // i: i + 1 steps ago
    logic                 in_flight, hazard;

    always_comb begin
        in_flight = 1'b0;
        for (int i = 0; i < WINDOW; i++)
            in_flight |= launched[i].valid && launched[i].line == launch_line;
    end

    assign launch_addend = accumulate_q || launch_k_first != 16'd0;
    assign launch_line   = launch_n_first == 16'd0 ? slot_line_q : next_line;
    assign hazard        = launch_addend && in_flight;

    always_ff @(posedge clock) begin
        if (reset)
            launched <= '0;
        else if (step)
            launched <= (LAUNCHES*$bits(launch_t))'({launched, launch, launch_line});
    end

    // ---- What this edge does ------------------------------------------------------------------------------------------------

    logic [LEAVES_BITS-1:0] moving;       // steps until nothing that entered is on its way
    logic [2:0]             products_left;
    logic                   second_edge;  // of a step
    logic                   inside_fold, stopped, weights_needed, switch_due, shadow_holds;

    assign inside_fold = rows_left != 16'd0;
    assign stopped     = second_edge || (inside_fold && !row_valid);
    assign launch      = folds_to_launch && !inside_fold && !stopped && (shadow_full || !switches) && !hazard && row_valid;

    // The bottom row's weights come first; rows beyond k take a token without weights. The shadow is free from the switch token on.
    assign switch_due     = folds_to_launch && switches && shadow_full;
    assign weights_needed = ROWS - 1 - 32'(tokens) < 32'(shift_words);
    assign enter_token    = shifting && !stopped && (!switch_due || launch) && (!weights_needed || weights_valid);
    assign token_enable   = weights_needed;
    assign token_columns  = COLUMN_BITS'(shift_n);
    assign weights_take   = enter_token && weights_needed;
    assign last_token     = enter_token && 32'(tokens) == ROWS - 1;

    assign enter_switch   = launch && switches;
    assign shadow_holds   = last_token || (shadow_full && !enter_switch);  // after this edge

    // The array is clocked for products and tokens; what a load left on its way moves on with the next step.
    assign enter_row     = launch || (inside_fold && !stopped);
    assign row_take      = enter_row;
    assign products_left = products - 3'(product_over);
    assign step          = enter_row || enter_token || (moving != '0 && !stopped && (products_left != 3'd0 || shifting));

    always_comb begin
        if (launch) begin
            row_words = ROW_BITS'(launch_words);
            columns   = COLUMN_BITS'(launch_n);
            addend    = launch_addend;
            line      = launch_line;
        end else begin
            row_words = fold_words;
            columns   = fold_columns;
            addend    = fold_addend;
            line      = next_line;
        end
    end

    // ---- The ends of products ------------------------------------------------------------------------------------------------
    // A mark enters with the last row of each and comes out when that row's sums are readable.

    logic [LEAVES:0] marks;     // i: i + 1 steps ago
    logic            last_row;

    assign last_row     = launch ? last_launch && m_q == 16'd1 : !folds_to_launch && rows_left == 16'd1;
    assign rows_in      = (enter_row && last_row) || (!folds_to_launch && !inside_fold);
    assign tokens_in    = !shifting || last_token;
    assign product_over = marks[LEAVES] && !second_edge;

    always_ff @(posedge clock) begin
        if (reset) begin
            marks    <= '0;
            products <= 3'd0;
        end else begin
            products <= products_left + 3'(start_rows);
            if (step)
                marks <= {marks[LEAVES-1:0], enter_row && last_row};
            else if (product_over)
                marks[LEAVES] <= 1'b0;
        end
    end

    // ---- Registers ----------------------------------------------------------------------------------------------------------

    always_ff @(posedge clock) begin
        if (reset) begin
            shadow_full <= 1'b0;
            tokens      <= '0;
            rows_left   <= 16'd0;
            moving      <= '0;
            second_edge <= 1'b0;
        end else begin
            second_edge <= step && wide_q && products_left != 3'd0;
            if (enter_token)
                tokens <= last_token ? '0 : tokens + 1'b1;
            shadow_full <= shadow_holds && !(start_weights && start_rows);

            if (start_rows) begin
                m_q          <= m;
                accumulate_q <= accumulate;
                wide_q       <= wide;
                slot_line_q  <= slot_line;
                switches     <= start_weights || shadow_holds;
            end

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
                moving <= LEAVES_BITS'(LEAVES);
            else if (step)
                moving <= moving - 1'b1;
        end
    end

    logic unused;
    assign unused = ^{unused_last, unused_shift_k, unused_launch_k, unused_k_first, unused_n_first, shift_n, shift_words, launch_words, launch_n};
endmodule
