// Which descriptors queue MX has taken and not reported, in their order (MX-1, MX-12). One is at work at a time, but for pinned weights: a
// load may be taken beside the stream before it (MX-20), and a stream behind one whose rows are in (MX-26).
//
// What is at work is the newest entry of a queue, the others are streams on their way out. An entry is a descriptor and the load that
// was taken beside it, or a load that was taken alone. The oldest is reported, then its load, then it makes place.
module matrix_order (
    input  logic        clock,
    input  logic        reset,

    input  logic        start_valid,
    input  hx::start_t  start,
    output logic        start_pop,
    input  logic        done_ready,
    output logic        done_push,
    output hx::done_t   done,

    // How far the work is; as fold_sequencer has it.
    input  logic        busy,          // a zero or a drain is not over
    input  logic        shifting,
    input  logic        tokens_in,
    input  logic        rows_in,
    input  logic [2:0]  products,
    input  logic        product_over
);
    typedef struct packed {
        logic        load;             // one was taken beside it, or it is one
        logic [31:0] load_sequence;
        logic [31:0] sequence_number;
    } entry_t;

    localparam logic [2:0] MOST_LEAVING = 3'd4;

    entry_t [MOST_LEAVING:0] queue, stays, next_queue;   // the oldest first; without what leaves; with what is taken
    logic [2:0]              entries, entries_left, newest;
    logic                    reported;            // but for its load, the oldest is
    logic                    is_stream;           // the newest, and with what types
    logic [3:0]              type_a, type_b;

    // ---- Reports ------------------------------------------------------------------------------------------------------------
    // Only the newest entry's load can still be shifting.

    logic over, leaves;

    assign over         = reported ? entries > 3'd1 || !shifting : !busy && entries > products;
    assign done_push    = entries != '0 && over && done_ready;
    assign done         = '{sequence_number: reported ? queue[0].load_sequence : queue[0].sequence_number};
    assign leaves       = done_push && (reported || !queue[0].load);
    assign entries_left = entries - 3'(leaves);
    assign stays        = leaves ? {entry_t'(0), queue[MOST_LEAVING:1]} : queue;
    assign newest       = entries_left - 3'd1;

    // ---- What is taken ------------------------------------------------------------------------------------------------------
    // A stream is at work until it is found to be over with none before it.

    logic       at_work, alone, beside, follows, same_types;
    hx::descriptor_t next;

    assign next       = start.descriptor;
    assign at_work    = is_stream && (products != 3'(product_over) || entries_left > 3'd1);
    assign same_types = next.type_a == type_a && next.type_b == type_b;
    assign alone      = entries == '0;
    assign beside     = next.opcode == hx::OPCODE_MX_LOAD && at_work && !stays[newest].load;
    assign follows    = next.opcode == hx::OPCODE_MX_STREAM && at_work && rows_in && tokens_in && same_types
        && entries_left <= MOST_LEAVING;
    assign start_pop  = start_valid && (alone || beside || follows);

    always_comb begin
        next_queue = stays;
        if (start_pop && beside) begin
            next_queue[newest].load          = 1'b1;
            next_queue[newest].load_sequence = start.sequence_number;
        end else if (start_pop) begin
            next_queue[entries_left] = '{
                load: next.opcode == hx::OPCODE_MX_LOAD, load_sequence: start.sequence_number, sequence_number: start.sequence_number
            };
        end
    end

    always_ff @(posedge clock) begin
        queue <= next_queue;
        if (reset) begin
            entries  <= '0;
            reported <= 1'b0;
        end else begin
            entries <= entries_left + 3'(start_pop && !beside);
            if (start_pop && alone)
                reported <= next.opcode == hx::OPCODE_MX_LOAD;
            else if (done_push)
                reported <= !leaves;
        end
        if (start_pop && !beside) begin
            is_stream <= next.opcode == hx::OPCODE_MX_STREAM;
            type_a    <= next.type_a;
            type_b    <= next.type_b;
        end
    end

    logic unused;
    assign unused = ^next;
endmodule
